"""Venue credentials in a file that is worth nothing without the master key.

Here: seal() and unseal() (AES-256-GCM), the master key, and writing the file so that there is
always a whole one. A file with plain credentials can still be read, until it is sealed.
Not here: which venue uses which file (configuration); commands for people (cli).
"""

import base64
import binascii
import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fixgate.adapters.venues.settings import Credentials, VenueSetupError

MASTER_KEY: Final = "FIXGATE_MASTER_KEY"
MASTER_KEY_FILE: Final = "FIXGATE_MASTER_KEY_FILE"
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORMAT: Final = "fixgate-keys-1"


def new_master_key() -> str:
    """A fresh master key, as people keep it: 32 bytes in base64."""
    return base64.b64encode(AESGCM.generate_key(KEY_BYTES * 8)).decode()


def master_key(environ: Mapping[str, str] | None = None) -> bytes:
    """The master key from the environment, or from the file that the environment names.

    Raises:
        VenueSetupError: there is none, or it cannot be used.
    """
    environ = os.environ if environ is None else environ
    text = environ.get(MASTER_KEY, "").strip()
    if text:
        return key_from(text, f"environment variable {MASTER_KEY}")
    path = environ.get(MASTER_KEY_FILE, "").strip()
    if not path:
        raise VenueSetupError(
            f"the key file is sealed: set {MASTER_KEY}, or {MASTER_KEY_FILE} to the file with it"
        )
    return key_in(Path(path))


def key_in(path: Path) -> bytes:
    """The master key in a file that nobody else may read.

    Raises:
        VenueSetupError: there is none, or others may read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise VenueSetupError(f"{path}: others may read it; run chmod 600 {path}")
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "is no key"
        raise VenueSetupError(f"{path}: cannot be read: {said}") from None
    return key_from(text, str(path))


def key_from(text: str, where: str) -> bytes:
    """The key that a text holds.

    Raises:
        VenueSetupError: it is not 32 bytes in base64.
    """
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise VenueSetupError(f"{where}: a master key is {KEY_BYTES} bytes in base64")
    return key


def seal(credentials: Credentials, key: bytes) -> str:
    """The text of a sealed key file."""
    nonce = os.urandom(_NONCE_BYTES)
    plain = json.dumps({"api_key": credentials.api_key, "secret": credentials.secret}).encode()
    sealed = AESGCM(key).encrypt(nonce, plain, _FORMAT.encode())
    held = {
        "format": _FORMAT,
        "nonce": base64.b64encode(nonce).decode(),
        "sealed": base64.b64encode(sealed).decode(),
    }
    return json.dumps(held, indent=2) + "\n"


def is_sealed(held: object) -> bool:
    """Whether what a file holds is sealed."""
    return isinstance(held, dict) and "sealed" in held


def unseal(held: Mapping[str, Any], key: bytes, where: Path) -> Credentials:
    """The credentials in a sealed file.

    Raises:
        VenueSetupError: it was changed, sealed under another key, or is of another format.
    """
    if held.get("format") != _FORMAT:
        raise VenueSetupError(f"{where}: its format is not {_FORMAT}")
    try:
        nonce = base64.b64decode(held["nonce"], validate=True)
        sealed = base64.b64decode(held["sealed"], validate=True)
        plain = json.loads(AESGCM(key).decrypt(nonce, sealed, _FORMAT.encode()))
        return Credentials(api_key=plain["api_key"], secret=plain["secret"])
    except (InvalidTag, ValueError, KeyError, TypeError):
        raise VenueSetupError(
            f"{where}: it was changed, or sealed under another master key"
        ) from None


def credentials_in(path: Path, key: bytes | None = None) -> Credentials:
    """The credentials in a key file, sealed or plain. Its contents never appear in an error.

    Args:
        path: the file.
        key: the master key; None: as the environment says, if it is needed.

    Raises:
        VenueSetupError: the file cannot be read or lacks something.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise VenueSetupError(f"{path} cannot be read as JSON") from None
    if is_sealed(held):
        return unseal(held, master_key() if key is None else key, path)
    return plain_credentials(held, str(path))


def plain_credentials(held: object, where: str) -> Credentials:
    """The credentials in a JSON object with ``api_key`` and ``secret``.

    Raises:
        VenueSetupError: it lacks one of them.
    """
    if not isinstance(held, dict) or not all(
        isinstance(held.get(name), str) and held[name].strip() for name in ("api_key", "secret")
    ):
        raise VenueSetupError(f"{where} needs the texts api_key and secret")
    return Credentials(api_key=held["api_key"].strip(), secret=held["secret"].strip())


def write_secret(path: Path, text: str) -> None:
    """Replace a file by one that only its owner may read; there is always a whole one.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, text.encode())
        os.fsync(file)
    finally:
        os.close(file)
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def from_key_file(path: Path) -> Callable[[], Credentials]:
    """Credentials from a key file, read when they are needed; it raises as credentials_in."""
    return partial(credentials_in, path)
