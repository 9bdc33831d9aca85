"""The simulation finds bugs: broken on purpose, the gateway fails it.

Each test takes one safeguard of the product away, and sees some seed find that out.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fixgate.adapters.venues.calls import VenueCalls
from fixgate.adapters.venues.settling import Settler
from fixgate.adapters.venues.telling import Teller
from fixgate.application.sequencer import Sequencer
from fixgate.application.step import Stepper, Steps
from fixgate.decide import dispatch, fills, settle
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.frozen import changed
from fixgate.domain.ids import TradeID
from fixgate.domain.order import Order
from fixgate.domain.state import State
from simulation.judged import judged

SEEDS_MAX = 12
HOURS = 12.0

Patch = pytest.MonkeyPatch


def what_is_found(like: str) -> None:
    """Some seed finds a difference whose text contains ``like``."""
    seen: list[str] = []
    for seed in range(1, SEEDS_MAX + 1):
        _, wrong = judged(seed, HOURS)
        if any(like in each for each in wrong):
            return
        seen += wrong
    pytest.fail(f"{SEEDS_MAX} seeds did not find {like!r}; they found {seen[:3]}")


def _decider(monkeypatch: Patch, kind: type, decider: Callable[..., Any]) -> None:
    monkeypatch.setattr(dispatch, "_DECIDERS", {**dispatch._DECIDERS, kind: decider})


def test_a_refusal_that_is_lost_with_its_process(monkeypatch: Patch) -> None:
    _decider(monkeypatch, i.MessageNotTaken, lambda *_: iter(()))
    what_is_found("is not answered")


def test_a_report_that_does_not_wait_for_the_commit(monkeypatch: Patch) -> None:
    submit = Sequencer._submit

    def early(self: Sequencer, steps: Steps) -> None:
        submit(self, steps)
        pending = self._in_flight[-1]
        for session, messages in pending.promised.items():
            self._fix.release(session, messages)
        pending.promised = {}

    monkeypatch.setattr(Sequencer, "_submit", early)
    what_is_found("leaves, and is not in the journal")


def test_a_venue_call_that_does_not_wait_for_the_commit(monkeypatch: Patch) -> None:
    submit = Sequencer._submit

    def early(self: Sequencer, steps: Steps) -> None:
        for intent, order, at_ns in steps.intents:
            self._venues.call(intent, order, at_ns)
        steps.intents = []
        submit(self, steps)

    monkeypatch.setattr(Sequencer, "_submit", early)
    what_is_found("is at the venue and not in the journal")


def test_an_order_sent_again_when_its_outcome_is_unknown(monkeypatch: Patch) -> None:
    request = VenueCalls.request

    async def twice(self: VenueCalls, call: Any, priority: Any) -> Any:
        try:
            return await request(self, call, priority)
        except (TimeoutError, ConnectionError):
            return await request(self, call, priority)

    monkeypatch.setattr(VenueCalls, "request", twice)
    what_is_found("reached the venue twice")


def test_an_unknown_outcome_taken_for_a_refusal(monkeypatch: Patch) -> None:
    not_submitted = Teller.not_submitted

    def certain(self: Teller, call: Any, outcome: i.Outcome, text: str, raw: str | None) -> None:
        known = i.Outcome.REJECTED if outcome is i.Outcome.UNKNOWN else outcome
        not_submitted(self, call, known, text, raw)

    monkeypatch.setattr(Teller, "not_submitted", certain)
    what_is_found("works")


def test_a_trade_that_counts_each_time_it_is_told(monkeypatch: Patch) -> None:
    def traded(turn: Turn, trade: i.VenueTraded) -> Iterator[e.Event]:
        new = TradeID(f"{trade.trade_id}@{turn.moment.seq}")
        yield from fills.traded(turn, changed(trade, trade_id=new))

    _decider(monkeypatch, i.VenueTraded, traded)
    what_is_found("traded")


def test_trades_that_a_restart_forgets(monkeypatch: Patch) -> None:
    load = State.load

    def without_trades(self: State, order: Order, _executions: Any, names: Any) -> None:
        load(self, order, (), names)

    monkeypatch.setattr(State, "load", without_trades)
    what_is_found("traded")


def test_orders_that_are_not_settled_after_a_restart(monkeypatch: Patch) -> None:
    started = dispatch._DECIDERS[i.VenueConnection]

    def without_queries(turn: Turn, given: i.VenueConnection) -> Iterator[e.Event]:
        return (each for each in started(turn, given) if not isinstance(each, e.QuerySent))

    _decider(monkeypatch, i.VenueConnection, without_queries)
    what_is_found("does not come to rest")


def test_what_a_client_sent_not_counted_as_received(monkeypatch: Patch) -> None:
    fix = Stepper._fix

    def uncounted(self: Stepper, item: Any, into: Steps) -> None:
        fix(self, item, into)
        into.batch.last_in.pop(item.session)

    monkeypatch.setattr(Stepper, "_fix", uncounted)
    what_is_found("sent 1 times, answered 2 times")


def test_the_session_layers_numbers_not_counted_as_used(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Stepper, "_numbered", lambda *_: None)
    what_is_found("expected")


def test_an_order_given_up_before_it_can_no_longer_arrive(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Settler, "_certain_from_ns", lambda *_: 0)
    monkeypatch.setattr(settle, "given_up", lambda _: iter(()))
    what_is_found("traded")


def test_a_decision_that_depends_on_more_than_the_journal(monkeypatch: Patch) -> None:
    decided: list[int] = []

    def status(turn: Turn, given: i.OrderStatusRequest) -> Iterator[e.Event]:
        decided.append(turn.moment.seq)
        for each in dispatch.status.status(turn, given):
            yield each
            if len(decided) % 2:
                yield e.AlertRaised(subject="odd", text="asked an odd number of times")

    _decider(monkeypatch, i.OrderStatusRequest, status)
    what_is_found("replay")
