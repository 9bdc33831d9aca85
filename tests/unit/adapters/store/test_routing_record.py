"""What was decided on routed orders can be read back, and what came of it is summed up."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.core import VENUE, FakeCore, a_profile, an_instrument
from fixgate.adapters.store import open_store
from fixgate.adapters.store.routing_record import decisions_of, order_of, outcomes
from fixgate.adapters.store.store import Store
from fixgate.application.ports.journal import Batch, RoutingRow
from fixgate.domain import inputs as i
from fixgate.domain.events import RoutingDecided
from fixgate.domain.ids import OrderID, TradeID, VenueName, venue_cl_ord_id
from fixgate.domain.market import Book
from fixgate.domain.order import Order
from fixgate.domain.routing import Criterion, RoutingPolicy

from .samples import FixedClock, database

W = VenueName("W")
D = Decimal


def a_core() -> FakeCore:
    policy = RoutingPolicy(name="best", by=Criterion.BEST_PRICE, split=True)
    return FakeCore(others=((a_profile(venue=W), an_instrument(venue=W)),), policies=(policy,))


def offered(core: FakeCore, venue: VenueName, px: str, qty: str) -> None:
    core.market.books[venue, "BTC/USDT"] = Book(
        venue=venue, symbol="BTC/USDT", bids=(), offers=((D(px), D(qty)),), at_ns=core.at_ns
    )


def trade(core: FakeCore, part: Order, qty: str, px: str) -> None:
    core.say(
        i.VenueTraded(
            venue=part.instruction.venue,
            venue_cl_ord_id=venue_cl_ord_id(part.order_id, 0),
            trade_id=TradeID(f"T{qty}-{px}"),
            last_qty=D(qty),
            last_px=D(px),
        )
    )


def played() -> tuple[FakeCore, Order]:
    """Fifty at V, worse than seen; fifty at W, where half is refused what it was for."""
    core = a_core()
    offered(core, VENUE, "100", "50")
    offered(core, W, "101", "50")
    core.send("D", "11=X|55=BTC/USDT|54=1|60=20231114-22:13:20|40=2|44=105|38=100|100=SMART")
    at_v, at_w = (order for _, order in core.calls)
    trade(core, at_v, "50", "101")
    core.say(
        i.VenueAnswered(
            venue=W,
            call=i.VenueCall.SUBMIT,
            venue_cl_ord_id=venue_cl_ord_id(at_w.order_id, 0),
            outcome=i.Outcome.REJECTED,
            text="No money",
        )
    )
    (whole,) = (each for each in core.state.orders.values() if each.part_of is None)
    return core, whole


def batch_of(core: FakeCore) -> Batch:
    orders = {each.order.order_id: each.order for each in core.recall.by_id.values() if each.order}
    decided = [each for each in core.journal if isinstance(each.payload, RoutingDecided)]
    return Batch(
        records=core.journal,
        orders=orders,
        routing_decisions=[RoutingRow(e.seq, e.at_ns, e.payload) for e in decided],
        at_ns=core.at_ns,
    )


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[tuple[Store, Order, FakeCore]]:
    core, whole = played()
    store = open_store(database(tmp_path), FixedClock())
    await store.journal().commit(batch_of(core))
    yield store, whole, core
    await store.close()


async def test_every_decision_on_an_order_comes_back_with_all_that_it_was_made_by(
    stored: tuple[Store, Order, FakeCore],
) -> None:
    store, whole, core = stored
    first, again = decisions_of(store.reader.connection, whole.order_id)
    assert [each.payload for each in core.journal if each.seq == first.seq] == [first.decided]
    assert {each.venue: each.qty for each in first.decided.choices} == {VENUE: 50, W: 50}
    assert [each.offers for each in first.decided.books] == [((D(100), D(50)),), ((D(101), D(50)),)]
    assert {each.venue: each.qty for each in again.decided.choices} == {VENUE: 50, W: 0}
    (refused,) = (each for each in again.decided.choices if each.venue == W)
    assert refused.why == "W: No money"


async def test_a_part_leads_to_its_order(stored: tuple[Store, Order, FakeCore]) -> None:
    store, whole, _ = stored
    first, _ = decisions_of(store.reader.connection, whole.order_id)
    part = order_of(store.reader.connection, first.decided.choices[0].order_id or OrderID(""))
    assert part is not None
    assert part.parent == whole.order_id


async def test_outcomes_compare_what_was_traded_with_the_book_seen(
    stored: tuple[Store, Order, FakeCore],
) -> None:
    store, _, core = stored
    at_v, at_w = outcomes(store.reader.connection, 0)
    assert (at_v.policy, at_v.venue, at_v.parts, at_v.refused) == ("best", VENUE, 2, 0)
    assert (at_v.sent, at_v.traded, at_v.measured) == (D(100), D(50), 1)
    assert at_v.slippage_bp == D("100.00")  # 101 where 100 was seen
    assert (at_w.venue, at_w.parts, at_w.refused, at_w.slippage_bp) == (W, 1, 1, None)
    assert outcomes(store.reader.connection, core.at_ns + 1) == []
