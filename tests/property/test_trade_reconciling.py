"""Trades against a venue's list: wherever the record is cut, each difference is found, no other is.

Here: the reconciler over a record and a list that a test makes: clocks apart, order mixed up.
"""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.core import VENUE, a_profile, an_instrument
from fakes.edges import FakeVenue
from fixgate.application import trade_reconciling
from fixgate.application.inbox import Given, Inbox
from fixgate.application.ports.trade_books import BookedTrade, BookPage
from fixgate.application.ports.trade_listing import ListedTrade
from fixgate.application.ports.venue import QueryLeg
from fixgate.application.trade_comparing import Report, Scope
from fixgate.application.trade_reconciling import TradeReconciler
from fixgate.domain import events as e
from fixgate.domain.balance import Differences
from fixgate.domain.ids import ExecID, Ids, OrderID, TradeID, VenueClOrdID, VenueOrderID
from fixgate.domain.ids import venue_cl_ord_id as our_id
from fixgate.domain.inputs import Noticed
from fixgate.domain.order import Order
from fixgate.domain.state import State, evolve
from fixgate.domain.values import Side

BTC = "BTC/USDT"
SECOND = 1_000_000_000
IDS = Ids("EPOCH0")
ORDERS = [IDS.order_id(number) for number in range(4)]


class World:
    """The record, the venue's list, and what is told.

    Each trade is (order, when the venue made it, how much later it was recorded, where it is).
    """

    def __init__(self, trades: Sequence[tuple[int, int, int, str]], foreign: int) -> None:
        self.state = State(IDS)
        evolve(self.state, e.VenueSet(profile=a_profile(), differences=Differences.TELL))
        evolve(self.state, e.VenueConnectionSet(venue=VENUE, up=True))
        evolve(self.state, e.InstrumentsSet(venue=VENUE, instruments=(an_instrument(),)))
        self.inbox = Inbox()
        self.listed: list[ListedTrade] = []
        self.record: list[tuple[int, BookedTrade]] = []
        self.asked: list[QueryLeg] = []
        for number, (order, made_s, late_ms, where) in enumerate(trades):
            listed = self._listed(number, ORDERS[order], made_s)
            at_ns = listed.at_ns + late_ms * 1_000_000
            if where != "gateway":
                self.listed.append(listed)
            if where != "venue":
                px = listed.last_px + (1 if where == "other" else 0)
                self.record.append((at_ns, self._booked(listed, ORDERS[order], at_ns, px)))
        for number in range(foreign):
            self.listed.append(self._listed(1_000 + number, OrderID("SOMEBODY"), number))
        self.record.sort(key=lambda each: each[0])
        venue = self.venue = FakeVenue(a_profile())
        venue.listing = lambda: self  # type: ignore[method-assign,return-value]
        venue.query = self._queried  # type: ignore[method-assign]
        self.reconciler = TradeReconciler(
            self, {VENUE: venue}, self.state, self.inbox, self, sleep=self._no_pause
        )

    @staticmethod
    def _listed(number: int, order: str, made_s: int) -> ListedTrade:
        return ListedTrade(
            trade_id=TradeID(f"T{number}"),
            symbol=BTC,
            side=Side.BUY,
            last_qty=Decimal(1),
            last_px=Decimal(10 + number),
            at_ns=made_s * SECOND,
            venue_order_id=VenueOrderID(order),
        )

    @staticmethod
    def _booked(listed: ListedTrade, order: OrderID, at_ns: int, px: Decimal) -> BookedTrade:
        return BookedTrade(
            order_id=order,
            exec_id=ExecID(f"E{listed.trade_id}"),
            leg=0,
            venue=VENUE,
            symbol=BTC,
            side=Side.BUY,
            trade_id=listed.trade_id,
            last_qty=listed.last_qty,
            last_px=px,
            at_ns=at_ns,
        )

    def now_ns(self) -> int:
        return 1_000 * SECOND

    async def _no_pause(self, _: float) -> None:
        """Nothing waits for time."""

    def _queried(self, call: QueryLeg) -> None:
        """The venue says again what it has of an order: it is recorded."""
        self.asked.append(call)
        order = OrderID(call.venue_cl_ord_id[:14])
        known = {each.trade_id for _, each in self.record}
        for each in self.listed:
            if each.venue_order_id == order and each.trade_id not in known:
                self.record.append((999 * SECOND, self._booked(each, order, 0, each.last_px)))

    # the record

    async def seq_at(self, at_ns: int) -> int:
        return sum(each < at_ns for each, _ in self.record)

    async def page(self, after_seq: int, through_seq: int) -> BookPage:
        found = self.record[after_seq:through_seq]
        return BookPage(
            trades=tuple(each for _, each in found),
            copies={},
            through_ns=self.record[through_seq - 1][0] if through_seq else 0,
        )

    async def symbols(self, after_seq: int, since_ns: int | None) -> set[Any]:
        del after_seq, since_ns
        return {(VENUE, BTC)}

    async def of_order(self, order_id: OrderID) -> tuple[Order, tuple[BookedTrade, ...]] | None:
        if order_id not in ORDERS:
            return None
        order = SimpleNamespace(
            order_id=order_id,
            instruction=SimpleNamespace(venue=VENUE, side=Side.BUY),
            leg_cum_qty=Decimal(0),
        )
        trades = tuple(each for _, each in self.record if each.order_id == order_id)
        return order, trades  # type: ignore[return-value]

    # the list

    def begins_ns(self) -> int:
        return 0

    async def between(self, symbol: str, since_ns: int, until_ns: int) -> tuple[ListedTrade, ...]:
        assert symbol == BTC
        return tuple(each for each in self.listed if since_ns <= each.at_ns < until_ns)

    async def of_leg(
        self, venue_cl_ord_id: VenueClOrdID, symbol: str, side: Side
    ) -> tuple[ListedTrade, ...]:
        del symbol, side
        return tuple(each for each in self.listed if venue_cl_ord_id[:14] == each.venue_order_id)

    def known_owner(self, trade: ListedTrade) -> VenueClOrdID | None:
        del trade

    async def owner(self, trade: ListedTrade) -> VenueClOrdID | None:
        order = OrderID(trade.venue_order_id)
        return our_id(order, 0) if order in ORDERS else VenueClOrdID(order)


