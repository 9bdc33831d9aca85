"""The files in which QuickFIX keeps what a session has sent, read and written by us.

Here: StoreFiles: is a store whole, rebuild it, add to it. Only while no engine has it open.
Not here: the engine's own reading and writing (FileStore.cpp of release 1.16.0).

``.body`` holds messages end to end, ``.header`` entries ``number,offset,length `` for them,
``.seqnums`` the next sender and target number, ``.session`` when the store was created. The engine
flushes but never syncs them: after a power loss anything unsynced may be missing or zero.
"""

import mmap
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fixgate.adapters.fix.fields import checksum
from fixgate.domain.errors import require

# Twenty digits each, as FileStore.cpp writes them; any other size is read as an older format.
_SEQNUMS: Final = re.compile(rb"(\d{20}) : (\d{20})")
_TRAILER_BYTES: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """What a whole store says."""

    next_sender: int
    next_target: int
    numbers: frozenset[int]  # of the messages in it


class StoreFiles:
    """The store of one session in a folder of its own."""

    def __init__(self, folder: Path, *, begin_string: str, sender: str, target: str) -> None:
        self._folder = folder
        self._stem = f"{begin_string}-{sender}-{target}"

    def exists(self) -> bool:
        """Whether any of the files that matter is there."""
        return any(self._path(kind).exists() for kind in ("body", "header", "seqnums"))

    def read(self) -> StoreState | None:
        """What the store says; None if it is torn, in which case nothing of it can be trusted."""
        try:
            seqnums = _SEQNUMS.fullmatch(self._path("seqnums").read_bytes())
            header = self._path("header").read_bytes()
            numbers = self._numbers(header)
        except (OSError, ValueError):
            return None
        if seqnums is None or numbers is None:
            return None
        sender, target = int(seqnums[1]), int(seqnums[2])
        if sender < 1 or target < 1:
            return None
        return StoreState(next_sender=sender, next_target=target, numbers=frozenset(numbers))

    def mark_new(self, session_time: str) -> None:
        """Say the store was created at ``session_time`` (YYYYMMDD-HH:MM:SS).

        The engine wipes a store that was created on another UTC day when it opens it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path("session").write_text(session_time)

    def rebuild(self, reports: Iterable[tuple[int, str]], *, sender: int, target: int) -> None:
        """Make the store anew. Without ``.seqnums``, which comes last, it counts as torn."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path("seqnums").unlink(missing_ok=True)
        self._path("body").write_bytes(b"")
        self._path("header").write_bytes(b"")
        self.add(reports, to=frozenset())
        self._path("seqnums").write_bytes(b"%020d : %020d" % (sender, target))

    def add(self, reports: Iterable[tuple[int, str]], *, to: frozenset[int]) -> int:
        """Append the reports whose numbers are not among ``to``; the highest number added, or 0."""
        highest = 0
        with self._path("body").open("ab") as body, self._path("header").open("ab") as header:
            for number, text in reports:
                if number in to:
                    continue
                raw = text.encode()
                require(b"\0" not in raw, "a NUL in a stored message makes resends loop for ever")
                # The body first: an entry must never point beyond it.
                at = body.tell()
                body.write(raw)
                header.write(b"%d,%d,%d " % (number, at, len(raw)))
                highest = max(highest, number)
        return highest

    def _numbers(self, header: bytes) -> list[int] | None:
        """The numbers in the header if every entry points at a valid message."""
        entries = header.split(b" ")
        if entries.pop() != b"":
            return None
        with self._path("body").open("rb") as file:
            if not entries:
                return []
            # Mapped, not read: a day's messages need not be in memory at once.
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
                return _checked(entries, body)

    def _path(self, kind: str) -> Path:
        return self._folder / f"{self._stem}.{kind}"


def _checked(entries: list[bytes], body: mmap.mmap) -> list[int] | None:
    numbers: list[int] = []
    for entry in entries:
        number, at, length = (int(each) for each in entry.split(b","))
        raw = body[at : at + length]
        trailer = raw[-_TRAILER_BYTES:]
        whole = len(raw) == length and trailer.startswith(b"10=") and raw.startswith(b"8=FIX")
        if not whole or int(trailer[3:6]) != checksum(raw[:-_TRAILER_BYTES]) or b"\0" in raw:
            return None
        numbers.append(number)
    return numbers
