"""What a venue trades, and how it changes.

Here: Catalogue, which compares one list of instruments with the next.
Not here: reading a venue's list (dialects).
"""

from collections.abc import Iterable, Sequence

from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import InstrumentsLoaded
from fixgate.domain.instruments import Instrument


class Catalogue:
    """The instruments last told to the core."""

    def __init__(self, venue: VenueName, symbols: Sequence[str]) -> None:
        self._venue = venue
        self._symbols = frozenset(symbols)
        self._known: dict[str, Instrument] = {}

    def of(self, symbol: str) -> Instrument | None:
        """What a unified symbol means; None: it is not listed, or not known yet."""
        return self._known.get(symbol)

    def difference(self, found: Iterable[Instrument]) -> InstrumentsLoaded | None:
        """What is new, changed or gone; None if nothing is."""
        now = {
            each.symbol: each for each in found if not self._symbols or each.symbol in self._symbols
        }
        changed = tuple(each for each in now.values() if self._known.get(each.symbol) != each)
        removed = tuple(sorted(self._known.keys() - now.keys()))
        first = not self._known
        self._known = now
        if not changed and not removed and not first:
            return None
        return InstrumentsLoaded(venue=self._venue, instruments=changed, removed=removed)
