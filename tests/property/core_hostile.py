"""Clients and a venue that say anything at all, in any order.

Here: Hostile, which turns a script (a list of small tuples, easy to shrink) into inputs of a
FakeCore. What it does depends only on the script and on what was committed, so that the same
script says the same to two cores that differ in what they remember.
Not here: what must hold (test_core_hostile).
"""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import strategies as st

from fakes.core import VENUE, FakeCore
from fixgate.domain import inputs as i
from fixgate.domain.ids import (
    OrderID,
    TradeID,
    VenueClOrdID,
    VenueOrderID,
    venue_cl_ord_id,
)
from fixgate.domain.operations import Coverage, Scope
from fixgate.domain.order import Order, RequestPhase
from fixgate.domain.values import ExecType, RestatementReason

Step = tuple[str, int, int, int]

ENDS = (
    ExecType.CANCELED,
    ExecType.EXPIRED,
    ExecType.DONE_FOR_DAY,
    ExecType.REJECTED,
    ExecType.TRADE,
)
AWAITED = {
    RequestPhase.SENT: i.VenueCall.REPLACE,
    RequestPhase.CANCELING: i.VenueCall.CANCEL,
    RequestPhase.SUBMITTING: i.VenueCall.SUBMIT,
}
WHO = {"person": "ops", "reason": "a test"}
QUANTITIES = [Decimal(text) for text in ("0", "1", "5", "10", "15", "20", "0.5", "33.333")]
PRICES = [Decimal(text) for text in ("9", "9.01", "8.5", "10", "0.01")]


