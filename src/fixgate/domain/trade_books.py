"""The same trades in two books, held against each other (control 21).

Here: Entry, a trade as one book has it; Tally, what some come to; and differences().
Not here: whose books they are and how they are read (application.trade_reconciling), who is right.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from fixgate.domain.frozen import value
from fixgate.domain.rounding import ZERO, notional, plus, to_wire


@value
class Entry:
    """A trade, as one book has it. What both books know it by is the key beside it."""

    symbol: str  # unified
    last_qty: Decimal
    last_px: Decimal

    @property
    def words(self) -> str:
        """For a person."""
        return f"{to_wire(self.last_qty)} at {to_wire(self.last_px)}"


Book = Mapping[str, Entry]


@value
class Tally:
    """How many trades there are, and what they come to."""

    number: int = 0
    qty: Decimal = ZERO
    worth: Decimal = ZERO

    def with_entry(self, entry: Entry) -> "Tally":
        """One more."""
        return Tally(
            number=self.number + 1,
            qty=plus(self.qty, entry.last_qty),
            worth=plus(self.worth, notional(entry.last_qty, entry.last_px)),
        )

    def plus(self, more: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            number=self.number + more.number,
            qty=plus(self.qty, more.qty),
            worth=plus(self.worth, more.worth),
        )


@value
class Difference:
    """A trade that the books do not have alike; None: that book does not have it."""

    key: str
    ours: Entry | None
    theirs: Entry | None


def differences(ours: Book, theirs: Book) -> Iterator[Difference]:
    """Every trade that is in one book and not in the other, or not with the same amounts."""
    for key, entry in ours.items():
        if not _alike(entry, theirs.get(key)):
            yield Difference(key=key, ours=entry, theirs=theirs.get(key))
    for key, entry in theirs.items():
        if key not in ours:
            yield Difference(key=key, ours=None, theirs=entry)


def _alike(entry: Entry, other: Entry | None) -> bool:
    return other is not None and (
        (entry.symbol, entry.last_qty, entry.last_px)
        == (other.symbol, other.last_qty, other.last_px)
    )


def tallied(entries: Iterable[Entry]) -> dict[str, Tally]:
    """What they come to, by instrument."""
    found: dict[str, Tally] = {}
    for each in entries:
        found[each.symbol] = found.get(each.symbol, Tally()).with_entry(each)
    return found
