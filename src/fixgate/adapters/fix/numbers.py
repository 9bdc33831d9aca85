"""The outgoing sequence numbers of a session, kept where a killed process leaves them behind.

The journal has the numbers of reports before they are sent, but the engine's own messages (Logon,
Heartbeat, Reject) take numbers too, and are journaled after they were sent. So the number that
comes next is written here before such a message is. The operating system keeps what was written
when the process is killed; after a power cut, or where another machine held the session in the
meantime, the file may be too old, and says so by whom and in which boot it was written.

Beside it stands up to which number everything was written to a connection. What lies above goes
out again when the numbers are reset, for then no client can ask for it any more. It is brought up
to date once a second, so that after a kill a few reports may be sent again that had arrived.

Here: NumbersFile, and first_sender(), which says what a process begins with.
Not here: the numbers of reports (journal).
"""

import os
import re
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from fixgate.adapters.fix.config import SessionStart
from fixgate.application.ports.fix import SessionStoreFailed

JUMP: Final = 1_000
"""How far the number jumps when it is not known for sure: above whatever may have been sent. The
client asks for the numbers between, and gets a gap fill."""

PRICES_JUMP: Final = 1_000_000
"""The same for a session that gets prices: the journal hears of their numbers a second later."""

_LINE: Final = re.compile(
    rb"FIXGATE NUMBERS 1 (\d{20}) (\S{1,64}) (open|done) (\d{20}) (\d{20}) (\d{10})\n"
)
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_UNKNOWN_BOOT: Final = "unknown"


class Kept(NamedTuple):
    """What a file holds. ``current``: nothing can have been sent that it does not know of."""

    next_sender: int
    written: int
    current: bool


def first_sender(start: SessionStart, kept: Kept | None, *, jump: int = JUMP) -> int:
    """The number of the first message of a new process: it may be too high, never too low."""
    written = 1 if kept is None else kept.next_sender
    highest = max(start.next_sender, written)
    never_used = highest == 1 and start.next_target == 1
    if never_used or (kept is not None and kept.current):
        return highest
    return highest + jump


class NumbersFile:
    """The file of one session.

    fence: grows each time a process takes the journal; this process's.
    jump: how far to jump when the number is not known for sure.
    """

    def __init__(self, path: Path, *, fence: int, jump: int = JUMP) -> None:
        self._path = path
        self._jump = jump
        self._fence = fence
        self._boot = _boot()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self) -> Kept | None:
        """What an earlier process left; None if there is nothing that can be read."""
        try:
            held = _LINE.fullmatch(self._path.read_bytes())
        except OSError:
            return None
        if held is None or crc32(held[0][: held.start(6)]) != int(held[6]):
            return None
        boot = held[2].decode("ascii", "replace")
        same_boot = boot == self._boot != _UNKNOWN_BOOT
        last = self._fence - int(held[1]) in (0, 1)  # by this process, or the one before it
        current = last and (same_boot or held[3] == b"done")
        return Kept(int(held[4]), int(held[5]), current=current)

    def begin(self, start: SessionStart) -> tuple[int, int]:
        """The first number of a new process, and up to which everything was written; kept.

        A number jumped to is on disk when this returns: were it lost, the next process would jump
        from the same place to the same number. Raises as ``write``.
        """
        kept = self.read()
        sender = first_sender(start, kept, jump=self._jump)
        written = sender - 1 if kept is None else kept.written
        sure = sender == 1 or (kept is not None and kept.current)
        self._put(self._line("open", sender, written), sync=not sure)
        return sender, written

    def write(self, next_sender: int, written: int) -> None:
        """Keep the number that comes next, and the one up to which everything was written.

        Raises:
            SessionStoreFailed: neither could it be written, nor the old one be taken away.
        """
        self._put(self._line("open", next_sender, written))

    def close(self, next_sender: int, written: int) -> None:
        """The last word of an orderly end: on disk when this returns. Raises as ``write``."""
        self._put(self._line("done", next_sender, written), sync=True)

    def _put(self, line: bytes, *, sync: bool = False) -> None:
        try:
            # Opened each time: a thousand sessions must not hold a thousand files open.
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(file, line, 0)
                if sync:
                    os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """A missing file makes the number jump at the next start; an old one would repeat it."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            raise SessionStoreFailed(f"{self._path} cannot be written: {error}") from error

    def _line(self, state: str, next_sender: int, written: int) -> bytes:
        text = (
            f"FIXGATE NUMBERS 1 {self._fence:020d} {self._boot} {state} "
            f"{next_sender:020d} {written:020d} "
        )
        return f"{text}{crc32(text.encode()):010d}\n".encode()


def _boot() -> str:
    """Names this run of the operating system; whatever it had not written is lost with it."""
    try:
        return _BOOT.read_text().strip() or _UNKNOWN_BOOT
    except OSError:
        return _UNKNOWN_BOOT
