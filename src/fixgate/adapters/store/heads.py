"""The head of the chain, signed, to be kept where the journal is not.

Here: Head, its file, keys (Ed25519), signing and checking.
Not here: whether a journal still contains it (ledger).

Whoever can write the journal can cut off its end, and the rest is still a whole chain. A head that
is kept elsewhere says what the journal contained at a time; the signature says who said so.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORMAT: Final = "fixgate head 1"


class HeadUnusable(Exception):  # noqa: N818 - it names a fact
    """A head or a key cannot be used; the message is one line that names the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last record of a journal at a time."""

    epoch: str
    seq: int
    at: str  # the record's time, UTC
    hash: str
    signed_at: str

    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return "\n".join((FORMAT, *map(str, asdict(self).values()))).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A head, the key that it was signed with, and the signature."""

    head: Head
    public_key: bytes
    signature: bytes

    def text(self) -> str:
        """The file's content."""
        said = {"format": FORMAT, **asdict(self.head)}
        said |= {"public_key": self.public_key.hex(), "signature": self.signature.hex()}
        return json.dumps(said, indent=2) + "\n"


def sign(head: Head, key: Ed25519PrivateKey) -> SignedHead:
    """Sign a head."""
    public = key.public_key().public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)
    return SignedHead(head=head, public_key=public, signature=key.sign(head.signed_bytes()))


def read_head(path: Path) -> SignedHead:
    """A head's file.

    Raises:
        HeadUnusable: it is none, or its signature does not fit.
    """
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if said.pop("format") != FORMAT:
            raise HeadUnusable(f"{path}: is no signed head of a journal")
        public = bytes.fromhex(said.pop("public_key"))
        signature = bytes.fromhex(said.pop("signature"))
        signed = SignedHead(head=Head(**said), public_key=public, signature=signature)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed.head.signed_bytes())
    except OSError as problem:
        raise HeadUnusable(f"{path}: cannot be read: {problem.strerror}") from problem
    except InvalidSignature as problem:
        raise HeadUnusable(f"{path}: was altered: the signature does not fit") from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise HeadUnusable(f"{path}: is no signed head of a journal") from problem
    return signed


def make_key(path: Path, password: bytes | None) -> Path:
    """Make a private key, readable by its owner only, and its public key beside it.

    Args:
        path: of the private key; it must not be there.
        password: encrypts it; None: it is as safe as the file.

    Returns:
        The public key's file.

    Raises:
        HeadUnusable: one of the files is there, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    encryption: form.KeySerializationEncryption = form.NoEncryption()
    if password is not None:
        encryption = form.BestAvailableEncryption(password)
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, encryption)
    public = key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )
    beside = path.with_name(path.name + ".pub")
    _write_new(beside, public, 0o644)
    try:
        _write_new(path, private, 0o600)
    except HeadUnusable:
        beside.unlink()
        raise
    return beside


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except FileExistsError:
        raise HeadUnusable(f"{path}: is there already; a key is never overwritten") from None
    except OSError as problem:
        raise HeadUnusable(f"{path}: cannot be written: {problem.strerror}") from None


def is_encrypted(path: Path) -> bool:
    """Whether a private key needs a password.

    Raises:
        HeadUnusable: it cannot be read.
    """
    return b"ENCRYPTED" in _content(path)


def read_private_key(path: Path, password: bytes | None) -> Ed25519PrivateKey:
    """A private key.

    Raises:
        HeadUnusable: it cannot be read, is no such key, others may read it, or the password is
            wrong.
    """
    content = _content(path)
    if path.stat().st_mode & 0o077:
        raise HeadUnusable(f"{path}: others may read it; run chmod 600 on it, or make another key")
    try:
        key = form.load_pem_private_key(content, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        what = "the password is wrong" if password is not None else "is no private key"
        raise HeadUnusable(f"{path}: {what}") from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise HeadUnusable(f"{path}: is not an Ed25519 key")
    return key


def read_public_key(path: Path) -> bytes:
    """A public key, as a head names it.

    Raises:
        HeadUnusable: it cannot be read, or is no such key.
    """
    try:
        key = form.load_pem_public_key(_content(path))
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise HeadUnusable(f"{path}: is no public key") from problem
    if not isinstance(key, Ed25519PublicKey):
        raise HeadUnusable(f"{path}: is not an Ed25519 key")
    return key.public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise HeadUnusable(f"{path}: cannot be read: {problem.strerror}") from problem
