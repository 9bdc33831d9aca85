"""Entries with StopLossPx and TakeProfitPx at a truthful venue, and a market that moves.

Here: ProtectedTruth, Truth with such orders, prices and time, and what the venue has of each; and
ProtectedHostile, where anything is said of them.
Not here: what must hold (test_core_protected).
"""

from collections.abc import Iterator
from decimal import Decimal

from hypothesis import strategies as st

from fakes.core import VENUE, FakeCore
from fixgate.application.holding import worth_telling
from fixgate.domain import inputs as i
from fixgate.domain.market import Quote
from fixgate.domain.order import Order
from property.core_hostile import QUANTITIES, Hostile
from property.core_truthful import ZERO, Leg, Step, Truth

_PRICES = (Decimal(7), Decimal(8), Decimal(9), Decimal(11), Decimal(12))


def move_market(core: FakeCore, px: Decimal) -> None:
    """The market is there from now on."""
    quote = Quote(
        venue=VENUE, symbol="BTC/USDT", bid_px=px, offer_px=px, last_px=None, at_ns=core.at_ns
    )
    core.market.quotes[VENUE, "BTC/USDT"] = quote
    seen = worth_telling(core.state, core.market)
    if seen:
        core.say(i.PricesSeen(quotes=seen))


class ProtectedHostile(Hostile):
    """Most of its orders ask for exits."""

    def _new(self, name: int, qty: int, kind: int) -> None:
        buys = kind % 2 == 0
        low, high = ("20003", "20004") if buys else ("20004", "20003")
        exits = (f"{low}=8|{high}=10", f"{low}=8", f"{high}=10", f"{low}=8|{high}=10", "")[kind % 5]
        fields = f"11={self._name(name)}|55=BTC/USDT|54={1 + kind % 2}|60=20231114-22:13:20|21=1"
        text = f"{fields}|38={QUANTITIES[qty % 8]}|59=1|40=2|44=9|{exits}".rstrip("|")
        self.core.send("D", text, poss_resend=kind % 7 == 0)

    def _operate(self, order: int, what: int, qty: int) -> None:
        """Not what a person says to have traded: nothing is recalled for that."""
        super()._operate(order, what % 4, qty)

    def _list(self, number: int, _: int, __: int) -> None:
        """No list of a client's: that one is known is a matter of memory. The market moves."""
        move_market(self.core, _PRICES[number % len(_PRICES)])


class ProtectedTruth(Truth):
    """Its orders to buy at 9 lose at 8 and profit at 12, or one of both."""

    def lists(self) -> Iterator[tuple[Order, list[Order]]]:
        """Each entry, and what protects it."""
        orders = self.orders()
        for entry in orders:
            if entry.member is not None and entry.member.seq == 1:
                ids = entry.member.orders[1:]
                yield entry, [each for each in orders if each.order_id in ids]

    def traded(self, order: Order) -> Decimal:
        """As the venue knows."""
        return sum((leg.cum_qty for leg in self.legs_of(order)), ZERO)

    def may_trade(self, order: Order) -> Decimal:
        """The most that it may come to, if nobody says another word."""
        legs: list[Leg] = self.legs_of(order)
        return sum((leg.cum_qty + leg.open_qty for leg in legs), ZERO)

    def _new(self, qty: int, kind: int, _: int) -> None:
        tags = ("20003=8|20004=12", "20003=8|20004=12", "20003=8", "20004=12")[kind % 4]
        self._send_new(qty, f"40=2|44=9|{tags}")

    def _send_new(self, qty: int, form: str) -> None:
        fields = f"11={self._fresh()}|55=BTC/USDT|54=1|60=20231114-22:13:20|21=1|{form}"
        self.core.send("D", f"{fields}|38={5 + qty % 20}")

    def _cancel(self, number: int, _: int, __: int) -> None:
        found = self._request(number)
        if found is not None:
            order, text = found
            self.core.send("F", text.replace("54=1", f"54={order.instruction.side.value}"))

    def _replace(self, number: int, qty: int, price: int) -> None:
        found = self._request(number)
        if found is None:
            return
        order, text = found
        text = text.replace("54=1", f"54={order.instruction.side.value}")
        form = f"40=2|44={9 + price % 3}"
        if order.terms.stop_px is not None:
            form = f"40=3|99={7 + price % 2}"
        elif order.protects:
            form = f"40=2|44={11 + price % 3}"
        self.core.send("G", f"{text}|21=1|{form}|38={1 + qty % 30}")

    def _price(self, number: int, _: int, __: int) -> None:
        move_market(self.core, _PRICES[number % len(_PRICES)])

    def _tick(self, seconds: int, _: int, __: int) -> None:
        self.core.at_ns += seconds * 10**9
        self.core.say(i.Ticked())


_VERBS = ("call", "rest", "stream", "trade") * 4 + (
    "cancel",
    "replace",
    "end",
    "new",
    "price",
    "price",
    "tick",
    "mass",
)
_NUMBERS = st.integers(0, 59)


def protected_truths(*, restarts: bool) -> st.SearchStrategy[list[Step]]:
    """What clients ask, how the market moves, and how the venue's luck falls."""
    verbs = (*_VERBS, "restart") if restarts else _VERBS
    step = st.tuples(st.sampled_from(verbs), _NUMBERS, _NUMBERS, _NUMBERS)
    opening = [("price", 2, 0, 0), ("new", 5, 0, 0), ("call", 0, 0, 0)]
    return st.lists(step, min_size=20, max_size=90).map(lambda rest: [*opening, *rest])
