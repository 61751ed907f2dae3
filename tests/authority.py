"""A certificate authority of the tests: real certificates, made when a test runs."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

DAY = datetime.timedelta(days=1)


def pem(thing: x509.Certificate | ec.EllipticCurvePrivateKey) -> bytes:
    """As a PEM file has it."""
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(Encoding.PEM)
    return thing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Authority:
    """Signs certificates; itself signed by `parent`, or by itself."""

    def __init__(self, name: str = "Test CA", parent: "Authority | None" = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        signer = parent or self
        self.certificate = (
            _builder(self.name, signer.name, self.key, datetime.datetime.now(datetime.UTC), 10 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(signer.key, hashes.SHA256())
        )

    def issue(
        self,
        *names: str,
        key: ec.EllipticCurvePrivateKey | None = None,
        start: datetime.datetime | None = None,
        days: int = 2,
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """A certificate for `names` (DNS or IP; the first is also its subject's), and its key."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        start = start or datetime.datetime.now(datetime.UTC) - DAY / 2
        certificate = (
            _builder(subject, self.name, key, start, days * DAY)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )
        return certificate, key


def write(folder: Path, name: str, *things: x509.Certificate | ec.EllipticCurvePrivateKey) -> Path:
    """Put `things` into one file, in one step, as a renewal does."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(b"".join(map(pem, things)))
    new.rename(path)
    return path


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    start: datetime.datetime,
    life: datetime.timedelta,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(start - DAY / 2).not_valid_after(start + life)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
