"""Certificates at the door: the gateway's own, and what a client's says of it.

Here: TlsFiles and context_of(), which makes the TLS settings of new connections out of files;
ClientCertificate, and CertificateDemand, what a session wants it to say.
Not here: sockets and handshakes (tls_gate), Logons (logon).
"""

import ssl
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from fixgate.domain.frozen import value


class TlsUnusable(Exception):  # noqa: N818 - it names a fact
    """Certificate files that cannot be used; the message names the file and what is wrong."""


@value
class TlsFiles:
    """PEM files. ``client_ca`` None: clients are not asked for certificates."""

    certificate: Path
    key: Path
    client_ca: Path | None = None
    required: bool = False  # no handshake without a client's certificate


@value
class ClientCertificate:
    """What a client's certificate says, once its signatures have been checked."""

    subject: str  # RFC 4514
    names: frozenset[str]  # every SubjectAlternativeName, in lower case
    sha256: str


@value
class CertificateDemand:
    """What the certificate of a session's client must say; None: anything."""

    subject: str | None = None
    san: str | None = None
    sha256: str | None = None

    def unmet(self, found: ClientCertificate | None) -> str | None:
        """Why a certificate does not do; None: it does."""
        if found is None:
            return "the session needs a client certificate"
        if self.subject is not None and found.subject != normal_subject(self.subject):
            return f"the certificate of {found.subject} is not that of this session"
        if self.san is not None and self.san.lower() not in found.names:
            return f"the certificate of {found.subject} does not name {self.san}"
        if self.sha256 is not None and self.sha256 != found.sha256:
            return f"the certificate of {found.subject} has another fingerprint"
        return None


def normal_subject(text: str) -> str:
    """A distinguished name in its one spelling.

    Raises:
        ValueError: it is none.
    """
    return x509.Name.from_rfc4514_string(text).rfc4514_string()


def client_certificate(der: bytes) -> ClientCertificate:
    """What a certificate says.

    Raises:
        ValueError: it cannot be read.
    """
    found = x509.load_der_x509_certificate(der)
    try:
        listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = frozenset[str]()
    else:
        kinds = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier, x509.IPAddress
        names = frozenset(str(each.value).lower() for each in listed if isinstance(each, kinds))
    return ClientCertificate(
        subject=found.subject.rfc4514_string(),
        names=names,
        sha256=found.fingerprint(SHA256()).hex(),
    )


def valid_until(path: Path) -> datetime:
    """When the first certificate of a file expires.

    Raises:
        TlsUnusable: it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise TlsUnusable(f"{path}: {_said(error)}") from None


_NOT_A_PASSWORD: Final = "no password is known"  # noqa: S105 - so that nobody is asked for one


def context_of(files: TlsFiles) -> ssl.SSLContext:
    """The settings of new connections: TLS 1.2 and above, every client looked at each time.

    Raises:
        TlsUnusable: a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A resumed session would bring back a certificate that is no longer trusted.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.num_tickets = 0
    for path in (files.certificate, files.key):
        _read(path)
    try:
        context.load_cert_chain(files.certificate, files.key, password=_NOT_A_PASSWORD)
    except (ssl.SSLError, ValueError) as error:
        text = f"{files.certificate} and {files.key} are no certificate and its key"
        raise TlsUnusable(f"{text}: {_said(error)}") from None
    if files.client_ca is not None:
        _read(files.client_ca)
        try:
            context.load_verify_locations(files.client_ca)
        except ssl.SSLError as error:
            raise TlsUnusable(f"{files.client_ca}: no certificates: {_said(error)}") from None
        context.verify_mode = ssl.CERT_REQUIRED if files.required else ssl.CERT_OPTIONAL
    return context


def _read(path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise TlsUnusable(f"{path}: {error.strerror}") from None


def _said(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason or error).replace("\n", " ")
