"""TLS endpoints over OpenSSL connections in memory: who is shown what, before and after a reload."""

import contextlib  # not its suppress by name: trial takes a module's `suppress` for warnings
from pathlib import Path
from typing import Any

from OpenSSL import SSL, crypto
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.authority import Authority, write
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.tls import Certificates, listening_service, read_folder

AUTHORITY = Authority()


def shake(client: SSL.Connection, server: SSL.Connection) -> None:
    """Carry bytes between the two until both are done. Raises `SSL.Error`."""
    done: set[SSL.Connection] = set()
    while len(done) < 2:
        for here, there in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                here.do_handshake()
                done.add(here)
            _carry(here, there)
    # TLS 1.3: the server looks at the client's certificate when the client is already done.
    with contextlib.suppress(SSL.WantReadError):
        server.recv(1)


def _carry(here: SSL.Connection, there: SSL.Connection) -> None:
    with contextlib.suppress(SSL.WantReadError):  # there is nothing to carry
        there.bio_write(here.bio_read(1 << 16))


class TLSTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()

    def listen(self, description: str) -> Certificates:
        _, certificates = listening_service(description, Factory(), MemoryReactorClock())
        assert certificates is not None
        return certificates

    def refused(self, description: str) -> ConfigError:
        error: ConfigError = self.assertRaises(
            ConfigError, listening_service, description, Factory(), MemoryReactorClock()
        )
        self.assertNotIn("\n", str(error))
        return error

    def shown(
        self, certificates: Certificates, name: str = "", own: Any = None, protocols: tuple[bytes, ...] = ()
    ) -> str:
        """The name of the certificate that a client is shown for `name`; with `own` it shows one too."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        if protocols:
            context.set_alpn_protos(list(protocols))
        if own is not None:
            certificate, key = own
            context.use_certificate(crypto.X509.from_cryptography(certificate))
            context.use_privatekey(crypto.PKey.from_cryptography_key(key))
        client = SSL.Connection(context, None)
        client.set_connect_state()
        if name:
            client.set_tlsext_host_name(name.encode())
        server = certificates.serverConnectionForTLS(None)
        server.set_accept_state()
        shake(client, server)
        seen = client.get_peer_certificate()
        assert seen is not None
        return str(seen.get_subject().CN)

    def test_a_folder(self) -> None:
        """Each client is shown the certificate for its name, and those that name none the first."""
        for name in ("one.test", "two.test"):
            write(self.folder, f"{name}/all.pem", *AUTHORITY.issue(name, f"*.{name}"))
        certificates = self.listen(f"tls:{self.folder}:0")
        asked = ("one.test", "two.test", "a.two.test", "stranger.test", "")
        self.assertEqual(
            [self.shown(certificates, name) for name in asked],
            ["one.test", "two.test", "two.test", "one.test", "one.test"],
        )

    def test_a_client_that_offers_protocols(self) -> None:
        """Where there is none to choose from, an offer (ALPN) is no reason to turn a client away."""
        for name in ("one.test", "two.test"):
            write(self.folder, f"{name}.pem", *AUTHORITY.issue(name))
        one = self.listen(f"ssl:0:privateKey={self.folder}/one.test.pem:certKey={self.folder}/one.test.pem")
        self.assertEqual(self.shown(one, protocols=(b"irc", b"http/1.1")), "one.test")
        both = self.listen(f"tls:{self.folder}:0")
        for name in ("one.test", "two.test"):
            self.assertEqual(self.shown(both, name, protocols=(b"irc",)), name)

    def test_a_folder_read_again(self) -> None:
        """After a reload new names are known; a folder that does not hold changes nothing."""
        write(self.folder, "one.pem", *AUTHORITY.issue("one.test"))
        certificates = self.listen(f"tls:path={self.folder}:port=0")
        write(self.folder, "two.pem", *AUTHORITY.issue("two.test"))
        self.assertEqual(self.shown(certificates, "two.test"), "one.test")
        certificates.reload()
        self.assertEqual(self.shown(certificates, "two.test"), "two.test")
        (self.folder / "two.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nhalf")
        error = self.assertRaises(ConfigError, certificates.reload)
        self.assertIn("two.pem: a certificate that cannot be read", str(error))
        self.assertEqual(self.shown(certificates, "two.test"), "two.test")

    def test_one_certificate(self) -> None:
        """``ssl:`` shows its certificate, and after a reload what its files hold then."""
        first, key = AUTHORITY.issue("first.test")
        path, key_path = write(self.folder, "cert", first), write(self.folder, "key", key)
        certificates = self.listen(f"ssl:0:privateKey={key_path}:certKey={path}")
        self.assertEqual(self.shown(certificates), "first.test")
        second, key = AUTHORITY.issue("second.test")
        write(self.folder, "cert", second)
        error = self.assertRaises(ConfigError, certificates.reload)
        self.assertIn("do not match", str(error))
        self.assertEqual(self.shown(certificates), "first.test")
        write(self.folder, "key", key)
        certificates.reload()
        self.assertEqual(self.shown(certificates), "second.test")

    def test_clients_with_certificates(self) -> None:
        """With ``clientCA=`` only those come in whose certificate it signed."""
        write(self.folder, "all.pem", *AUTHORITY.issue("server.test"))
        ours, others = Authority("Ours"), Authority("Others")
        ca = write(self.folder, "c:a", ours.certificate)
        for endpoint in (
            f"tls:{self.folder}:0",
            f"ssl:0:privateKey={self.folder}/all.pem",
        ):
            certificates = self.listen(f"{endpoint}:clientCA={str(ca).replace(':', chr(92) + ':')}")
            self.assertEqual(self.shown(certificates, own=ours.issue("anna")), "server.test")
            self.assertRaises(SSL.Error, self.shown, certificates, own=others.issue("anna"))
            self.assertRaises(SSL.Error, self.shown, certificates)

    def test_behind_a_proxy(self) -> None:
        """An endpoint within another one is found."""
        all_in_one = write(self.folder, "all.pem", *AUTHORITY.issue("server.test"))
        for inner in (f"ssl:0:privateKey={all_in_one}", f"tls:{self.folder}:0"):
            self.assertEqual(self.shown(self.listen(f"haproxy:{inner}")), "server.test")

    def test_other_endpoints(self) -> None:
        """What does not speak TLS has no certificates, and cannot ask for any."""
        _, certificates = listening_service("tcp:0", Factory(), MemoryReactorClock())
        self.assertIsNone(certificates)
        self.assertIn("clientCA= is for tls: and ssl:", str(self.refused("tcp:0:clientCA=ca.pem")))

    def test_mistakes(self) -> None:
        """Each is one line that names the file."""
        write(self.folder, "all.pem", *AUTHORITY.issue("server.test"))
        empty = self.folder / "empty"
        empty.mkdir()
        missing = self.refused(f"tls:{self.folder}/none:0")
        self.assertIn("none: not a folder", str(missing))
        self.assertEqual(missing.status, ExitStatus.NO_INPUT)
        self.assertIn(f"{empty}: there is no certificate", str(self.refused(f"tls:{empty}:0")))
        self.assertIn(
            "none: No such file", str(self.refused(f"tls:{self.folder}:0:clientCA={self.folder}/none"))
        )
        (empty / "no").write_text("no certificate")
        self.assertIn(
            "no: there is no certificate in it", str(self.refused(f"tls:{self.folder}:0:clientCA={empty}/no"))
        )
        (empty / "huge.pem").write_bytes(bytes((1 << 20) + 1))
        self.assertIn("huge.pem: larger than", str(self.refused(f"tls:{empty}:0")))

    def test_a_folder_without_end(self) -> None:
        """A path that leads to very many files is refused."""
        self.patch(read_folder.__globals__["os"], "walk", lambda *_, **__: [("", (), ("a.pem",) * 10_001)])
        self.assertIn("10001 *.pem files", str(self.assertRaises(ConfigError, read_folder, "/")))
