"""What holds for the core whatever clients and venues say, in whatever order."""

import re
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.core import EPOCH, FakeCore, a_profile, contents, some_rules
from fixgate.application.ports.fix import FixDelivered
from fixgate.domain.instruments import ReplaceStyle
from fixgate.domain.order import Order, RequestPhase
from fixgate.domain.sessions import FixVersion, WhilePending
from fixgate.domain.values import OrdStatus
from property.core_hostile import Hostile, Step, scripts
from scenarios.invariants import Wire

ID = re.compile(EPOCH + r"[0-9A-Z]{8}|MANUAL-[0-9]+")
LENGTHS = re.compile("\x01(?:9=[0-9]+|10=[0-9]{3})(?=\x01)")
FINAL = {OrdStatus.CANCELED, OrdStatus.REJECTED, OrdStatus.EXPIRED, OrdStatus.DONE_FOR_DAY}
QUIET = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)

cores = st.builds(
    lambda version, style, reopens, pending, notices: {
        "rules": some_rules(version, while_pending=pending, pending_reports=notices),
        "profile": a_profile(replace=style, reopens_filled=reopens),
    },
    st.sampled_from(FixVersion),
    st.sampled_from([ReplaceStyle.NATIVE, ReplaceStyle.CANCEL_THEN_NEW]),
    st.booleans(),
    st.sampled_from(WhilePending),
    st.booleans(),
)


class Watch:
    """Looks at a core after each step."""

    def __init__(self, core: FakeCore) -> None:
        self.core = core
        reopens = core.profile.reopens_filled or not core.rules.pending_reports
        self.wire = Wire(core.rules.version.value, reopens=reopens)
        self.stages: dict[str, OrdStatus] = {}
        self.calls: list[object] = []
        self.sent: list[str] = []
        self.looked_at = 0  # of all that was put in

    def __call__(self) -> None:
        for item in self.core.items[self.looked_at :]:
            if isinstance(item, FixDelivered):
                self.wire.hear(item.text)
        self.looked_at = len(self.core.items)
        while self.core.sent:
            text = self.core.sent.popleft()
            self.sent.append(text)
            self.wire.see(text)
        self.calls.extend(self.core.calls)
        self.core.calls.clear()
        for order in self.core.state.orders.values():
            self._order(order)
        self._names()

    def _order(self, order: Order) -> None:
        executions = self.core.state.executions.get(order.order_id, {}).values()
        assert order.cum_qty == sum(each.last_qty for each in executions)
        assert order.notional == sum(each.last_qty * each.last_px for each in executions)
        of_leg = sum(each.last_qty for each in executions if each.leg == order.leg)
        assert order.leg_cum_qty == of_leg, "the leg's count is not that of its trades"
        if order.is_terminal:
            assert order.leaves_qty == Decimal(0)
            stuck = order.requests and order.requests[0].phase is RequestPhase.WAITING
            assert not stuck or order.awaits_trades, "a request that nobody will answer"
            assert order.part_of or order.order_id in self.core.state.terminal
        before = self.stages.get(order.order_id)
        assert before not in FINAL or before is order.stage, "a closed order moved"
        self.stages[order.order_id] = order.stage

    def _names(self) -> None:
        state = self.core.state
        by_order = [(oid, name) for oid, names in state.names.items() for name in names]
        assert sorted(by_order) == sorted((oid, name) for (_, name), oid in state.order_ids.items())


def play(script: list[Step], **core: object) -> Watch:
    watched = Watch(FakeCore(**core))  # type: ignore[arg-type]
    watched()
    Hostile(watched.core).run(script, watched)
    return watched


@QUIET
@given(cores, scripts())
def test_whatever_is_said_every_message_and_every_order_is_sound(
    core: dict[str, object], script: list[Step]
) -> None:
    """Property: partial fills. Quantities add up, AvgPx is exact, closed orders stay closed.

    Property: duplicate prevention. No leg is submitted twice; no id is used twice.
    """
    watched = play(script, **core)
    submits = [each for each in watched.calls if type(each[0]).__name__ == "OrderRouted"]  # type: ignore[index]
    legs = [(intent.order_id, intent.leg) for intent, _ in submits]  # type: ignore[misc]
    assert len(set(legs)) == len(legs), "a leg was submitted twice"


@QUIET
@given(cores, scripts())
def test_a_replay_of_the_same_items_gives_the_same_state_and_the_same_bytes(
    core: dict[str, object], script: list[Step]
) -> None:
    """Property: audit completeness. Nothing but the journal decides, also across restarts."""
    live = play(script, **core)
    again = Watch(FakeCore(started=False, **core))  # type: ignore[arg-type]
    for item in live.core.items:
        again.core.take(item)
    again()
    assert again.sent == live.sent
    assert again.core.records == live.core.records
    assert contents(again.core.state) == contents(live.core.state)


@QUIET
@given(cores, scripts(restarts=False))
def test_forgetting_what_is_over_changes_nothing_that_anyone_hears(
    core: dict[str, object], script: list[Step]
) -> None:
    """An order that memory forgot is recalled when it is named: same messages, same calls."""
    remembers = play(script, **core)
    forgets = play(script, terminal_max=2, **core)
    assert heard(forgets) == heard(remembers)


def heard(watched: Watch) -> list[str]:
    """All that clients, venues and operations heard, with ids numbered as they appear.

    A recall takes a number of the journal, so the ids made after it differ, and nothing else.
    """
    numbers: dict[str, str] = {}
    told = [*watched.sent, *(repr(each) for each in watched.calls), *watched.core.alerts]
    return [
        ID.sub(lambda m: numbers.setdefault(m[0], f"#{len(numbers)}"), LENGTHS.sub("", each))
        for each in told
    ]


@QUIET
@given(cores, scripts(), st.data())
def test_a_trade_told_again_changes_nothing(
    core: dict[str, object], script: list[Step], data: st.DataObject
) -> None:
    """Stream and poll tell the same trade twice, much later, even after it was busted."""
    watched = play(script, **core)
    told = [each.given for each in watched.core.items if hasattr(each, "given")]
    trades = [
        each
        for each in told
        if type(each).__name__ == "VenueTraded" and _counted(watched.core, each)
    ]
    if not trades:
        return
    trade = data.draw(st.sampled_from(trades))
    before, alerts = len(watched.sent), len(watched.core.alerts)
    watched.core.say(trade)
    watched()
    assert len(watched.sent) == before
    assert len(watched.core.alerts) == alerts


def _counted(core: FakeCore, trade: object) -> bool:
    known = core.recall.by_order_id(trade.venue_cl_ord_id[:14])  # type: ignore[attr-defined]
    if known is None or known.order is None:
        return False
    return trade.trade_id in {each.trade_id for each in known.executions}  # type: ignore[attr-defined]