trades = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 100),
        st.sampled_from([0, 0, 1, 40, 3_000, 20_000]),
        st.sampled_from(["both", "both", "both", "both", "gateway", "venue", "other"]),
    ),
    max_size=25,
)


def run(world: World, pieces: int) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trade_reconciling, "PIECE_RECORDS", pieces)
        scope = Scope(venues=frozenset({VENUE}))
        return asyncio.run(world.reconciler.between(0, 500 * SECOND, scope))


def named(world: World) -> set[str]:
    """The trades that were alerted."""
    found = [each.given for each in world.inbox.drain() if isinstance(each, Given)]
    assert all(isinstance(each, Noticed) for each in found)
    return {each.about.removeprefix(f"{VENUE} ") for each in found}  # type: ignore[union-attr]


@settings(max_examples=60, deadline=None)
@given(trades, st.integers(0, 2), st.integers(1, 9))
def test_however_it_is_cut_each_difference_is_named_and_what_we_lack_comes_in(
    story: list[tuple[int, int, int, str]], foreign: int, pieces: int
) -> None:
    """Property: reconciliation source of truth. The venue's list, clocks apart by up to 20 s."""
    world = World(story, foreign)
    report = run(world, pieces)
    wrong = {f"T{number}" for number, each in enumerate(story) if each[3] != "both"}
    strange = {f"T{1_000 + number}" for number in range(foreign)}
    assert report.unlisted == {}
    assert named(world) == wrong | strange
    assert report.found == len(wrong | strange)
    ours, theirs = report.venues.get((VENUE, BTC), (None, None))
    assert (ours.number if ours else 0) == sum(each[3] != "venue" for each in story)
    assert (theirs.number if theirs else 0) == len(world.listed)
    lacking = {ORDERS[each[0]] for each in story if each[3] == "venue"}
    assert {each.venue_cl_ord_id for each in world.asked} == {our_id(each, 0) for each in lacking}
    again = run(world, pieces)
    left = {f"T{number}" for number, each in enumerate(story) if each[3] in ("gateway", "other")}
    assert named(world) == left | strange, "what was lacking has come in"
    assert again.found == len(left | strange)


def test_trades_of_somebody_else_are_no_difference_where_they_are_to_be_ignored() -> None:
    world = World([(0, 1, 0, "both")], foreign=3)
    evolve(world.state, e.VenueSet(profile=a_profile(), differences=Differences.IGNORE))
    report = run(world, 5)
    assert (report.found, named(world), world.asked) == (0, set(), [])


def test_the_job_reads_no_record_where_nobody_else_has_books() -> None:
    world = World([(0, 900, 0, "gateway")], foreign=0)
    world.venue.keeps_nothing = True
    asyncio.run(world.reconciler.go_on())
    assert named(world) == set()

    world.venue.keeps_nothing = False
    asyncio.run(world.reconciler.go_on())
    assert named(world) == {"T0"}
