"""A simulated exchange: it works orders, fills them over hours, ends some unasked, and remembers.

Here: Exchange, the truth about what was done; it notes an order that reaches it twice.
Not here: how anybody reaches it (venue_link).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from fixgate.adapters.venues.dialect import OrderFacts, StreamReport, TradeFacts
from fixgate.adapters.venues.outcomes import VenueSaid
from fixgate.application.ports.venue import SubmitLeg
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueOrderID
from fixgate.domain.inputs import LegState
from fixgate.domain.values import ExecType, OrdType, TimeInForce
from simulation.world import World

REJECTED, UNKNOWN_ORDER, NOT_FOUND = -2010, -2011, -2013
_LOT = Decimal("0.1")
_TIMES_S = (0.0, 0.001, 0.05, 1.0, 60.0, 3_600.0, 14_400.0)


@dataclass(slots=True)
class Booked:
    """An order at the exchange."""

    leg: SubmitLeg
    venue_order_id: VenueOrderID
    cum_qty: Decimal = Decimal(0)
    trades: list[TradeFacts] = field(default_factory=list)
    over: ExecType | None = None

    def facts(self) -> OrderFacts:
        """What it says of it when asked."""
        return OrderFacts(
            venue_cl_ord_id=self.leg.venue_cl_ord_id,
            venue_order_id=self.venue_order_id,
            state=LegState.WORKING if self.over is None else LegState.CLOSED,
            cum_qty=self.cum_qty,
            order_qty=self.leg.qty,
            price=self.leg.terms.price,
            exec_type=self.over,
        )


def refused(code: int, message: str) -> VenueSaid:
    """A refusal in its words."""
    return VenueSaid(status=400, code=code, message=message, body=message)


class Exchange:
    """One account at one exchange."""

    def __init__(self, world: World) -> None:
        self.orders: dict[VenueClOrdID, Booked] = {}
        self.twice: list[VenueClOrdID] = []
        self.tell: Callable[[StreamReport], None] = lambda _: None
        self.quiet = False  # no more fills of its own
        self._world = world
        self._trades = 0

    def submit(self, leg: SubmitLeg) -> tuple[OrderFacts, tuple[TradeFacts, ...]]:
        """A new order. Raises VenueSaid."""
        if leg.venue_cl_ord_id in self.orders:
            self.twice.append(leg.venue_cl_ord_id)
            raise refused(REJECTED, "Duplicate order sent.")
        if self._world.chance(0.02):
            raise refused(REJECTED, "Account has insufficient balance.")
        number = VenueOrderID(str(len(self.orders) + 1))
        booked = self.orders[leg.venue_cl_ord_id] = Booked(leg, number)
        self._will_trade(booked)
        return booked.facts(), tuple(booked.trades)

    def cancel(self, venue_cl_ord_id: VenueClOrdID) -> OrderFacts:
        """The rest of an order. Raises VenueSaid."""
        booked = self.orders.get(venue_cl_ord_id)
        if booked is None or booked.over is not None:
            raise refused(UNKNOWN_ORDER, "Unknown order sent.")
        self._end(booked, ExecType.CANCELED)
        return booked.facts()

    def order(self, venue_cl_ord_id: VenueClOrdID) -> OrderFacts:
        """One order. Raises VenueSaid."""
        booked = self.orders.get(venue_cl_ord_id)
        if booked is None:
            raise refused(NOT_FOUND, "Order does not exist.")
        return booked.facts()

    def trades_of(self, venue_order_id: VenueOrderID) -> tuple[TradeFacts, ...]:
        """Its trades."""
        return next(
            tuple(each.trades)
            for each in self.orders.values()
            if each.venue_order_id == venue_order_id
        )

    def open_orders(self) -> tuple[OrderFacts, ...]:
        """All that work."""
        return tuple(each.facts() for each in self.orders.values() if each.over is None)

    # --- the market

    def _will_trade(self, booked: Booked) -> None:
        random, terms = self._world.random, booked.leg.terms
        at_once = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)
        if terms.ord_type is OrdType.MARKET or terms.time_in_force in at_once:
            fills = 1.0 if terms.ord_type is OrdType.MARKET else random.choice((0, 0.5, 1))
            for _ in range(random.randint(1, 3)):
                self._trade(booked, self._some(booked.leg.qty * Decimal(fills) / 2))
            if fills == 1:
                self._trade(booked, booked.leg.qty)
            if booked.over is None:
                self._end(booked, ExecType.CANCELED)
            return
        for _ in range(random.choice((0, 1, 1, 2, 4))):
            delay_s = random.choice(_TIMES_S) * random.random()
            self._world.after(delay_s, lambda: self._fill_some(booked))
        if terms.time_in_force is TimeInForce.DAY:
            self._world.after(random.uniform(0, 86_400), lambda: self._expire(booked))
        if random.random() < 0.05:
            ends_s = random.choice(_TIMES_S)
            self._world.after(ends_s, lambda: self._end(booked, ExecType.CANCELED))

    def _fill_some(self, booked: Booked) -> None:
        if not self.quiet:
            whole = self._world.chance(0.4)
            self._trade(booked, booked.leg.qty if whole else self._some(booked.leg.qty / 3))

    def _some(self, qty: Decimal) -> Decimal:
        return Decimal(self._world.random.randint(0, int(qty / _LOT))) * _LOT

    def _trade(self, booked: Booked, qty: Decimal) -> None:
        qty = min(qty, booked.leg.qty - booked.cum_qty)
        if booked.over is not None or not qty:
            return
        self._trades += 1
        trade = TradeFacts(
            trade_id=TradeID(f"T{self._trades}"),
            last_qty=qty,
            last_px=Decimal(self._world.random.randint(9_000, 11_000)) / 100,
            venue_order_id=booked.venue_order_id,
        )
        booked.trades.append(trade)
        booked.cum_qty += qty
        if booked.cum_qty == booked.leg.qty:
            booked.over = ExecType.TRADE
        self._say(booked, trade=trade)

    def _expire(self, booked: Booked) -> None:
        self._end(booked, ExecType.EXPIRED)

    def _end(self, booked: Booked, how: ExecType) -> None:
        if booked.over is None:
            booked.over = how
            self._say(booked, closed=how)

    def _say(
        self, booked: Booked, *, trade: TradeFacts | None = None, closed: ExecType | None = None
    ) -> None:
        self.tell(
            StreamReport(
                venue_cl_ord_id=booked.leg.venue_cl_ord_id,
                venue_order_id=booked.venue_order_id,
                cum_qty=booked.cum_qty,
                trade=trade,
                closed=closed,
            )
        )
