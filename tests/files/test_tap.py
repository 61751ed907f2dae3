"""The files plugin's command line."""

import os
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.errors import ConfigError
from twisted_suite.files.invitation import Invitation
from twisted_suite.files.tap import Options, makeService
from twisted_suite.runtime.accounts.passwd import set_password


def made(*argv: str) -> Any:
    options = Options()
    options.parse(list(argv))
    return makeService.__wrapped__(options)  # type: ignore[attr-defined]  # by functools.wraps


class TapTests(SynchronousTestCase):
    def test_mistakes(self) -> None:
        """No root is a mistake of usage; one that cannot be served is a mistake of configuration."""
        self.assertIn("--root DIR is needed", str(self.assertRaises(usage.UsageError, made)))
        self.assertIn("--root /nowhere", str(self.assertRaises(ConfigError, made, "--root=/nowhere")))

    def test_options_reach_the_service(self) -> None:
        """Endpoints and limits arrive; a transfer that stands still for a minute ends."""
        service = made("--root=.", "--listen=tcp:1", "--max-per-ip=4")
        (listener,) = service
        self.assertEqual([endpoint.description for endpoint in listener], ["tcp:1"])
        self.assertEqual(listener.connections.limits.max_per_address, 4)
        self.assertEqual(listener.connections.limits.idle_timeout_s, 60.0)

    def test_one_limit_for_both(self) -> None:
        """How fast is sent is one limit, for bare names and HTTP; each of several workers has its share."""
        names, http = made(
            "--root=.", "--http=tcp:1", "--send-rate=10K", "--send-rate-total=1M", "--workers=2"
        )
        self.assertIs(names.connections._throttles, http.connections._throttles)
        throttles = names.connections._throttles
        self.assertEqual((throttles._per_client, throttles._total.rate), (10240, 524288))

    def test_http_is_beside_it(self) -> None:
        """--http adds endpoints with a count of their own, and the bare names stay where they were."""
        names, http = made("--root=.", "--http=tcp:1", "--http=tcp:2")
        self.assertEqual([endpoint.description for endpoint in names], ["tcp:9009"])
        self.assertEqual([endpoint.description for endpoint in http], ["tcp:1", "tcp:2"])
        self.assertEqual(http.connections.service_name, "files-http")


class InvitationTests(SynchronousTestCase):
    def test_qr(self) -> None:
        """--qr shows where HTTP is, once it is there, and so needs it."""
        self.assertIn("--qr needs --http", str(self.assertRaises(usage.UsageError, made, "--root=.", "--qr")))
        *_, last = made("--root=.", "--http=tcp:1", "--qr")
        self.assertIsInstance(last, Invitation)


class AccountTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.file = self.mktemp()
        set_password(self.file, "kim", "secret")
        self.auth = f"--auth=passwd:{self.file}"

    def mistake(self, *argv: str) -> str:
        return str(self.assertRaises(usage.UsageError, made, "--root=.", *argv))

    def names(self, *argv: str) -> list[str]:
        made_service = made("--root=.", "--http=tcp:1", *argv)
        services = list(made_service) if isinstance(made_service, MultiService) else [made_service]
        return [service.connections.service_name for service in services]

    def test_mistakes(self) -> None:
        """Uploads and privacy need accounts and HTTP, and bare names cannot be private."""
        for flag in ("--upload", "--private"):
            self.assertIn("needs accounts", self.mistake(flag, "--http=tcp:1"))
            self.assertIn("needs --http", self.mistake(flag, self.auth))
        self.assertIn(
            "bare names know no accounts", self.mistake(self.auth, "--http=tcp:1", "--listen=tcp:2")
        )

    def test_who_is_let_in(self) -> None:
        """Accounts close everything, unless they are for uploads alone."""
        self.assertEqual(self.names(self.auth), ["files-http"])
        self.assertEqual(self.names(self.auth, "--upload"), ["files", "files-http"])
        self.assertEqual(self.names(self.auth, "--upload", "--private"), ["files-http"])


class WiringTests(TestCase):
    async def _opens(self) -> None:
        with open(os.path.join(self.root, "a.txt"), "w", encoding="utf-8") as file:
            file.write("hi")
        service = made(f"--root={self.root}", "--listen=tcp:1")
        (listener,) = service
        opened = await listener.connections.factory.buildProtocol(None)._open_file(b"a.txt")
        self.assertEqual(opened.size, 2)
        opened.close()

    def test_files_come_from_the_root(self) -> "Deferred[None]":
        """What the protocol opens is below --root, and is opened in a thread."""
        self.root = self.mktemp()
        os.mkdir(self.root)
        return Deferred.fromCoroutine(self._opens())
