"""Messages that came while an earlier one is missing.

Here: BeyondGap, which keeps their bytes until the engine delivers them. The engine keeps such
messages itself, without a limit; what is counted here is what it holds.
"""

from typing import NamedTuple

from fixgate.adapters.fix.framing import Frame
from fixgate.adapters.fix.recorder import Arrived


class Kept(NamedTuple):
    """A message and when it came."""

    frame: Frame
    at_ns: int


class BeyondGap:
    """The messages of one connection whose turn has not come."""

    def __init__(self, *, count_max: int, bytes_max: int) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._kept: dict[int, Kept] = {}
        self._bytes = 0

    def full(self) -> bool:
        """Whether no more may be kept."""
        return len(self._kept) >= self._count_max or self._bytes >= self._bytes_max

    def keep(self, arrived: Arrived, frame: Frame) -> None:
        """Keep one; a later one with the same number takes its place, as in the engine."""
        self.take(frame.msg_seq_num)
        self._kept[frame.msg_seq_num] = Kept(frame, arrived.at_ns)
        self._bytes += len(frame.raw)

    def take(self, msg_seq_num: int) -> Kept | None:
        """Give one back; None if it is not here."""
        kept = self._kept.pop(msg_seq_num, None)
        if kept is not None:
            self._bytes -= len(kept.frame.raw)
        return kept

    def forget(self, first: int, end: int) -> None:
        """The numbers from ``first`` to before ``end`` have been counted."""
        if not self._kept:
            return
        if end - first > len(self._kept):
            numbers = [each for each in self._kept if first <= each < end]
        else:
            numbers = list(range(first, end))
        for number in numbers:
            self.take(number)

    def clear(self) -> None:
        """The connection has ended: the engine has dropped them."""
        self._kept.clear()
        self._bytes = 0
