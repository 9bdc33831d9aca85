"""A venue that tells the truth, late, twice, and over two channels that overtake each other.

Here: TruthfulVenue, which carries out the calls of a FakeCore, and Truth, which drives both from
a script and knows what really happened.
Not here: what must hold (test_core_truthful).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import strategies as st

from fakes.core import VENUE, FakeCore
from fixgate.application.step import Intent
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import ClOrdID, TradeID, VenueClOrdID, VenueOrderID, venue_cl_ord_id
from fixgate.domain.order import Order
from fixgate.domain.values import ExecType

Step = tuple[str, int, int, int]
ZERO = Decimal(0)


@dataclass
class Leg:
    """One order at the venue."""

    venue_id: VenueClOrdID
    qty: Decimal
    price: Decimal | None
    trades: list[i.VenueTraded] = field(default_factory=list)
    ended: ExecType | None = None

    @property
    def cum_qty(self) -> Decimal:
        return sum((each.last_qty for each in self.trades), ZERO)

    @property
    def open_qty(self) -> Decimal:
        return ZERO if self.ended else self.qty - self.cum_qty


class TruthfulVenue:
    """Answers go out over ``rest``, trades and ends over ``stream``; each keeps its order."""

    def __init__(self) -> None:
        self.legs: dict[VenueClOrdID, Leg] = {}
        self.rest: deque[i.VenueInput] = deque()
        self.stream: deque[i.VenueInput] = deque()
        self._trades = 0

    def handle(self, intent: Intent, order: Order, luck: int) -> None:
        """Carry out a call. ``luck``: it works, is refused, is lost before or after, not sent."""
        match intent:
            case e.OrderRouted():
                self._submit(venue_cl_ord_id(order.order_id, intent.leg), intent, luck)
            case e.CancelSent():
                self._cancel(order.venue_cl_ord_id, intent.cl_ord_id, luck)
            case e.ReplaceSent():
                self._replace(order.venue_cl_ord_id, intent, luck)
            case e.QuerySent():
                self._query(order.venue_cl_ord_id)

    def trade(self, leg: Leg, qty: Decimal) -> None:
        """Some of the leg trades."""
        self._trades += 1
        trade = i.VenueTraded(
            venue=VENUE,
            venue_cl_ord_id=leg.venue_id,
            trade_id=TradeID(f"T{self._trades}"),
            last_qty=min(qty, leg.open_qty),
            last_px=Decimal("9.5") + self._trades,
        )
        leg.trades.append(trade)
        if not leg.open_qty:
            leg.ended = ExecType.TRADE
        self.stream.append(trade)

    def end(self, leg: Leg, exec_type: ExecType) -> None:
        """The venue ends the leg, and says so in its stream."""
        leg.ended = exec_type
        self.stream.append(
            i.VenueClosed(
                venue=VENUE,
                venue_cl_ord_id=leg.venue_id,
                exec_type=exec_type,
                leg_cum_qty=leg.cum_qty,
            )
        )

    def _answer(
        self, call: i.VenueCall, venue_id: VenueClOrdID, outcome: i.Outcome, **more: object
    ) -> None:
        self.rest.append(
            i.VenueAnswered(
                venue=VENUE, call=call, venue_cl_ord_id=venue_id, outcome=outcome, **more
            )  # type: ignore[arg-type]
        )

    def _submit(self, venue_id: VenueClOrdID, intent: e.OrderRouted, luck: int) -> None:
        assert venue_id not in self.legs, "submitted twice"
        outcome = _outcome(luck)
        if outcome is i.Outcome.ACCEPTED or (outcome is i.Outcome.UNKNOWN and luck % 2):
            self.legs[venue_id] = Leg(venue_id, intent.qty, intent.terms.price)
        self._answer(i.VenueCall.SUBMIT, venue_id, outcome, venue_order_id=VenueOrderID("V"))

    def _cancel(self, venue_id: VenueClOrdID, request: ClOrdID | None, luck: int) -> None:
        leg = self.legs.get(venue_id)
        outcome = _outcome(luck)
        works = leg is not None and not leg.ended
        if outcome is i.Outcome.ACCEPTED and not works:
            outcome = i.Outcome.REJECTED
        done = outcome is i.Outcome.ACCEPTED or (outcome is i.Outcome.UNKNOWN and luck % 2 > 0)
        if leg is not None and works and done:
            leg.ended = ExecType.CANCELED
            if luck % 3:
                self.end(leg, ExecType.CANCELED)
        cum_qty = leg.cum_qty if leg and outcome is i.Outcome.ACCEPTED else None
        self._answer(i.VenueCall.CANCEL, venue_id, outcome, request=request, leg_cum_qty=cum_qty)

    def _replace(self, venue_id: VenueClOrdID, intent: e.ReplaceSent, luck: int) -> None:
        leg = self.legs.get(venue_id)
        outcome = _outcome(luck)
        can = leg is not None and not leg.ended and intent.qty > leg.cum_qty
        if outcome is i.Outcome.ACCEPTED and not can:
            outcome = i.Outcome.REJECTED
        done = outcome is i.Outcome.ACCEPTED or (outcome is i.Outcome.UNKNOWN and luck % 2 > 0)
        if leg is not None and can and done:
            leg.qty, leg.price = intent.qty, intent.terms.price
        self._answer(i.VenueCall.REPLACE, venue_id, outcome, request=intent.cl_ord_id)

    def _query(self, venue_id: VenueClOrdID) -> None:
        leg = self.legs.get(venue_id)
        if leg is not None:
            self.rest.extend(leg.trades)
        state = i.LegState.NOT_FOUND
        if leg is not None:
            state = i.LegState.CLOSED if leg.ended else i.LegState.WORKING
        self.rest.append(
            i.VenueLegReported(
                venue=VENUE,
                venue_cl_ord_id=venue_id,
                state=state,
                leg_cum_qty=leg.cum_qty if leg else ZERO,
                leg_qty=leg.qty if leg else None,
                price=leg.price if leg else None,
                exec_type=leg.ended if leg else None,
            )
        )


def _outcome(luck: int) -> i.Outcome:
    table = {6: i.Outcome.REJECTED, 7: i.Outcome.NOT_SENT, 8: i.Outcome.UNKNOWN}
    return table.get(luck % 10, i.Outcome.UNKNOWN if luck % 10 == 9 else i.Outcome.ACCEPTED)


class Truth:
    """A core and a venue, driven by a script."""

    def __init__(self, core: FakeCore) -> None:
        self.core = core
        self.venue = TruthfulVenue()
        self._names = 0

    def run(self, script: list[Step], after_each: Callable[[], None]) -> None:
        """Let the script happen; then let everything under way come to its end."""
        for verb, *numbers in script:
            getattr(self, f"_{verb}")(*numbers)
            after_each()
        while self.core.calls or self.venue.rest or self.venue.stream:
            self._call(0, 0, 0)
            self._stream(0, 0, 0)
            self._rest(0, 0, 0)
            after_each()

    def orders(self) -> list[Order]:
        """Every order that was taken, as it is now."""
        return [each.order for each in self.core.recall.by_id.values() if each.order is not None]

    def legs_of(self, order: Order) -> list[Leg]:
        """What the venue holds of it."""
        return [leg for key, leg in self.venue.legs.items() if key.startswith(order.order_id)]

    def _fresh(self) -> str:
        self._names += 1
        return f"N{self._names}"

    def _new(self, qty: int, kind: int, _: int) -> None:
        form = "40=1" if kind % 4 == 0 else "40=2|44=9"
        fields = f"11={self._fresh()}|55=BTC/USDT|54=1|60=20231114-22:13:20|21=1|{form}"
        self.core.send("D", f"{fields}|38={5 + qty % 20}")

    def _request(self, number: int) -> tuple[Order, str] | None:
        orders = self.orders()
        if not orders:
            return None
        order = orders[number % len(orders)]
        last = [order.cl_ord_id, *(each.cl_ord_id for each in order.requests)][-1]
        return order, f"11={self._fresh()}|41={last}|55=BTC/USDT|54=1|60=20231114-22:13:20"

    def _cancel(self, number: int, _: int, __: int) -> None:
        found = self._request(number)
        if found is not None:
            self.core.send("F", found[1])

    def _replace(self, number: int, qty: int, price: int) -> None:
        found = self._request(number)
        if found is not None:
            text = f"{found[1]}|21=1|40=2|38={1 + qty % 30}|44={8 + price % 3}"
            self.core.send("G", text)

    def _mass(self, side: int, _: int, __: int) -> None:
        which = "530=7" if side % 2 else "530=1|55=BTC/USDT"
        self.core.send("q", f"11={self._fresh()}|60=20231114-22:13:20|{which}")

    def _call(self, luck: int, _: int, __: int) -> None:
        if self.core.calls:
            intent, order = self.core.calls.popleft()
            self.venue.handle(intent, order, luck)

    def _rest(self, _: int, __: int, ___: int) -> None:
        if self.venue.rest:
            self.core.say(self.venue.rest.popleft())

    def _stream(self, _: int, again: int, __: int) -> None:
        if self.venue.stream:
            said = self.venue.stream.popleft()
            self.core.say(said)
            if again % 5 == 1:
                self.core.say(said)

    def _trade(self, leg: int, qty: int, _: int) -> None:
        working = [each for each in self.venue.legs.values() if not each.ended]
        if working:
            self.venue.trade(working[leg % len(working)], Decimal(1 + qty % 12))

    def _end(self, leg: int, how: int, _: int) -> None:
        working = [each for each in self.venue.legs.values() if not each.ended]
        if working:
            ends = (ExecType.CANCELED, ExecType.EXPIRED)
            self.venue.end(working[leg % len(working)], ends[how % 2])

    def _restart(self, _: int, __: int, ___: int) -> None:
        """What was on its way is lost; the core must ask."""
        self.core.calls.clear()
        self.venue.rest.clear()
        self.venue.stream.clear()
        self.core.restart()


_VERBS = ("call", "rest", "stream", "trade") * 4 + (
    "cancel",
    "replace",
    "replace",
    "end",
    "new",
    "mass",
)
_NUMBERS = st.integers(0, 59)


def truths(*, restarts: bool) -> st.SearchStrategy[list[Step]]:
    """What clients ask, and how the venue's luck and the two channels fall."""
    verbs = (*_VERBS, "restart") if restarts else _VERBS
    step = st.tuples(st.sampled_from(verbs), _NUMBERS, _NUMBERS, _NUMBERS)
    opening = st.tuples(st.just("new"), _NUMBERS, _NUMBERS, _NUMBERS)
    return st.tuples(opening, st.lists(step, min_size=20, max_size=70)).map(
        lambda both: [both[0], *both[1]]
    )