class Hostile:
    """Says what a script says."""

    def __init__(self, core: FakeCore) -> None:
        self.core = core
        self.restarts = 0

    def run(self, script: list[Step], after_each: Callable[[], None] = lambda: None) -> None:
        """Say it all; ``after_each`` is called after each step."""
        for verb, *numbers in script:
            getattr(self, f"_{verb}")(*numbers)
            after_each()

    # --- clients ------------------------------------------------------------------------

    def _name(self, number: int) -> str:
        return f"N{number % 12}"

    def _new(self, name: int, qty: int, kind: int) -> None:
        tif = "013"[kind % 3]
        form = ("40=2|44=9", "40=1", "40=4|44=9|99=9.5", "40=2|44=9")[kind % 4]
        fields = f"11={self._name(name)}|55=BTC/USDT|54={1 + kind % 2}|60=20231114-22:13:20|21=1"
        text = f"{fields}|38={QUANTITIES[qty % 8]}|59={tif}|{form}"
        self.core.send("D", text, poss_resend=kind % 5 == 0)

    def _cancel(self, name: int, orig: int, _: int) -> None:
        self.core.send("F", self._request(name, orig))

    def _replace(self, name: int, orig: int, qty: int) -> None:
        price = PRICES[qty % 5]
        fields = f"{self._request(name, orig)}|21=1|40=2|38={QUANTITIES[qty % 8]}|44={price}"
        self.core.send("G", fields)

    def _request(self, name: int, orig: int) -> str:
        """The head of a cancel or replace: mostly of an order by its present name."""
        orders = self._orders()
        order = orders[orig % len(orders)] if orders and orig % 8 else None
        named = self._name(orig)
        if order is not None:
            last = [order.cl_ord_id, *(each.cl_ord_id for each in order.requests)]
            named = last[-1]
        side = "1" if order is None else order.instruction.side.value
        # Mostly a fresh name: there are few, so that some come twice.
        fresh = f"R{len(self.core.items) % 200}" if name % 4 else self._name(name)
        return f"11={fresh}|41={named}|55=BTC/USDT|60=20231114-22:13:20|54={side}"

    def _orders(self) -> list[Order]:
        return [each.order for each in self.core.recall.by_id.values() if each.order is not None]

    def _status(self, name: int, _: int, __: int) -> None:
        self.core.send("H", f"11={self._name(name)}|55=BTC/USDT|54=1|790=Q")

    def _list(self, name: int, qty: int, kind: int) -> None:
        """A list of orders, or a request about one."""
        list_id = f"L{kind % 3}"
        if kind % 5 == 0:
            self.core.send("MK"[kind % 2], f"66={list_id}|60=20231114-22:13:20")
            return
        count = 2 + kind % 2
        orders = "|".join(
            f"11={self._name(name + number)}|67={number}|55=BTC/USDT|54={1 + number % 2}"
            f"|38={QUANTITIES[qty % 8]}|40=2|44=9"
            for number in range(1, count + 1)
        )
        self.core.send("E", f"66={list_id}|68={count}|1385={1 + kind % 3}|73={count}|{orders}")

    def _mass(self, name: int, kind: int, _: int) -> None:
        """A mass cancel or a mass status request."""
        if kind % 3 == 0:
            self.core.send("AF", f"584={self._name(name)}|585={1 + kind % 9}|55=BTC/USDT")
            return
        narrowed = ("", "|54=1", "|54=2", "|55=BTCUSDT", "|1=NOBODY")[kind % 5]
        fields = f"11={self._name(name)}|530=7|60=20231114-22:13:20{narrowed}"
        self.core.send("q", fields)

    # --- the venue ----------------------------------------------------------------------

    def _leg(self, number: int) -> tuple[Order | None, VenueClOrdID]:
        """One of our orders' legs: mostly the working one, else an earlier or a wrong one."""
        orders = self._orders()
        if not orders or number % 31 == 0:
            return None, VenueClOrdID(("EPOCH0ZZZZZZZZ00", "x", "", "EPOCH0000000010z")[number % 4])
        order = orders[number % len(orders)]
        odd = number // len(orders) % 7
        leg = {5: max(0, order.leg - 1), 6: order.leg + 1}.get(odd, order.leg)
        return order, venue_cl_ord_id(OrderID(order.order_id), leg)

    def _answer(self, leg: int, call: int, outcome: int) -> None:
        order, venue_id = self._leg(leg)
        head = order.requests[0] if order and order.requests else None
        request = head.cl_ord_id if head and call % 4 else None
        asked = list(i.VenueCall)[call % 3]
        if head is not None and call % 5:  # mostly the answer that is waited for
            asked = AWAITED.get(head.phase, asked)
            if head.phase is RequestPhase.SENT and head.is_cancel:
                asked = i.VenueCall.CANCEL
        self.core.say(
            i.VenueAnswered(
                venue=VENUE,
                call=asked,
                venue_cl_ord_id=venue_id,
                outcome=list(i.Outcome)[outcome % 4],
                request=request,
                venue_order_id=(None, VenueOrderID("V"))[outcome % 2],
                leg_cum_qty=(None, *QUANTITIES[:4])[(leg + call + outcome) % 5],
            )
        )

    def _trade(self, leg: int, trade: int, qty: int) -> None:
        self.core.say(
            i.VenueTraded(
                venue=VENUE,
                venue_cl_ord_id=self._leg(leg)[1],
                trade_id=TradeID(f"T{trade % 15}"),
                last_qty=QUANTITIES[qty % 8],
                last_px=PRICES[qty % 5],
            )
        )

    def _correct(self, leg: int, trade: int, qty: int) -> None:
        self.core.say(
            i.VenueTradeCorrected(
                venue=VENUE,
                venue_cl_ord_id=self._leg(leg)[1],
                trade_id=TradeID(f"T{trade % 15}"),
                last_qty=QUANTITIES[qty % 8] * (qty % 3 > 0),
                last_px=PRICES[qty % 5],
            )
        )

    def _close(self, leg: int, end: int, cum: int) -> None:
        order, venue_id = self._leg(leg)
        self.core.say(
            i.VenueClosed(
                venue=VENUE,
                venue_cl_ord_id=venue_id,
                exec_type=ENDS[end % 5],
                leg_cum_qty=order.leg_cum_qty if order and cum % 3 else QUANTITIES[cum % 8],
                restatement=(None, RestatementReason.HALT)[cum % 2],
            )
        )

    def _restate(self, leg: int, qty: int, price: int) -> None:
        self.core.say(
            i.VenueRestated(
                venue=VENUE,
                venue_cl_ord_id=self._leg(leg)[1],
                leg_qty=(None, *QUANTITIES)[qty % 9],
                price=(None, *PRICES)[price % 6],
            )
        )

    def _trigger(self, leg: int, _: int, __: int) -> None:
        self.core.say(i.VenueTriggered(venue=VENUE, venue_cl_ord_id=self._leg(leg)[1]))

    def _report(self, leg: int, state: int, cum: int) -> None:
        order, venue_id = self._leg(leg)
        self.core.say(
            i.VenueLegReported(
                venue=VENUE,
                venue_cl_ord_id=venue_id,
                state=list(i.LegState)[state % 3],
                leg_cum_qty=order.leg_cum_qty if order and cum % 3 else QUANTITIES[cum % 8],
                leg_qty=(None, *QUANTITIES)[cum % 9],
                price=(None, *PRICES)[cum % 6],
                exec_type=(None, *ENDS)[cum % 6],
            )
        )

    def _connection(self, up: int, _: int, __: int) -> None:
        self.core.say(i.VenueConnection(venue=VENUE, up=up % 5 > 0))

    # --- operations and time ------------------------------------------------------------

    def _which(self, number: int) -> OrderID:
        orders = self._orders()
        return orders[number % len(orders)].order_id if orders else OrderID("NOBODY")

    def _kill(self, on: int, scope: int, _: int) -> None:
        name = {Scope.SESSION: "CLIENT", Scope.VENUE: VENUE, Scope.ACCOUNT: "A"}
        about = list(Scope)[scope % 4]
        coverage = Coverage(scope=about, name=name.get(about, ""))
        if on % 3:  # mostly it is released, so that orders go on coming
            self.core.say(i.KillSwitchTurned(coverage=coverage, on=False, **WHO))
        elif on % 2:
            self.core.say(i.KillSwitchTurned(coverage=coverage, on=True, **WHO))
        else:
            self.core.say(i.CancelAllOrdered(coverage=coverage, **WHO))

    def _operate(self, order: int, what: int, qty: int) -> None:
        order_id = self._which(order)
        if what % 6 == 0:
            self.core.say(i.OrderQueried(order_id=order_id, **WHO))
        elif what % 6 < 4:
            self.core.say(i.OrderForceCanceled(order_id=order_id, **WHO))
        else:
            filled = qty % 3 == 0
            self.core.say(
                i.OrderResolved(
                    order_id=order_id,
                    resolution=i.Resolution.FILLED if filled else list(i.Resolution)[qty % 2],
                    last_qty=QUANTITIES[qty % 8] if filled else None,
                    last_px=PRICES[qty % 5] if filled else None,
                    **WHO,
                )
            )

    def _leave(self, there: int, cancels: int, _: int) -> None:
        wish = (None, True, False)[cancels % 3]
        self.core.connection(on=there % 2 == 0, cancels=wish)

    def _tick(self, seconds: int, _: int, __: int) -> None:
        self.core.at_ns += seconds * 1_000_000_000
        self.core.say(i.Ticked())

    def _restart(self, _: int, __: int, ___: int) -> None:
        self.restarts += 1
        self.core.restart()


_COMMON = ("cancel", "replace", "answer", "answer", "trade", "report")
_RARE = ("new", "close", "correct", "restate", "trigger", "status", "mass", "list", "connection")
_OPERATIONS = ("kill", "operate", "leave", "tick")
_VERBS = (*_COMMON, *_COMMON, *_RARE, *_OPERATIONS)
_NUMBERS = st.integers(0, 60)


def scripts(*, restarts: bool = True, size: int = 60) -> st.SearchStrategy[list[Step]]:
    """Anything the clients and the venue may say. It opens with orders, so that much is known."""
    verbs = (*_VERBS, "restart") if restarts else _VERBS
    step = st.tuples(st.sampled_from(verbs), _NUMBERS, _NUMBERS, _NUMBERS)
    opening = st.lists(st.tuples(st.just("new"), _NUMBERS, _NUMBERS, _NUMBERS), max_size=3)
    rest = st.lists(step, min_size=10, max_size=size)
    return st.tuples(opening, rest).map(lambda both: both[0] + both[1])
