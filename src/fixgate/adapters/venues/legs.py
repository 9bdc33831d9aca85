"""The venue orders of ours that the adapter knows of.

Here: Leg and LegBook: what was heard of each, so that gaps are noticed and repeats are not told.
Not here: anything durable; the journal is the truth, this is a memory that may be lost.
"""

from collections import OrderedDict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from fixgate.adapters.venues.dialect import TradeFacts
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueOrderID
from fixgate.domain.instruments import Instrument
from fixgate.domain.rounding import ZERO
from fixgate.domain.values import Side

_CLOSED_MAX: Final = 2_000


class Leg:
    """One venue order of ours."""

    __slots__ = (
        "acknowledged",
        "closed",
        "cum_qty",
        "failed_at_ns",
        "given_up",
        "instrument",
        "qty",
        "seen",
        "side",
        "triggered",
        "venue_cl_ord_id",
        "venue_order_id",
    )

    def __init__(
        self, venue_cl_ord_id: VenueClOrdID, instrument: Instrument, side: Side, qty: Decimal
    ) -> None:
        self.venue_cl_ord_id = venue_cl_ord_id
        self.instrument = instrument
        self.side = side
        self.qty = qty
        self.venue_order_id: VenueOrderID | None = None
        self.acknowledged = False
        self.triggered = False
        self.closed = False
        self.given_up = False  # a person has said what became of it
        self.failed_at_ns: int | None = None  # when a submit of this process got no answer
        self.cum_qty = ZERO  # as told to the core
        self.seen: set[TradeID] = set()

    def note_trade(self, trade: TradeFacts) -> bool:
        """Count a trade; False if it was told before."""
        if trade.trade_id in self.seen:
            return False
        self.seen.add(trade.trade_id)
        self.cum_qty += trade.last_qty
        return True

    def note_all(self, trades: Iterable[TradeFacts]) -> None:
        """Count the complete list of trades, whatever was counted before."""
        known = {each.trade_id: each.last_qty for each in trades}
        self.seen = set(known)
        self.cum_qty = sum(known.values(), ZERO)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.closed or self.given_up or self.cum_qty >= self.qty


class LegBook:
    """Open legs, and the last of those that are over."""

    def __init__(self) -> None:
        self._open: dict[VenueClOrdID, Leg] = {}
        self._over: OrderedDict[VenueClOrdID, Leg] = OrderedDict()
        self._by_venue_id: dict[tuple[str, VenueOrderID], VenueClOrdID] = {}

    def add(self, leg: Leg) -> None:
        """A leg that is about to be sent, or was open at start."""
        self._open[leg.venue_cl_ord_id] = leg
        if leg.venue_order_id is not None:
            self.acknowledge(leg, leg.venue_order_id)

    def get(self, venue_cl_ord_id: VenueClOrdID) -> Leg | None:
        """A leg, open or over."""
        return self._open.get(venue_cl_ord_id) or self._over.get(venue_cl_ord_id)

    def find(self, venue_symbol: str, venue_order_id: VenueOrderID) -> VenueClOrdID | None:
        """Our id of an order the venue names by its own."""
        return self._by_venue_id.get((venue_symbol, venue_order_id))

    def acknowledge(self, leg: Leg, venue_order_id: VenueOrderID) -> None:
        """The venue has it, under this id."""
        leg.acknowledged = True
        leg.venue_order_id = venue_order_id
        self._by_venue_id[leg.instrument.venue_symbol, venue_order_id] = leg.venue_cl_ord_id

    def settle(self, leg: Leg) -> None:
        """Move a leg that is over to the memory of those, which is limited."""
        if not leg.is_over or self._open.pop(leg.venue_cl_ord_id, None) is None:
            return
        self._over[leg.venue_cl_ord_id] = leg
        if len(self._over) > _CLOSED_MAX:
            self._forget(self._over.popitem(last=False)[1])

    def drop(self, leg: Leg) -> None:
        """The venue never had it."""
        self._open.pop(leg.venue_cl_ord_id, None)
        self._forget(leg)

    def working(self) -> list[Leg]:
        """The legs the venue has acknowledged and not ended."""
        return [each for each in self._open.values() if each.acknowledged]

    def __len__(self) -> int:
        return len(self._open) + len(self._over)

    def _forget(self, leg: Leg) -> None:
        if leg.venue_order_id is not None:
            self._by_venue_id.pop((leg.instrument.venue_symbol, leg.venue_order_id), None)
