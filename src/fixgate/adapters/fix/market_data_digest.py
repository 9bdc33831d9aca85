"""What the record says of prices that were sent: how many, under which numbers, and their digest.

Control 24 wants every message in and out. Prices come by the thousand a second, nobody decides by
what was sent of them, and each is worth nothing a second later; so the journal has, for each second
of each session, the numbers used and the SHA-256 of all the bytes in the order of the wire. A
client's own log of the messages can be checked against it, and a changed byte shows.

Here: Digest. Not here: what a decision saw of the market, which is journaled with its input.
"""

from collections.abc import Sequence
from hashlib import sha256


class Digest:
    """What was sent since the last note."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._first = self._count = self._bytes = 0
        self.last = 0

    def add(self, first: int, messages: Sequence[bytes]) -> None:
        """These were sent, the first of them under ``first``."""
        if not self._count:
            self._first = first
        for each in messages:
            self._hash.update(each)
            self._bytes += len(each)
        self._count += len(messages)
        self.last = first + len(messages) - 1

    def take(self) -> str | None:
        """For the record; begins again. None: nothing was sent."""
        if not self._count:
            return None
        text = (
            f"{self._count} messages W and X from {self._first} to {self.last}, "
            f"{self._bytes} bytes, SHA-256 {self._hash.hexdigest()}"
        )
        self._hash = sha256()
        self._count = self._bytes = 0
        return text
