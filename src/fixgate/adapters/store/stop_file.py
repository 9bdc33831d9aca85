"""What was refused after the journal failed, kept where a full disk cannot prevent it.

QuickFIX counts a message as received before our commit. When the journal fails, what arrives from
then on is answered with BusinessMessageReject; after a restart it must not be asked for again and
taken as new. So the number up to which each session was refused is written here.

Here: StopFile. Its space is allocated and written when it is opened, and overwritten in place
later, which needs no new space. (File systems that never overwrite, such as btrfs and ZFS, need
some all the same; there the write can fail.)
Not here: the journal.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from fixgate.domain.ids import SessionName

SIZE: Final = 128 * 1024
"""Bytes allocated: enough for 1,000 sessions with names of 64 characters and more."""

_MAGIC: Final = b"FIXGATE STOP 1\n"
_DIGEST: Final = 32
_LENGTH: Final = 4
_HEAD: Final = len(_MAGIC) + _LENGTH + _DIGEST
_NUMBERS: Final = msgspec.json.Decoder(dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What the file holds. ``warning`` says that it held something that cannot be trusted."""

    refused_through: Mapping[SessionName, int] = field(default_factory=dict)
    warning: str | None = None


class StopFile:
    """For each session, the MsgSeqNum (34) up to which its messages were refused."""

    def __init__(self, path: Path, *, size: int = SIZE) -> None:
        """Open the file and make sure of its space; what it holds stays.

        Raises:
            OSError: it cannot be opened, or there is no space for it.
        """
        self._path = path
        self._size = size
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            missing = size - os.fstat(self._file).st_size
            if missing > 0:
                # Zeros are written, not merely promised: blocks that were never written may
                # need space for their description when they are.
                os.pwrite(self._file, bytes(missing), size - missing)
                os.fsync(self._file)
                _sync_folder(path.parent)
        except OSError:
            os.close(self._file)
            raise

    def write(self, refused_through: Mapping[SessionName, int]) -> None:
        """Replace what the file holds; on disk when this returns.

        Raises:
            OSError: the disk failed.
            ValueError: too many sessions for the space; nothing was written.
        """
        body = msgspec.json.encode(refused_through)
        if _HEAD + len(body) > self._size:
            raise ValueError(f"{len(refused_through)} sessions do not fit into {self._path}")
        length = len(body).to_bytes(_LENGTH)
        self._put(_MAGIC + length + sha256(length + body).digest() + body)

    def clear(self) -> None:
        """Let the file hold nothing; on disk when this returns.

        Raises:
            OSError: the disk failed.
        """
        self._put(bytes(_HEAD))

    def read(self) -> Stopped:
        """What the file holds; nothing, with a warning, if a write was cut off or bits flipped.

        Raises:
            OSError: the disk failed.
        """
        held = os.pread(self._file, self._size, 0)
        head, body = held[:_HEAD], held[_HEAD:]
        if not any(head):
            return Stopped()
        length = head[len(_MAGIC) : len(_MAGIC) + _LENGTH]
        body = body[: int.from_bytes(length)]
        if (
            not head.startswith(_MAGIC)
            or sha256(length + body).digest() != head[len(_MAGIC) + _LENGTH :]
        ):
            return Stopped(warning=f"{self._path}: its checksum is wrong; taken as empty")
        numbers = _NUMBERS.decode(body)
        return Stopped(refused_through={SessionName(name): n for name, n in numbers.items()})

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _put(self, held: bytes) -> None:
        os.pwrite(self._file, held, 0)
        os.fsync(self._file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
