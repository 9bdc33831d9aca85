"""What a venue trades, and how it changes.

Here: Catalogue, which compares one list of instruments with the next, and leaves out what cannot be
traded here.
Not here: reading a venue's list (dialects).
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import structlog

from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import InstrumentsLoaded
from fixgate.domain.instruments import Instrument

_SHOWN_MAX: Final = 20
_log = structlog.get_logger(__name__)


class Catalogue:
    """The instruments last told to the core."""

    def __init__(self, venue: VenueName, symbols: Sequence[str]) -> None:
        self._venue = venue
        self._symbols = frozenset(symbols)
        self._known: dict[str, Instrument] = {}
        self._refused: frozenset[str] = frozenset()  # by their symbols, as last logged

    def of(self, symbol: str) -> Instrument | None:
        """What a unified symbol means; None: it is not listed, or not known yet."""
        return self._known.get(symbol)

    def difference(self, found: Iterable[Instrument]) -> InstrumentsLoaded | None:
        """What is new, changed or gone; None if nothing is."""
        listed = {
            each.symbol: each for each in found if not self._symbols or each.symbol in self._symbols
        }
        now = {symbol: each for symbol, each in listed.items() if each.pays_in_quote}
        self._refuse(listed.keys() - now.keys())
        changed = tuple(each for each in now.values() if self._known.get(each.symbol) != each)
        removed = tuple(sorted(self._known.keys() - now.keys()))
        first = not self._known
        self._known = now
        if not changed and not removed and not first:
            return None
        return InstrumentsLoaded(venue=self._venue, instruments=changed, removed=removed)

    def _refuse(self, symbols: AbstractSet[str]) -> None:
        """Profit in another currency than the price's would be counted wrongly: no such trades."""
        if symbols == self._refused:
            return
        self._refused = frozenset(symbols)
        if symbols:
            _log.warning(
                "venue.instruments_refused",
                venue=self._venue,
                text="not tradable here: settled in another currency than they are priced in"
                " (inverse contracts), so that their profit would be wrong",
                symbols=", ".join(sorted(symbols)[:_SHOWN_MAX]),
                count=len(symbols),
            )
