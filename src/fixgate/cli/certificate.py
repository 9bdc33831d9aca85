"""A certificate for a server that plays a venue on this machine.

Here: venue_certificate(), which makes a CA and a certificate under it, once per folder.
Not here: the server. The CA is trusted by nobody who does not name its file.
"""

import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BINANCE_HOSTS: Final = (
    "binance.com",
    "*.binance.com",
    "*.binance.vision",
    "*.testnet.binance.vision",
    "localhost",
)
_VALID: Final = timedelta(days=3_650)
_CA: Final = "ca.pem"
_SERVER: Final = "server.pem"  # certificate and key


def venue_certificate(folder: Path, hosts: tuple[str, ...], now: datetime) -> ssl.SSLContext:
    """A server's TLS context for ``hosts``. ``ca_file(folder)`` is what a client must trust.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / _CA).exists() or not (folder / _SERVER).exists():
        _make(folder, hosts, now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / _SERVER)
    return context


def ca_file(folder: Path) -> Path:
    """Where the CA's certificate is."""
    return folder / _CA


def _make(folder: Path, hosts: tuple[str, ...], now: datetime) -> None:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("Fixgate double CA")
    ca = (
        _begun(ca_name, ca_name, ca_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in hosts])
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    server = (
        _begun(_name("Fixgate double"), ca_name, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(alternatives, critical=False)
        .add_extension(authority, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    (folder / _CA).write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    private = folder / _SERVER
    private.touch(mode=0o600)
    private.write_bytes(
        server.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
