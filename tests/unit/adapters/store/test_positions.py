"""The tables of positions and balances follow from the journal, and from nothing else."""

import re
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.core import VENUE
from fakes.desk import Desk
from fixgate.adapters.store import migrations
from fixgate.adapters.store.reader import StoredStep
from fixgate.adapters.store.upgrading import upgrade_sqlite
from fixgate.application.ports.fix import FixMessage
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import Ids, OrderID, TradeID, VenueClOrdID
from fixgate.domain.position import Move
from fixgate.domain.positions import Key
from fixgate.domain.state import State, evolve

from .samples import database

MOVES = (e.Traded, e.TradeCorrected, e.TradeBusted, e.PositionReconciled)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A day with all that moves a position, and a restart in the middle."""
    desk = Desk(database(tmp_path))
    await desk.start(1_000_000_000)
    await balances(desk, BTC="10", USDT="100000")
    first = await bought(desk, "A", "3", "100")
    await bought(desk, "B", "2", "110")
    await corrected(desk, first, "2", "101")
    await desk.stop()
    await desk.start(2_000_000_000)
    second = await bought(desk, "C", "1", "90", fee="0.001")
    await corrected(desk, second, "0", "90")
    for _ in range(2):
        await balances(desk, BTC="13", USDT="99680", BNB="1")  # as if one BTC was sold
    yield desk
    await desk.stop()


async def balances(desk: Desk, **assets: str) -> None:
    held = tuple((name, Decimal(free), Decimal(0)) for name, free in assets.items())
    await desk.say(i.BalancesReported(venue=VENUE, asked_at_ns=desk.at_ns, balances=held))


async def bought(desk: Desk, name: str, qty: str, px: str, fee: str | None = None) -> OrderID:
    order_id = await desk.order(name, qty=qty, px=px)
    await desk.accept(order_id)
    await desk.say(
        i.VenueTraded(
            venue=VENUE,
            venue_cl_ord_id=VenueClOrdID(order_id + "00"),
            trade_id=TradeID(f"T-{order_id}"),
            last_qty=Decimal(qty),
            last_px=Decimal(px),
            fee=None if fee is None else Decimal(fee),
            fee_currency=None if fee is None else "BTC",
        )
    )
    return order_id


async def corrected(desk: Desk, order_id: OrderID, qty: str, px: str) -> None:
    await desk.say(
        i.VenueTradeCorrected(
            venue=VENUE,
            venue_cl_ord_id=VenueClOrdID(order_id + "00"),
            trade_id=TradeID(f"T-{order_id}"),
            last_qty=Decimal(qty),
            last_px=Decimal(px),
        )
    )


def rebuilt(desk: Desk) -> tuple[State, dict[Key, list[StoredStep]]]:
    """The state that the journal's events make, and every step of every position."""
    state = State(Ids(desk.store.epoch))
    steps: dict[Key, list[StoredStep]] = defaultdict(list)
    for record in desk.store.reader.records():
        if record.cause is None or isinstance(record.payload, FixMessage):
            continue
        evolve(state, record.payload)
        if not isinstance(record.payload, MOVES):
            continue
        fees = record.payload if isinstance(record.payload, e.Traded) else None
        for part, change in enumerate(state.positions.changes):
            after = change.after
            steps[after.venue, after.account, after.symbol].append(
                StoredStep(
                    seq=record.seq,
                    part=part,
                    at_ns=record.at_ns,
                    cause=record.cause,
                    venue=after.venue,
                    account=after.account or "",
                    symbol=after.symbol,
                    move=change.move,
                    change=change.qty,
                    px=change.px,
                    qty=after.qty,
                    cost=after.cost,
                    realised=after.realised,
                    fee=None if fees is None else fees.fee,
                    fee_currency=None if fees is None else fees.fee_currency,
                )
            )
    return state, steps


async def test_the_tables_are_what_the_journal_says(desk: Desk) -> None:
    state, steps = rebuilt(desk)
    reader = desk.store.reader
    assert reader.positions() == list(state.positions.book.values())
    assert reader.balances() == sorted(
        state.positions.balances.values(), key=lambda balance: balance.asset
    )
    assert len(steps) == 1
    for (venue, account, symbol), made in steps.items():
        assert reader.position_history(venue=venue, account=account or "", symbol=symbol) == made
        assert {each.move.value for each in made} >= {"open", "increase", "decrease", "reconcile"}


async def test_a_process_starts_with_the_positions_and_balances_that_the_journal_says(
    desk: Desk,
) -> None:
    state, _ = rebuilt(desk)
    for name in ("book", "nets", "fees", "balances"):
        assert getattr(desk.state.positions, name) == getattr(state.positions, name)


async def test_the_history_of_a_position_leads_to_it(desk: Desk) -> None:
    """Property: position history. Each step begins where the one before it ended."""
    (position,) = desk.store.reader.positions()
    steps = desk.store.reader.position_history(symbol=position.symbol)
    qty = realised = Decimal(0)
    for step in steps:
        if step.move in (Move.OPEN, Move.INCREASE, Move.RECONCILE):
            assert step.realised == realised
        qty, realised = qty + step.change, step.realised
        assert qty == step.qty
    assert (qty, steps[-1].cost, realised) == (position.qty, position.cost, position.realised)


def made_version_2(path: Path) -> None:
    """Take out of a store what version 3 added."""
    step = Path(migrations.__file__).parent / "versions" / "0003_alerts.py"
    connection = sqlite3.connect(path)
    for name in re.findall(r'create_table\(\s*"(\w+)"', step.read_text()):
        connection.execute(f"DROP TABLE {name}")
    connection.execute("UPDATE alembic_version SET version_num = '0002'")
    connection.execute("UPDATE meta SET value = '2' WHERE name = 'schema_version'")
    connection.execute("PRAGMA user_version = 2")
    connection.commit()
    connection.close()


async def test_a_store_without_positions_gets_those_of_its_trades(tmp_path: Path) -> None:
    """From the table of executions, and the fees of its journal."""
    path = database(tmp_path)
    desk = Desk(path)
    await desk.start(1_000_000_000)
    first = await bought(desk, "A", "3", "100")
    second = await bought(desk, "B", "2", "110", fee="0.001")
    await corrected(desk, first, "2", "101")
    await corrected(desk, first, "2", "102")
    await corrected(desk, second, "0", "110")
    third = await bought(desk, "C", "1", "90")
    positions, steps = desk.store.reader.positions(), desk.store.reader.position_history()
    await desk.stop()
    made_version_2(path)
    assert upgrade_sqlite(path) == (2, 3)
    await desk.start(2_000_000_000)
    assert desk.store.reader.positions() == positions
    again = desk.store.reader.position_history()
    assert [replace(each, seq=0) for each in again] == [replace(each, seq=0) for each in steps]
    assert desk.state.positions.net_at(VENUE, "BTC/USDT") == positions[0].qty != 0
    await corrected(desk, third, "0.5", "90")
    assert len(desk.store.reader.position_history()) == len(steps) + 2
    await desk.stop()
