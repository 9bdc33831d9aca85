"""Orders routed over three venues that differ in what they trade, and what happens to them.

Here: a core with three venues; RoutedTruth and RoutedHostile, which route the orders of Truth and
Hostile and let the venues overtake each other.
Not here: what must hold (test_core_routed).
"""

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from hypothesis import strategies as st

from fakes.core import VENUE, FakeCore, a_profile, an_instrument
from fixgate.domain import inputs as i
from fixgate.domain.ids import VenueName
from fixgate.domain.instruments import ReplaceStyle
from fixgate.domain.market import Book
from fixgate.domain.order import Order
from fixgate.domain.routing import Criterion, RoutingPolicy
from property.core_hostile import Hostile
from property.core_truthful import Leg, Step, Truth

SMART_FORMS = ("40=2|44=9|59=1", "40=1|59=0", "40=2|44=9|59=3", "40=2|44=9|59=4", "40=2|44=9|59=0")
NAMES = (VENUE, VenueName("W"), VenueName("U"))
AGE_MS_MAX = 10**9
OTHERS = (
    (
        a_profile(venue=NAMES[1], replace=ReplaceStyle.CANCEL_THEN_NEW),
        an_instrument(venue=NAMES[1], lot_size=Decimal("0.5"), min_qty=Decimal(2)),
    ),
    (
        a_profile(venue=NAMES[2]),
        an_instrument(venue=NAMES[2], lot_size=Decimal(1), min_notional=Decimal(20)),
    ),
)

policies = st.builds(
    lambda by, split, reroute, parts_max: RoutingPolicy(
        name="default",
        by=by,
        venues=NAMES if by is Criterion.LISTED else (),
        split=split,
        reroute=reroute,
        parts_max=parts_max,
        book_age_ms_max=AGE_MS_MAX,
    ),
    st.sampled_from(Criterion),
    st.booleans(),
    st.booleans(),
    st.integers(1, 3),
)


def books(core: FakeCore, seed: int) -> None:
    """What the venues' books are from here on; sometimes one is not known."""
    core.market.books.clear()
    for number, venue in enumerate(NAMES):
        luck = seed // 4**number % 4
        if luck:
            levels = tuple(
                (Decimal(8 + number + step), Decimal(luck * 2 + step)) for step in range(luck)
            )
            core.market.books[venue, "BTC/USDT"] = Book(
                venue=venue, symbol="BTC/USDT", bids=(), offers=levels, at_ns=core.at_ns
            )


def routed(order: Order) -> bool:
    """Whether a client sent it, to be routed."""
    return order.part_of is None and order.instruction.venue not in NAMES


class RoutedTruth(Truth):
    """Truth for orders in parts."""

    def whole(self) -> list[Order]:
        """Every order of a client."""
        return [each for each in super().orders() if each.part_of is None]

    def orders(self) -> list[Order]:
        return self.whole()

    def parts_of(self, order: Order) -> list[Order]:
        """The parts that it ever had."""
        return [each for each in super().orders() if each.parent == order.order_id]

    def legs_of(self, order: Order) -> list[Leg]:
        of_part = super().legs_of
        return [leg for part in self.parts_of(order) for leg in of_part(part)]

    def run(self, script: list[Step], after_each: Callable[[], None]) -> None:
        super().run(script, after_each)
        while any(not each.is_terminal and each.withdrawn for each in super().orders()):
            self._tick(61, 0, 0)  # what could not be canceled is tried again
            super().run([], after_each)

    def _new(self, qty: int, kind: int, seed: int) -> None:
        books(self.core, seed)
        form = SMART_FORMS[kind % 5]
        fields = f"11={self._fresh()}|55=BTC/USDT|54=1|60=20231114-22:13:20|21=1|{form}"
        self.core.send("D", f"{fields}|38={5 + qty % 20}|100=SMART")

    def _book(self, seed: int, _: int, __: int) -> None:
        books(self.core, seed)

    def _tick(self, seconds: int, _: int, __: int) -> None:
        self.core.at_ns += seconds * 1_000_000_000
        self.core.say(i.Ticked())

    def _rest(self, which: int, _: int, __: int) -> None:
        said = _overtaking(self.venue.rest, which)
        if said is not None:
            self.core.say(said)

    def _stream(self, which: int, again: int, __: int) -> None:
        said = _overtaking(self.venue.stream, which)
        if said is not None:
            self.core.say(said)
            if again % 5 == 1:
                self.core.say(said)


def _overtaking(channel: deque[i.VenueInput], which: int) -> i.VenueInput | None:
    """The first message about one of the orders at venues: each keeps its order, no two do."""
    if not channel:
        return None
    about = channel[which % len(channel)].venue_cl_ord_id  # type: ignore[union-attr]
    said = next(each for each in channel if each.venue_cl_ord_id == about)  # type: ignore[union-attr]
    channel.remove(said)
    return said


class RoutedHostile(Hostile):
    """Hostile to orders in parts."""

    def _new(self, name: int, qty: int, kind: int) -> None:
        books(self.core, kind * 7 + qty)
        if kind % 4 == 3:
            super()._new(name, qty, kind)
            return
        form = SMART_FORMS[kind % 5]
        fields = f"11={self._name(name)}|55=BTC/USDT|54=1|60=20231114-22:13:20|21=1|{form}"
        self.core.send("D", f"{fields}|38={5 + qty % 20}|100=SMART")

    def _request(self, name: int, orig: int) -> str:
        text = super()._request(name, orig)
        return text.replace("|41=|", "|41=N1|")  # a part has no name


_RARE = ("cancel", "replace", "end", "new", "book", "tick")
_VERBS = ("call", "rest", "stream", "trade") * 4 + _RARE
_NUMBERS = st.integers(0, 59)


def truths(*, restarts: bool) -> st.SearchStrategy[list[Step]]:
    """What clients ask, and how the venues' luck and their channels fall."""
    verbs = (*_VERBS, "restart") if restarts else _VERBS
    step = st.tuples(st.sampled_from(verbs), _NUMBERS, _NUMBERS, _NUMBERS)
    opening = st.tuples(st.just("new"), _NUMBERS, _NUMBERS, _NUMBERS)
    return st.tuples(opening, st.lists(step, min_size=20, max_size=70)).map(
        lambda both: [both[0], *both[1]]
    )
