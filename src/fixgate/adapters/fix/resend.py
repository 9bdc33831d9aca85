"""Repeating old messages in pieces, so that one client's range does not starve the others.

Here: which range a ResendRequest means, the pieces of it, and what of the engine's answer to a
piece may go out. Not here: feeding the engine, the wire.
"""

from dataclasses import dataclass

from fixgate.adapters.fix.fields import compose, tell, value_of
from fixgate.adapters.fix.framing import MSG_SEQ_NUM_MAX
from fixgate.domain.sessions import FixVersion

_ALL_UP_TO_41: int = 999_999  # what FIX 4.1 wrote for "all"; the engine still takes it in 4.2


@dataclass(slots=True, kw_only=True)
class Resend:
    """A range that is being repeated; ``begin`` moves on."""

    begin: int
    last: int
    piece: int

    @property
    def done(self) -> bool:
        """Whether all of it has been repeated."""
        return self.begin > self.last

    @property
    def end(self) -> int:
        """The last number of the piece that is next."""
        return min(self.begin + self.piece - 1, self.last)


def asked(text: str, version: FixVersion, *, next_sender: int) -> tuple[int, int] | None:
    """The first and last number a ResendRequest means; None if the engine should reject it."""
    begin, end = _number(value_of(text, 7)), _number(value_of(text, 16))
    if begin is None or end is None:
        return None
    to_the_end = end == 0 or (version is FixVersion.FIX42 and end == _ALL_UP_TO_41)
    last = next_sender - 1 if to_the_end else min(end, next_sender - 1)
    return max(begin, 1), last


def request(version: FixVersion, comp_ids: tuple[str, str], seq: int, rest: dict[int, str]) -> str:
    """A ResendRequest of our own making for the next piece: SenderCompID and TargetCompID as the
    client writes them, a MsgSeqNum that the engine has counted already, and 52, 7 and 16.
    """
    sender, target = comp_ids
    head = [(35, "2"), (34, str(seq)), (49, sender), (52, rest[52]), (56, target)]
    return compose(version.value, [*head, (7, rest[7]), (16, rest[16])])


def progress(sent: list[str], begin: int) -> tuple[list[str], int]:
    """What of the engine's answer may go out, and the first number it has not covered.

    After a range that ends in numbers never used, the engine adds a gap fill that begins at the
    start of the range and repeats what was sent (Session::generateRetransmits). It is left out;
    the uncovered rest is asked for with the next piece.
    """
    passing: list[str] = []
    for text in sent:
        if "\x0143=Y\x01" not in text:
            passing.append(text)
            continue
        msg_type, number = tell(text)
        if number < begin:
            continue
        passing.append(text)
        begin = int(value_of(text, 36) or 0) if msg_type == "4" else number + 1
    return passing, begin


def _number(value: str | None) -> int | None:
    if value is None or not value.isascii() or not value.isdigit():
        return None
    number = int(value[:10])
    return number if number <= MSG_SEQ_NUM_MAX else None
