"""What holds for orders that protect others (StopLossPx, TakeProfitPx), whatever happens."""

from collections import deque
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.core import FakeCore, a_profile, contents, some_rules
from fixgate.application.replay import Replay
from fixgate.domain.ids import Ids
from fixgate.domain.instruments import ReplaceStyle
from fixgate.domain.order import Order
from fixgate.domain.state import State
from fixgate.domain.values import OrdType, TimeInForce
from property.core_hostile import scripts
from property.core_protected import ZERO, ProtectedHostile, ProtectedTruth, protected_truths
from property.core_truthful import Step
from property.test_core_hostile import Watch, cores, heard
from scenarios.invariants import Wire

SOME = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
FEWER = settings(SOME, max_examples=100)
styles = st.sampled_from([ReplaceStyle.NATIVE, ReplaceStyle.CANCEL_THEN_NEW])
GTC = TimeInForce.GOOD_TILL_CANCEL
WITHOUT_STOPS = {
    "accepts": frozenset((each, GTC) for each in (OrdType.MARKET, OrdType.LIMIT))
    | {(OrdType.LIMIT, TimeInForce.DAY)},
    "held": frozenset({(OrdType.STOP, GTC)}),
}


def a_truth(style: ReplaceStyle, *, stops: bool) -> ProtectedTruth:
    profile = a_profile(replace=style, **({} if stops else WITHOUT_STOPS))
    return ProtectedTruth(FakeCore(rules=some_rules(), profile=profile))


class Checks:
    def __init__(self, truth: ProtectedTruth) -> None:
        self.truth = truth
        self.wire = Wire(truth.core.rules.version.value, reopens=True)

    def each_step(self) -> None:
        """At the venue, all exits together may never trade more than the entry has."""
        while self.truth.core.sent:
            self.wire.see(self.truth.core.sent.popleft())
        for entry, exits in self.truth.lists():
            most = sum((self.truth.may_trade(each) for each in exits), ZERO)
            assert most <= self.truth.traded(entry), "exits may trade more than the entry has"
            assert sum(each.cum_qty for each in exits) <= entry.cum_qty
            for each in exits:
                if not each.is_listed and not each.is_terminal:
                    assert each.terms.order_qty <= entry.cum_qty, "more is protected than traded"

    def in_the_end(self) -> None:
        """What still protects is for all that it can be for."""
        for entry, exits in self.truth.lists():
            for each in exits:
                if each.is_terminal or each.withdrawn is not None:
                    continue
                left = entry.cum_qty - sum(_others(each, exits), ZERO)
                asked = ZERO if each.member is None else each.member.asked_qty
                assert each.is_listed or left in (each.terms.order_qty, asked), "it did not follow"
                assert not each.is_listed or not entry.cum_qty, "what was traded is not protected"


def _others(order: Order, exits: list[Order]) -> list[Decimal]:
    return [each.cum_qty for each in exits if each.order_id != order.order_id]


@SOME
@given(protected_truths(restarts=True), styles, st.booleans())
def test_exits_never_trade_more_than_their_entry_has_and_follow_what_it_trades(
    script: list[Step],
    style: ReplaceStyle,
    stops: bool,  # noqa: FBT001 - Hypothesis gives it
) -> None:
    """Whatever is late, refused, lost, canceled, replaced or killed in the middle."""
    truth = a_truth(style, stops=stops)
    checks = Checks(truth)
    truth.run(script, checks.each_step)
    checks.in_the_end()


@FEWER
@given(protected_truths(restarts=False), styles)
def test_a_replay_of_protected_orders_decides_the_same(
    script: list[Step], style: ReplaceStyle
) -> None:
    truth = a_truth(style, stops=True)
    truth.run(script, lambda: None)
    core = truth.core
    replay = Replay(State(Ids("EPOCH0"), terminal_max=core.terminal_max), core.codec)
    assert not list(replay.differences(deque(core.journal)))
    assert contents(replay.state) == contents(core.state)


def play(script: list[Step], **core: object) -> Watch:
    watched = Watch(FakeCore(**core))  # type: ignore[arg-type]
    hostile = ProtectedHostile(watched.core)
    hostile.run([("list", 2, 0, 0), *script], watched)
    return watched


@SOME
@given(cores, scripts())
def test_whatever_is_said_of_protected_orders_every_message_and_every_order_is_sound(
    core: dict[str, object], script: list[Step]
) -> None:
    """And a replay of it decides the same."""
    live = play(script, **core).core
    replay = Replay(State(Ids("EPOCH0"), terminal_max=live.terminal_max), live.codec)
    assert not list(replay.differences(deque(live.journal)))


@SOME
@given(cores, scripts(restarts=False))
def test_forgetting_protected_orders_that_are_over_changes_nothing_that_anyone_hears(
    core: dict[str, object], script: list[Step]
) -> None:
    """What a venue says of one has those recalled that are decided of along with it."""
    assert heard(play(script, terminal_max=2, **core)) == heard(play(script, **core))
