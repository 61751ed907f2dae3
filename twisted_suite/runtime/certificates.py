"""Certificates and their keys, as they lie in PEM files: which belong together, for which names. Core.

What is read may be certbot's folder, one file with everything, or files by any name: a key is known by its
certificate's public key. Where several certificates have one, the newest that is valid is taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from twisted_suite.errors import ConfigError

# A chain is two or three long; a circle of issuers must end somewhere.
MAX_CHAIN = 10
_BEGIN = b"-----BEGIN "


@dataclass(frozen=True, slots=True)
class Credential:
    """A private key with its certificate, and the chain from that to a root."""

    key: PrivateKeyTypes
    chain: tuple[x509.Certificate, ...]  # the certificate itself first
    source: str  # the file of the certificate

    @property
    def names(self) -> tuple[str, ...]:
        """The DNS names that it is for, in small letters."""
        try:
            extension = self.chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except x509.ExtensionNotFound:
            return ()
        return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))

    @property
    def valid_until(self) -> datetime:
        """When its certificate expires."""
        return self.chain[0].not_valid_after_utc


@dataclass(frozen=True, slots=True)
class _Found:
    certificate: x509.Certificate
    source: str


def credentials(files: Iterable[tuple[str, bytes]], now: datetime) -> list[Credential]:
    """The credentials in PEM files, given as name and content, in the order of the files.

    Raises `ConfigError` naming the file that does not hold, or where there is no key with its certificate.
    """
    found: list[_Found] = []
    keys: dict[bytes, PrivateKeyTypes] = {}
    for source, content in files:
        for block in _blocks(content):
            if b"CERTIFICATE-----" in block.partition(b"\n")[0]:
                found.append(_Found(_certificate(block, source), source))
            elif b"PRIVATE KEY-----" in block.partition(b"\n")[0]:
                key = _key(block, source)
                keys.setdefault(_identity(key.public_key()), key)
    best = {identity: _newest_valid(identity, found, now) for identity in keys}
    paired = [(each, identity) for identity, each in best.items() if each is not None]
    if not paired:
        raise ConfigError(_nothing_paired(found, keys))
    paired.sort(key=lambda pair: found.index(pair[0]))
    return [
        Credential(keys[identity], tuple(_chain(each.certificate, found)), each.source)
        for each, identity in paired
    ]


def chosen(names: Sequence[Sequence[str]], server_name: str) -> int:
    """Which of the credentials that are for `names` a client gets: its own, a wildcard's, else the first."""
    wanted = server_name.lower()
    for name in (wanted, "*." + wanted.partition(".")[2]):
        for index, own in enumerate(names):
            if name in own:
                return index
    return 0


def _nothing_paired(found: Sequence[_Found], keys: dict[bytes, PrivateKeyTypes]) -> str:
    if not found:
        return "there is no certificate (-----BEGIN CERTIFICATE-----)"
    if not keys:
        return "there is no private key (-----BEGIN PRIVATE KEY-----)"
    return "no private key belongs to a certificate"


def _blocks(content: bytes) -> Iterable[bytes]:
    """Each object of a file, from its first line on."""
    return [_BEGIN + part for part in content.split(_BEGIN)[1:]]


def _certificate(block: bytes, source: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(block)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{source}: a certificate that cannot be read: {_line(error)}") from error


def _key(block: bytes, source: str) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(block, password=None)
    except TypeError as error:  # cryptography's word for it
        raise ConfigError(
            f"{source}: the private key is encrypted; a service has nobody to ask for the password"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{source}: a private key that cannot be read: {_line(error)}") from error


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0].partition(". See")[0]


def _identity(key: CertificatePublicKeyTypes | object) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[union-attr]
    return encoded


def _newest_valid(identity: bytes, found: Sequence[_Found], now: datetime) -> _Found | None:
    own = [each for each in found if _identity(each.certificate.public_key()) == identity]
    valid = [
        each
        for each in own
        if each.certificate.not_valid_before_utc <= now < each.certificate.not_valid_after_utc
    ]
    return max(valid or own, key=lambda each: each.certificate.not_valid_before_utc, default=None)


def _chain(leaf: x509.Certificate, found: Sequence[_Found]) -> Iterable[x509.Certificate]:
    """`leaf` and those that signed it, as far as they are there; the root is the client's to have."""
    by_subject = {each.certificate.subject: each.certificate for each in found}
    chain = [leaf]
    while len(chain) < MAX_CHAIN:
        issuer = by_subject.get(chain[-1].issuer)
        if issuer is None or issuer in chain:
            break
        chain.append(issuer)
    return chain
