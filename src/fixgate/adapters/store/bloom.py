"""A set that may be asked "surely not in it?" without remembering its members.

Here: BloomFilter, of fixed size. It lives in one process's memory only, since Python's hash()
differs from process to process.
"""

from collections.abc import Hashable
from typing import Final

_PROBES: Final = 4


class BloomFilter:
    """Says "never added" for certain, and "added" wrongly now and then.

    With 4 MB: never wrong to speak of up to a million members, one time in 15 at five million.
    """

    __slots__ = ("_bits", "_mask")

    def __init__(self, *, size: int = 4 * 1024 * 1024) -> None:
        """``size`` in bytes, a power of two."""
        self._bits = bytearray(size)
        self._mask = size * 8 - 1

    def add(self, member: Hashable) -> None:
        """Remember that ``member`` was added."""
        bits, mask = self._bits, self._mask
        place = hash(member)
        step = (place >> 32) | 1  # odd: it leads to other places each time
        for _ in range(_PROBES):
            at = place & mask
            bits[at >> 3] |= 1 << (at & 7)
            place += step

    def __contains__(self, member: Hashable) -> bool:
        bits, mask = self._bits, self._mask
        place = hash(member)
        step = (place >> 32) | 1
        for _ in range(_PROBES):
            at = place & mask
            if not bits[at >> 3] & (1 << (at & 7)):
                return False
            place += step
        return True
