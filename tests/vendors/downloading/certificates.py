"""An authority of the test's own, and certificates that it signs."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, kw_only=True)
class Authority:
    """``trusted`` is the context of a client that trusts it and nobody else."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    trusted: ssl.SSLContext


def authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("An authority for tests")
    signed = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = signed.public_bytes(serialization.Encoding.PEM).decode()
    return Authority(key=key, certificate=signed, trusted=ssl.create_default_context(cadata=text))


def certificate(issuer: Authority, host: str, folder: Path) -> ssl.SSLContext:
    """The context of a server whose certificate is for ``host``."""
    key = ec.generate_private_key(ec.SECP256R1())
    signed = (
        _builder(_name(host), issuer.certificate.subject, key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
