"""What a venue trades, and how it changes.

Here: Catalogue, which compares one list of instruments with the next, and leaves out what cannot be
traded here.
Not here: reading a venue's list (dialects).
"""

from collections.abc import Iterable, Mapping, Sequence
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
        self._refused: Mapping[str, str] = {}  # why, by their symbols, as last logged

    def of(self, symbol: str) -> Instrument | None:
        """What a unified symbol means; None: it is not listed, or not known yet."""
        return self._known.get(symbol)

    def difference(self, found: Iterable[Instrument]) -> InstrumentsLoaded | None:
        """What is new, changed or gone; None if nothing is."""
        listed = {
            each.symbol: each for each in found if not self._symbols or each.symbol in self._symbols
        }
        now = {symbol: each for symbol, each in listed.items() if _why_not(each) is None}
        self._refuse({symbol: why for symbol, each in listed.items() if (why := _why_not(each))})
        changed = tuple(each for each in now.values() if self._known.get(each.symbol) != each)
        removed = tuple(sorted(self._known.keys() - now.keys()))
        first = not self._known
        self._known = now
        if not changed and not removed and not first:
            return None
        return InstrumentsLoaded(venue=self._venue, instruments=changed, removed=removed)

    def _refuse(self, reasons: Mapping[str, str]) -> None:
        if reasons == self._refused:
            return
        self._refused = reasons
        for why in sorted(set(reasons.values())):
            symbols = sorted(symbol for symbol, each in reasons.items() if each == why)
            _log.warning(
                "venue.instruments_refused",
                venue=self._venue,
                text=f"not tradable here: {why}",
                symbols=", ".join(symbols[:_SHOWN_MAX]),
                count=len(symbols),
            )


def _why_not(instrument: Instrument) -> str | None:
    """What keeps an instrument from being traded here."""
    if not instrument.pays_in_quote:
        return (
            "settled in another currency than they are priced in (inverse contracts),"
            " so that their profit would be wrong"
        )
    if not instrument.can_be:
        return "their ticks, lots or limits cannot be"
    return None
