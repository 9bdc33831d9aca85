"""Subscriptions to positions: whatever happens, each client ends up with what is."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.core import SESSION, VENUE, some_rules
from fixgate.decide import position_updates
from fixgate.decide.dispatch import decide
from fixgate.domain import events as e
from fixgate.domain.ids import Ids
from fixgate.domain.inputs import Moment, PositionsDue
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.state import State, evolve

NS = 1_000_000
ACCOUNTS, SYMBOLS = ("A", "B"), ("BTC/USDT", "ETH/USDT", "SOL/USDT")
EVERY_MS = 1_000
Place = tuple[str | None, str]

moves = st.tuples(
    st.just("move"),
    st.sampled_from(ACCOUNTS),
    st.sampled_from(SYMBOLS),
    st.integers(-3, 3).filter(bool),
)
waits = st.tuples(st.just("wait"), st.sampled_from([0, 1, 250, 1_000, 5_000]))
begins = st.tuples(
    st.just("begin"),
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from([("A",), ("B",), ACCOUNTS]),
    st.sampled_from([None, *SYMBOLS]),
)
ends = st.tuples(st.just("end"), st.sampled_from(["1", "2", "3"]))


class Desk:
    """A core with positions, and clients that keep what they are told."""

    def __init__(self) -> None:
        self.state = State(Ids("EPOCH0"))
        rules = some_rules(accounts=frozenset(ACCOUNTS), positions_every_ms=EVERY_MS)
        evolve(self.state, e.SessionsSet(sessions=(rules,)))
        self.at_ms, self.seq = 0, 0
        self.wanted: dict[str, tuple[tuple[str, ...], str | None]] = {}
        self.told: dict[str, dict[Place, Decimal]] = {}
        self.times: dict[str, list[int]] = {}

    def holds(self, req_id: str) -> dict[Place, Decimal]:
        """What a subscription is about, as it is now."""
        accounts, symbol = self.wanted[req_id]
        return {
            (each.account, each.symbol): each.qty
            for each in self.state.positions.book.values()
            if each.account in accounts and symbol in (None, each.symbol)
        }

    def move(self, account: str, symbol: str, qty: int) -> None:
        evolve(
            self.state,
            e.PositionReconciled(
                venue=VENUE, account=account, symbol=symbol, qty=Decimal(qty), px=Decimal(1)
            ),
        )

    def begin(self, req_id: str, accounts: tuple[str, ...], symbol: str | None) -> None:
        if req_id not in self.wanted:
            request = PositionRequest(
                session=SESSION, req_id=req_id, request_type="0", symbol=symbol, subscribes=True
            )
            evolve(self.state, e.PositionsSubscribed(request=request, accounts=accounts))
            self.wanted[req_id] = accounts, symbol
            self.told[req_id], self.times[req_id] = self.holds(req_id), []

    def end(self, req_id: str) -> None:
        if self.wanted.pop(req_id, None) is not None:
            evolve(self.state, e.PositionsUnsubscribed(session=SESSION, req_id=req_id))

    def wait(self, milliseconds: int) -> None:
        self.at_ms += milliseconds
        self.look()

    def look(self) -> int:
        """The edge looks, and the core tells; how many reports that came to."""
        if not position_updates.due_updates(self.state, self.at_ms * NS):
            return 0
        self.seq += 1
        reports = 0
        moment = Moment(seq=self.seq, at_ns=self.at_ms * NS)
        for event in decide(self.state, moment, PositionsDue()):
            evolve(self.state, event)
            if isinstance(event, e.PositionShown):
                reports += 1
                position = event.position
                self.told[event.req_id][position.account, position.symbol] = position.qty
            elif isinstance(event, e.PositionUpdatesTold):
                for each in event.told:
                    self.times[each.req_id] += [self.at_ms] if each.next_ns else []
        return reports


@given(st.lists(st.one_of(moves, moves, waits, begins, ends), max_size=40), st.sampled_from([2, 9]))
def test_in_the_end_each_client_has_the_positions_that_it_asked_for(
    story: list[tuple[str, ...]], at_once: int
) -> None:
    """Conflated, never too often, a limited number at once, and nothing is lost by that."""
    desk = Desk()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(position_updates, "AT_ONCE", at_once)
        for what, *about in story:
            getattr(desk, what)(*about)
        for _ in range(20):
            desk.at_ms += 2 * EVERY_MS
            assert desk.look() <= at_once
    for req_id in desk.wanted:
        assert desk.told[req_id] == desk.holds(req_id)
    assert desk.look() == 0
    for times in desk.times.values():
        assert all(after - before >= EVERY_MS for before, after in pairwise(times))


@given(st.lists(st.one_of(moves, waits, begins), max_size=30))
def test_nothing_is_remembered_of_what_nobody_watches(story: list[tuple[str, ...]]) -> None:
    desk = Desk()
    for what, *about in story:
        getattr(desk, what)(*about)
    for req_id in tuple(desk.wanted):
        desk.end(req_id)
    assert (desk.state.watch.subscriptions, desk.state.watch.moved) == ({}, {})
    desk.move("A", "BTC/USDT", 1)
    assert desk.state.watch.moved == {}
