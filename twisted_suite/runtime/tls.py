"""TLS endpoints whose certificates are read again at a reload, and that may ask for the client's. Adapter.

::

    tls:/etc/letsencrypt/live:443                 a folder of *.pem, each for its names (SNI)
    ssl:443:privateKey=key.pem:certKey=cert.pem   one certificate
    …:clientCA=ca.pem                             either, only for clients with a certificate of that CA

A connection keeps what it was made with; those that come after a reload get what was read then.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.application import strports
from twisted.application.internet import StreamServerEndpointService
from twisted.internet import endpoints
from twisted.internet.error import VerifyError
from twisted.internet.interfaces import (
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IProtocolNegotiationFactory,
)
from twisted.internet.ssl import CertificateOptions
from zope.interface import implementer

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.certificates import Credential, chosen, credentials
from twisted_suite.runtime.limits import with_backlog

# A folder of certificates holds no more, nor does one of its files: a mistaken path is not read for ever.
MAX_FILES = 10_000
MAX_FILE_BYTES = 1 << 20
_COLON = re.compile(r"(?<!\\):")  # one that is no part of a word, in an endpoint string
_WRAPPERS = ("haproxy", "proxied")
_CLIENT_CA = "clientCA="
# Where endpoints that wrap another one keep it.
_INNER = ("_wrappedEndpoint", "_endpoint")


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """What a TLS endpoint shows its clients. `read` raises `ConfigError`, at once or at a reload."""

    def __init__(self, read: Callable[[], SSL.Context]) -> None:
        self._read = read
        self.reload()

    def reload(self) -> None:
        """Read the files again, for the connections to come. Where they do not hold nothing has changed."""
        with _one_line():
            self._context = self._read()

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        """Called by Twisted for each connection."""
        return SSL.Connection(self._context, None)


def listening_service(
    description: str, factory: IProtocolFactory, reactor: Any
) -> tuple[StreamServerEndpointService, Certificates | None]:
    """As `strports.service`, with certificates that can be read again where the endpoint speaks TLS.

    Raises `ConfigError` for their files, and whatever the endpoint's parser raises for its words.
    """
    plain, client_ca = _without_client_ca(description)
    folder = _folder(plain)
    certificates = None
    if folder is not None:  # before Twisted reads it, whose words for what is wrong there are not ours
        certificates = Certificates(lambda: _context_of_folder(folder, client_ca, factory))
    service = strports.service(with_backlog(plain), factory, reactor=reactor)
    inner = _innermost(service.endpoint)
    if certificates is not None:
        inner.connectionCreator = certificates
    elif isinstance(inner, endpoints.SSL4ServerEndpoint):

        def read_again() -> SSL.Context:
            again: Any = _innermost(endpoints.serverFromString(reactor, plain))
            return _prepared(again._sslContextFactory.getContext(), client_ca, factory)

        certificates = Certificates(read_again)
        inner._sslContextFactory = certificates
    elif client_ca is not None:
        raise ConfigError(f"{description!r}: clientCA= is for tls: and ssl: endpoints")
    return service, certificates


def _without_client_ca(description: str) -> tuple[str, str | None]:
    """The endpoint string as Twisted knows it, and the file of ``clientCA=`` where it stands there."""
    words = _COLON.split(description)
    files = [word.removeprefix(_CLIENT_CA) for word in words if word.startswith(_CLIENT_CA)]
    plain = ":".join(word for word in words if not word.startswith(_CLIENT_CA))
    return plain, os.path.abspath(_unquoted(files[0])) if files else None


def _folder(description: str) -> str | None:
    """The folder that a ``tls:`` endpoint names; None for other endpoints."""
    words = _COLON.split(description)
    while words[0] in _WRAPPERS:
        words.pop(0)
    if words[0] != "tls":
        return None
    named = [word.removeprefix("path=") for word in words if word.startswith("path=")]
    path = _unquoted((named or words[1:2] or [""])[0])
    if not os.path.isdir(path):
        raise ConfigError(f"tls:{path}: not a folder with *.pem files in it", ExitStatus.NO_INPUT)
    return os.path.abspath(path)  # a daemon changes its own


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word)


def _innermost(endpoint: Any) -> Any:
    while (
        inner := next((getattr(endpoint, name) for name in _INNER if hasattr(endpoint, name)), None)
    ) is not None:
        endpoint = inner
    return endpoint


@contextmanager
def _one_line() -> Iterator[None]:
    """The border where OpenSSL's lists of reasons, and the system's, become one line."""
    try:
        yield
    except (SSL.Error, crypto.Error) as error:
        reasons = [reason for *_, reason in error.args[0]] if error.args else []
        raise ConfigError(f"certificate or key: {', '.join(reasons) or 'unusable'}") from error
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}", ExitStatus.NO_INPUT) from error
    except (ValueError, VerifyError) as error:
        raise ConfigError(str(error)) from error


def _read_bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_FILE_BYTES} bytes, the most for certificates")
    return content


def read_folder(folder: str) -> list[Credential]:
    """The credentials in the *.pem files of `folder` and below it. Raises `ConfigError`, `OSError`."""
    paths = sorted(
        os.path.join(parent, name)
        for parent, _, names in os.walk(folder, followlinks=True)
        for name in names
        if name.endswith(".pem")
    )
    if len(paths) > MAX_FILES:
        raise ConfigError(f"{folder}: {len(paths)} *.pem files; at most {MAX_FILES} are read")
    try:
        return credentials(((path, _read_bytes(path)) for path in paths), datetime.now(UTC))
    except ConfigError as error:
        where = "" if str(error).startswith(folder) else f"{folder}: "
        raise ConfigError(f"{where}{error}", error.status) from error


def _context_of_folder(folder: str, client_ca: str | None, factory: IProtocolFactory) -> SSL.Context:
    """One context that becomes another by the name that the client asks for."""
    found = read_folder(folder)
    contexts = [_prepared(_context(credential), client_ca, factory) for credential in found]
    names = [credential.names for credential in found]

    def choose(connection: SSL.Connection) -> None:
        asked = (connection.get_servername() or b"").decode("ascii", "replace")
        connection.set_context(contexts[chosen(names, asked)])

    contexts[0].set_tlsext_servername_callback(choose)
    return contexts[0]


def _context(credential: Credential) -> SSL.Context:
    own, *others = (crypto.X509.from_cryptography(certificate) for certificate in credential.chain)
    key: Any = credential.key
    options = CertificateOptions(
        privateKey=crypto.PKey.from_cryptography_key(key), certificate=own, extraCertChain=others
    )
    return options.getContext()


def _prepared(context: SSL.Context, client_ca: str | None, factory: IProtocolFactory) -> SSL.Context:
    """`context` for the connections of `factory`."""
    if not IProtocolNegotiationFactory.providedBy(factory):
        # RFC 7301 section 3.2: who has no protocols to choose from does without. Twisted ends the handshake.
        context.set_alpn_select_callback(lambda connection, offered: SSL.NO_OVERLAPPING_PROTOCOLS)
    return _asking_for(context, client_ca)


def _asking_for(context: SSL.Context, client_ca: str | None) -> SSL.Context:
    """`context`; with `client_ca`, one that lets in only who has a certificate that it signed."""
    if client_ca is None:
        return context
    try:
        authorities = x509.load_pem_x509_certificates(_read_bytes(client_ca))
    except ValueError as error:
        raise ConfigError(f"clientCA={client_ca}: there is no certificate in it") from error
    store = context.get_cert_store()
    assert store is not None
    for authority in (crypto.X509.from_cryptography(each) for each in authorities):
        store.add_cert(authority)
        context.add_client_ca(authority)  # browsers offer only what these have signed
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *args: bool(args[-1]))
    return context
