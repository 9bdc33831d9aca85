"""Orders that were taken a short while ago, to find one that was sent twice (control 9).

Here: Recent, one part of Exposure, and likeness().
Not here: the check (risk).
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.order import Instruction, Terms
from fixgate.domain.values import Side

KEPT_MAX: Final = 100_000
Likeness = tuple[str, Side, str, str, Decimal, Decimal | None]


class Recent:
    """When an order of each likeness came last.

    In two halves: of the present stretch of time, and of the one before it, which is dropped as a
    whole. So an order costs the same however many are remembered, and nobody looks for the oldest.
    """

    __slots__ = ("_before", "_now", "_since_ns", "within_ns")

    def __init__(self) -> None:
        self.within_ns = 0  # what is older is not asked for
        self._now: dict[Likeness, int] = {}
        self._before: dict[Likeness, int] = {}
        self._since_ns = 0

    def __eq__(self, other: object) -> bool:
        """All that is in it."""
        if not isinstance(other, Recent):
            return NotImplemented
        return all(getattr(self, each) == getattr(other, each) for each in self.__slots__)

    __hash__ = None  # type: ignore[assignment] # it changes

    def __len__(self) -> int:
        """How many are remembered, some of them too old to matter."""
        return len(self._now) + len(self._before)

    def add(self, like: Likeness, at_ns: int) -> None:
        """An order was taken."""
        if at_ns - self._since_ns >= self.within_ns or len(self._now) >= KEPT_MAX:
            self._before, self._now, self._since_ns = self._now, {}, at_ns
        self._now[like] = at_ns

    def last_ns(self, like: Likeness) -> int | None:
        """When such an order came last; None: not for ``within_ns`` at least."""
        found = self._now.get(like)
        return self._before.get(like) if found is None else found

    def clear(self) -> None:
        """Nothing asks for them any more."""
        self._now.clear()
        self._before.clear()


def likeness(about: Instruction, terms: Terms) -> Likeness:
    """What makes two orders look like one that was sent twice."""
    return (
        about.session,
        about.side,
        about.venue,
        about.symbol,
        terms.order_qty,
        terms.price,
    )
