"""One order book, kept up to date from a snapshot and numbered changes.

Here: DepthSnapshot and DepthChange, in which a dialect says them, and DepthBook. All is exact.
Not here: where they come from (market_feed), any exchange's words (dialects).
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, unique
from typing import Final

SNAPSHOT_LEVELS: Final = 500  # asked for, of each side
SERVED_LEVELS: Final = 200  # the most that a book is asked for, and is then complete to
_KEPT_MAX: Final = 2 * SNAPSHOT_LEVELS
_WAITING_MAX: Final = 1_000  # changes that wait for the snapshot

Level = tuple[Decimal, Decimal]
"""Price and quantity; quantity 0: there is nothing at this price any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthSnapshot:
    """The best levels of both sides, as of update ``last_id``."""

    last_id: int
    bids: tuple[Level, ...]
    offers: tuple[Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthChange:
    """The levels that updates ``first_id`` to ``last_id`` changed, each with what is there now."""

    venue_symbol: str
    first_id: int
    last_id: int
    bids: tuple[Level, ...]
    offers: tuple[Level, ...]


@unique
class Applied(Enum):
    """What became of a change."""

    YES = "yes"
    OLD = "old"  # the book has it already
    WAITS = "waits"  # for the snapshot
    GAP = "gap"  # one before it is missing, or it cannot be: the book does not hold any more


class DepthSide:
    """The levels of one side. Beyond ``horizon`` nothing is known."""

    def __init__(self, levels: Iterable[Level], *, bids: bool) -> None:
        self._sign = -1 if bids else 1
        self._qty = {px: qty for px, qty in levels if qty > 0}
        self._keys = sorted(px * self._sign for px in self._qty)  # best first
        full = len(self._keys) >= SNAPSHOT_LEVELS
        self._horizon = self._keys[-1] if full else None

    @property
    def too_short(self) -> bool:
        """Whether a level is asked for beyond what is known."""
        return self._horizon is not None and len(self._keys) < SERVED_LEVELS

    @property
    def best(self) -> Decimal | None:
        """The best price."""
        return self._keys[0] * self._sign if self._keys else None

    def set(self, px: Decimal, qty: Decimal) -> None:
        """There is so much at a price now."""
        key = px * self._sign
        if qty <= 0:
            if self._qty.pop(px, None) is not None:
                del self._keys[bisect_left(self._keys, key)]
        elif px in self._qty:
            self._qty[px] = qty
        elif self._horizon is None or key <= self._horizon:
            insort(self._keys, key)
            self._qty[px] = qty
            if len(self._keys) > _KEPT_MAX:
                self._forget_the_worst()

    def top(self, count: int) -> tuple[Level, ...]:
        """The best levels, best first."""
        prices = [key * self._sign for key in self._keys[: min(count, SERVED_LEVELS)]]
        return tuple([(px, self._qty[px]) for px in prices])

    def _forget_the_worst(self) -> None:
        for key in self._keys[SNAPSHOT_LEVELS:]:
            del self._qty[key * self._sign]
        del self._keys[SNAPSHOT_LEVELS:]
        self._horizon = self._keys[-1]


class DepthBook:
    """A book that holds only while every change was seen. Until then changes wait."""

    def __init__(self) -> None:
        self.bids = DepthSide((), bids=True)
        self.offers = DepthSide((), bids=False)
        self.holds = False
        self._last_id = 0
        self._waiting: deque[DepthChange] = deque(maxlen=_WAITING_MAX)

    def lose(self) -> None:
        """It does not hold any more; changes wait for a new snapshot."""
        self.bids = DepthSide((), bids=True)
        self.offers = DepthSide((), bids=False)
        self.holds = False
        self._waiting.clear()

    def begin(self, snapshot: DepthSnapshot) -> bool:
        """Begin with a snapshot; False if it is older than the changes that wait."""
        self.bids = DepthSide(snapshot.bids, bids=True)
        self.offers = DepthSide(snapshot.offers, bids=False)
        self._last_id = snapshot.last_id
        self.holds = True
        waiting = tuple(self._waiting)
        self._waiting.clear()
        for change in waiting:
            if self.apply(change) is Applied.GAP:
                self._waiting = deque(waiting, maxlen=_WAITING_MAX)  # a later snapshot may fit
                return False
        return True

    def apply(self, change: DepthChange) -> Applied:
        """Take the next change."""
        if not self.holds:
            self._waiting.append(change)
            return Applied.WAITS
        if change.last_id <= self._last_id:
            return Applied.OLD
        if change.first_id > self._last_id + 1:
            self.lose()
            self._waiting.append(change)
            return Applied.GAP
        for px, qty in change.bids:
            self.bids.set(px, qty)
        for px, qty in change.offers:
            self.offers.set(px, qty)
        self._last_id = change.last_id
        if self.bids.too_short or self.offers.too_short or self._crossed():
            self.lose()
            return Applied.GAP
        return Applied.YES

    def _crossed(self) -> bool:
        """No exchange trades through itself: something that cannot be was said or missed."""
        bid, offer = self.bids.best, self.offers.best
        return bid is not None and offer is not None and bid >= offer
