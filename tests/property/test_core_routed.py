"""What holds for orders that are worked in parts, whatever venues say and in whatever order."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings

from fakes.core import EPOCH, FakeCore, contents
from fixgate.application.replay import Replay
from fixgate.domain.ids import Ids
from fixgate.domain.order import Order
from fixgate.domain.routing import RoutingPolicy
from fixgate.domain.state import State
from property.core_hostile import Step, scripts
from property.core_routed import OTHERS, RoutedHostile, RoutedTruth, policies, routed, truths
from property.test_core_hostile import Watch, heard
from property.test_core_truthful import _under_way
from scenarios.invariants import FINAL, Wire

QUIET = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
ZERO = Decimal(0)


def a_core(policy: RoutingPolicy, **more: object) -> FakeCore:
    return FakeCore(others=OTHERS, policies=(policy,), **more)  # type: ignore[arg-type]


class Checks:
    """Compares what the client knows of its orders with what is true of their parts."""

    def __init__(self, truth: RoutedTruth) -> None:
        self.truth = truth
        self.wire = Wire(truth.core.rules.version.value)
        self.asked: set[str] = set()
        self.answered: set[str] = set()

    def each_step(self) -> None:
        core = self.truth.core
        while core.sent:
            got = self.wire.see(core.sent.popleft())
            if got["35"] == "9" or got.get("150") in ("4", "5", "8"):
                self.answered.add(got["11"])
        for order in self.truth.whole():
            self.asked |= {each.cl_ord_id for each in order.requests}
            self._adds_up(order)

    def _adds_up(self, order: Order) -> None:
        parts = self.truth.parts_of(order)
        assert order.cum_qty == sum((each.cum_qty for each in parts), ZERO)
        legs = self.truth.legs_of(order)
        live = sum((leg.cum_qty + leg.open_qty for leg in legs), ZERO)
        wanted = [each.terms.order_qty for each in order.requests if _under_way(each)]
        assert live <= max([order.terms.order_qty, *wanted]), "more than OrderQty is live"
        if not order.is_terminal:
            assert any(not each.is_terminal for each in parts), "nothing works of it"
        if order.is_terminal:
            assert all(each.is_terminal for each in parts), "it is over and a part works"

    def in_the_end(self) -> None:
        assert all("does not cancel it" in each for each in self.truth.core.alerts)
        assert self.asked <= self.answered, "a request was never answered"
        for order in self.truth.whole():
            legs = self.truth.legs_of(order)
            book = self.wire.books.get(order.order_id)
            known = book.cum_qty if book else ZERO
            assert known == sum((leg.cum_qty for leg in legs), ZERO), "CumQty is not true"
            works = any(leg.open_qty for leg in legs)
            over = book is not None and book.status in FINAL | {"2"}
            assert works is not over, "the client does not know whether it works"
            assert works or order.is_over


def settle(script: list[Step], policy: RoutingPolicy) -> None:
    truth = RoutedTruth(a_core(policy))
    checks = Checks(truth)
    truth.run(script, checks.each_step)
    checks.in_the_end()


@QUIET
@given(truths(restarts=False), policies)
def test_parts_add_up_and_never_trade_more_than_the_order_whatever_overtakes_what(
    script: list[Step], policy: RoutingPolicy
) -> None:
    """Property: splitting. At every step, and in the end the client knows the truth."""
    settle(script, policy)


@QUIET
@given(truths(restarts=True), policies)
def test_the_same_holds_for_parts_when_the_gateway_dies_and_starts_again(
    script: list[Step], policy: RoutingPolicy
) -> None:
    """Parts that are over are not in memory then; the order still knows what it traded."""
    settle(script, policy)


def play(script: list[Step], policy: RoutingPolicy, **more: object) -> Watch:
    watched = Watch(a_core(policy, **more))
    watched()

    def sound() -> None:
        watched()
        known = [each.order for each in watched.core.recall.by_id.values() if each.order]
        for order in filter(routed, known):
            parts = [each for each in known if each.parent == order.order_id]
            assert order.cum_qty == sum((each.cum_qty for each in parts), ZERO)
            assert order.notional == sum((each.notional for each in parts), ZERO)

    RoutedHostile(watched.core).run(script, sound)
    return watched


@QUIET
@given(policies, scripts())
def test_whatever_venues_say_an_order_has_traded_what_its_parts_have(
    policy: RoutingPolicy, script: list[Step]
) -> None:
    """Also where a venue trades too much, too late, twice, or takes back what it traded."""
    watched = play(script, policy)
    submits = [each for each in watched.calls if type(each[0]).__name__ == "OrderRouted"]  # type: ignore[index]
    legs = [(intent.order_id, intent.leg) for intent, _ in submits]  # type: ignore[misc]
    assert len(set(legs)) == len(legs), "a leg was submitted twice"


@QUIET
@given(policies, scripts())
def test_a_replay_makes_the_same_decisions_for_routed_orders(
    policy: RoutingPolicy, script: list[Step]
) -> None:
    """The books that were seen are part of the inputs; nothing else decides."""
    live = play(script, policy).core
    replay = Replay(State(Ids(EPOCH), terminal_max=live.terminal_max), live.codec)
    assert list(replay.differences(live.journal)) == []
    assert contents(replay.state) == contents(live.state)


@QUIET
@given(policies, scripts(restarts=False))
def test_forgetting_routed_orders_changes_nothing_that_anyone_hears(
    policy: RoutingPolicy, script: list[Step]
) -> None:
    """An order and its parts are forgotten together, and recalled when one of them is named."""
    remembers = play(script, policy)
    forgets = play(script, policy, terminal_max=1)
    assert heard(forgets) == heard(remembers)
