"""What every journal promises, and the store in SQLite held to it."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest

from fixgate.adapters.store import (
    JournalFailed,
    MessageFilter,
    RecordUnreadable,
    Store,
    open_store,
    sqlite_journal,
)
from fixgate.adapters.store.drop_copies import compared
from fixgate.adapters.store.limits import dealt_since, standing_limits
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.opening import PostgresStore, open_postgres
from fixgate.adapters.store.routing_record import decisions_of
from fixgate.application.ports.fix import Direction, FixMessage, Handling
from fixgate.application.ports.journal import (
    AlertRow,
    Batch,
    ExecutionRow,
    FixIn,
    FixRow,
    LimitRow,
    OperatorRow,
    PositionRow,
    Record,
    RoutingRow,
)
from fixgate.domain import events as e
from fixgate.domain.balance import Balance
from fixgate.domain.events import RoutingDecided
from fixgate.domain.frozen import changed
from fixgate.domain.ids import ClOrdID, ExecID, OrderID, SessionName
from fixgate.domain.limits import (
    LimitChange,
    LimitRule,
    Limits,
    LimitScope,
    LimitSet,
    LimitStep,
    StandingLimits,
)
from fixgate.domain.order import Execution
from fixgate.domain.position import Move, Position, after_trade
from fixgate.domain.routing import Choice, Fees
from postgres import new_database
from unit.adapters.store.samples import (
    AT_NS,
    SESSION,
    SIM,
    FixedClock,
    Gateway,
    a_message,
    a_refused,
    add_noted,
    add_sent,
    an_order,
    database,
    noted,
)

WRITER = Path(__file__).parents[1] / "unit" / "adapters" / "store" / "writing_process.py"
ONE = Decimal(1)
LONG = "1234567890123456789012345678901234567.890"
DECIMALS = (LONG, "0.0000000000000000000000000000000000000001", "1E+3", "5E-7", "0.50", "-0")


class JournalContract:
    """Inherit, and supply the store: how it is opened, broken, and tampered with."""

    def open(self, folder: Path) -> Store:
        """Open the store in ``folder``, or make it."""
        raise NotImplementedError

    def break_disk(self, store: Store) -> None:
        """From now on no commit that needs space succeeds."""
        raise NotImplementedError

    def location(self, folder: Path) -> list[str]:
        """What tells another process where the store is."""
        return [str(folder)]

    def tamper(self, folder: Path, statement: str) -> None:
        """Run a statement past the gateway; raises if the store refuses."""
        raise NotImplementedError

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        store = self.open(tmp_path)
        yield store
        await store.close()

    async def test_an_empty_journal_has_no_last_record(self, store: Store) -> None:
        assert store.journal().last_seq == 0
        assert list(store.reader.records()) == []
        assert store.reader.verify() is None

    async def test_what_was_committed_comes_back_as_it_was(self, store: Store) -> None:
        batch = Gateway().batch(3)
        await store.journal().commit(batch)
        assert list(store.reader.records()) == batch.records
        assert store.journal().last_seq == batch.records[-1].seq

    async def test_what_people_did_comes_back_oldest_first(self, store: Store) -> None:
        first = OperatorRow(1, AT_NS, "jane (ops)", "kill_switch_on", "gateway", "", "test")
        later = OperatorRow(2, AT_NS + 1, "ops", "kill_switch_off", "gateway", "all well", "over")
        for row in (first, later):
            batch = noted(row.seq)
            batch.operator_actions.append(row)
            await store.journal().commit(batch)
        assert store.reader.operator_actions() == [first, later]

    async def test_alerts_come_back_newest_first(self, store: Store) -> None:
        first = AlertRow(1, AT_NS, "venue trade", "more than OrderQty", OrderID("O1"))
        later = AlertRow(2, AT_NS + 1, "venue down", "no answer")
        for row in (first, later):
            batch = noted(row.seq)
            batch.alerts.append(row)
            await store.journal().commit(batch)
        assert store.reader.alerts(9) == [later, first]
        assert store.reader.alerts(1) == [later]

    async def test_an_alert_that_is_raised_again_is_one_row_that_counts(self, store: Store) -> None:
        first = AlertRow(1, AT_NS, "venue down", "no answer", None, "SIM")
        again = AlertRow(1, AT_NS, "venue down", "no answer", None, "SIM", 3, AT_NS + 2)
        for seq, rows in ((1, [first]), (2, [first, again])):
            batch = noted(seq)
            batch.alerts += rows
            await store.journal().commit(batch)
        assert store.reader.alerts(9) == [again]

    async def test_the_limits_that_stand_are_those_of_the_last_steps(self, store: Store) -> None:
        tight, loose = (
            LimitChange(
                limits=LimitSet(
                    rules=(
                        LimitRule(
                            scope=LimitScope.DEFAULT, limits=Limits(order_qty_max=Decimal(most))
                        ),
                    ),
                    four_eyes=True,
                ),
                person="jane",
                reason="a test",
            )
            for most in ("1.50", "1E+3")
        )
        steps = [(LimitStep.IN_FORCE, tight), (LimitStep.PROPOSED, loose)]
        for seq, (step, change) in enumerate(steps, 1):
            batch = noted(seq)
            batch.limits.append(LimitRow(seq, AT_NS, step, change))
            await store.journal().commit(batch)
        standing = standing_limits(store.reader.connection)
        assert standing == StandingLimits(in_force=tight, proposed=loose)
        batch = noted(3)
        batch.limits.append(LimitRow(3, AT_NS, LimitStep.WITHDRAWN, loose))
        await store.journal().commit(batch)
        assert standing_limits(store.reader.connection) == StandingLimits(in_force=tight)

    async def test_what_was_traded_today_counts_corrected_and_busted_trades_as_they_are(
        self, store: Store
    ) -> None:
        batch = noted(1)
        order = an_order(1)
        batch.orders[order.order_id] = order
        for number, (at_ns, kind, qty, ref) in enumerate(
            [
                (-1, "F", "9", None),  # of yesterday
                (1, "F", "1", None),
                (2, "F", "2", None),
                (3, "F", "4", None),
                (4, "G", "1.5", "E1"),  # the first trade of today was for more
                (5, "H", None, "E2"),  # the second never was
                (6, "G", "8", "E0"),  # yesterday's, corrected
            ]
        ):
            row = ExecutionRow(
                exec_id=ExecID(f"E{number}"),
                order_id=order.order_id,
                at_ns=AT_NS + at_ns,
                exec_type=kind,
                ord_status="1",
                last_qty=qty,
                last_px=None if qty is None else "10",
                exec_ref_id=None if ref is None else ExecID(ref),
            )
            batch.executions.append(row)
        await store.journal().commit(batch)
        (dealt,) = dealt_since(store.reader.connection, AT_NS)
        assert (dealt.session, dealt.account, dealt.symbol) == (SESSION, "DEMO", "BTC/USDT")
        assert dealt.notional == Decimal("55.0")

    async def test_a_report_that_a_drop_copy_session_did_not_get_is_found(
        self, store: Store
    ) -> None:
        drop = SessionName("DROP")
        batch = Batch(at_ns=AT_NS)

        def sent(session: SessionName, fields: str, handling: Handling = Handling.REPORT) -> None:
            seq = len(batch.records) + 1
            message = FixMessage(
                direction=Direction.OUT,
                handling=handling,
                msg_type="8",
                msg_seq_num=seq,
                text=f"8=FIX.4.4|9=1|35=8|34={seq}|{fields}|10=000|".replace("|", "\x01"),
            )
            batch.records.append(Record(seq, AT_NS, session, None, message))

        for session in (SESSION, drop):
            sent(session, "17=E1|150=F|31=10|32=2")
        sent(SESSION, "17=E1|150=F|31=10|32=2|97=Y")  # once more, after its numbers were reset
        sent(SESSION, "17=E9|150=F|31=10|32=2", Handling.RESENT)
        await store.journal().commit(batch)
        copies = {SESSION: (drop,)}
        connection = store.reader.connection
        assert compared(connection, copies, 0, 4) == {}

        before, batch = len(batch.records), Batch(at_ns=AT_NS)
        batch.records += [Record(before, 0, None, None, None)] * before  # numbers go on
        sent(SESSION, "17=E2|150=F|31=10|32=2")
        sent(SESSION, "17=E3|150=F|31=10|32=2")
        sent(drop, "17=E3|150=F|31=10|32=1")
        del batch.records[:before]
        await store.journal().commit(batch)
        found = compared(connection, copies, before, before + 3)
        assert found == {
            drop: "1 reports were not copied (E2); the trades come to 40 and 10",
        }

    async def test_decisions_on_a_routed_order_come_back_oldest_first(self, store: Store) -> None:
        choice = Choice(venue=SIM, why="ranked 1", fees=Fees(taker_bp=ONE), qty=Decimal("0.50"))
        first = RoutingDecided(
            order_id=OrderID("O1"), leg=0, qty=Decimal("0.50"), policy="p", choices=(choice,)
        )
        again = changed(first, leg=1, choices=(), refusal="No venue can take the order")
        for seq, decided in ((1, first), (2, again), (3, changed(first, order_id=OrderID("O2")))):
            batch = noted(seq)
            batch.routing_decisions.append(RoutingRow(seq, AT_NS + seq, decided))
            await store.journal().commit(batch)
        found = decisions_of(store.reader.connection, OrderID("O1"))
        assert [(each.seq, each.decided) for each in found] == [(1, first), (2, again)]

    async def test_of_a_position_the_last_state_and_every_step_come_back(
        self, store: Store
    ) -> None:
        flat = Position(venue=SIM, account=None, symbol="BTC/USDT")
        opened = after_trade(flat, Decimal(2), Decimal("50000.10"))
        closed = after_trade(opened.after, Decimal(-2), Decimal("50001.10"))
        other = changed(flat, account="A", symbol="ETH/USDT", fees=(("BNB", Decimal("0.1")),))
        fee = {"fee": Decimal("0.01"), "fee_currency": "BNB"}
        for seq, changes in ((1, [opened, closed]), (2, [after_trade(other, Decimal(1), ONE)])):
            batch = noted(seq)
            for part, change in enumerate(changes):
                key = (change.after.venue, change.after.account, change.after.symbol)
                batch.positions[key] = change.after
                batch.position_history.append(
                    PositionRow(seq, part, AT_NS + seq, seq, change, **fee)
                )
            await store.journal().commit(batch)
        eth = after_trade(other, Decimal(1), ONE).after
        assert store.reader.positions() == [closed.after, eth]
        steps = store.reader.position_history(venue=SIM, account="", symbol="BTC/USDT")
        assert [(each.seq, each.part, each.move, each.realised) for each in steps] == [
            (1, 0, Move.OPEN, Decimal(0)),
            (1, 1, Move.CLOSE, Decimal("2.00")),
        ]
        assert (steps[0].change, steps[0].px, steps[0].qty) == (
            Decimal(2),
            Decimal("50000.10"),
            Decimal(2),
        )
        assert (steps[1].fee, steps[1].fee_currency) == (Decimal("0.01"), "BNB")
        assert store.reader.position_history(venue=SIM, account="B") == []
        assert len(store.reader.position_history()) == 3
        assert len(store.reader.position_history(until_ns=AT_NS + 1)) == 2

    async def test_of_a_balance_the_last_report_comes_back(self, store: Store) -> None:
        balance = Balance(
            venue=SIM,
            asset="USDT",
            free=Decimal("1000.50"),
            locked=ONE,
            at_ns=AT_NS,
            baseline=Decimal(-3),
        )
        later = changed(balance, free=Decimal("1E+3"), at_ns=AT_NS + 1)
        for seq, each in enumerate((balance, later), 1):
            batch = noted(seq)
            batch.balances[each.venue, each.asset] = each
            await store.journal().commit(batch)
        assert store.reader.balances() == [later]

    async def test_how_a_session_ended_comes_back(self, store: Store) -> None:
        batch = noted(1)
        batch.connected[SESSION] = (True, "10.0.0.1:5", AT_NS)
        batch.cancel_after_ms[SESSION] = 2_500
        await store.journal().commit(batch)
        batch = noted(2)
        batch.connected[SESSION] = (False, "10.0.0.1:5", AT_NS + 1)
        await store.journal().commit(batch)
        (stored,) = store.reader.sessions()
        assert (stored.connected, stored.since_ns, stored.cancel_after_ms) == (
            False,
            AT_NS + 1,
            2_500,
        )

    async def test_batches_become_durable_in_the_order_given(self, store: Store) -> None:
        journal, done = store.journal(), []
        futures = [journal.commit(noted(seq)) for seq in range(1, 101)]
        for seq, future in enumerate(futures, 1):
            future.add_done_callback(lambda _, seq=seq: done.append(seq))
        await asyncio.gather(*futures)
        assert done == list(range(1, 101))
        assert [each.seq for each in store.reader.records()] == list(range(1, 101))

    async def test_records_from_a_number_on_begin_there(self, store: Store) -> None:
        await asyncio.gather(*(store.journal().commit(noted(seq)) for seq in range(1, 11)))
        assert [each.seq for each in store.reader.records(8)] == [8, 9, 10]

    @pytest.mark.parametrize("text", DECIMALS)
    async def test_a_decimal_comes_back_digit_by_digit(self, store: Store, text: str) -> None:
        value = Decimal(text)
        trade = Execution(exec_id=ExecID("E1"), trade_id="T1", leg=0, last_qty=value, last_px=value)
        traded = e.Traded(order_id=OrderID("O1"), execution=trade, fee=value)
        batch = Batch(at_ns=AT_NS, records=[Record(1, AT_NS, SESSION, None, traded)])
        await store.journal().commit(batch)
        (record,) = store.reader.records()
        assert str(record.payload.fee) == str(value)
        assert record.payload.execution.last_px.as_tuple() == value.as_tuple()

    async def test_an_orders_decimals_come_back_digit_by_digit(self, store: Store) -> None:
        order = an_order(price=LONG)
        await store.journal().commit(Batch(at_ns=AT_NS, orders={order.order_id: order}))
        (found,) = store.reader.open_orders()
        assert found.order is not None
        assert str(found.order.terms.price) == LONG

    async def test_an_order_has_its_last_state_whoever_shared_the_commit(
        self, store: Store
    ) -> None:
        order = an_order()
        states = [replace(order, cum_qty=Decimal(n) / 100) for n in range(10)]
        commits = [
            store.journal().commit(Batch(at_ns=AT_NS + n, orders={order.order_id: state}))
            for n, state in enumerate(states)
        ]
        await asyncio.gather(*commits)
        (found,) = store.reader.recent_orders(10)
        assert found.order == states[-1]
        assert (found.created_ns, found.updated_ns) == (AT_NS, AT_NS + 9)

    async def test_a_sessions_numbers_are_those_of_the_last_commit(self, store: Store) -> None:
        other = SessionName("DEMO42")
        first = Batch(at_ns=AT_NS, last_in={SESSION: 7, other: 1}, last_out={SESSION: 9})
        first.connected[SESSION] = (True, "127.0.0.1:5000", AT_NS)
        await store.journal().commit(first)
        await store.journal().commit(Batch(at_ns=AT_NS, last_in={SESSION: 8}))
        demo42, demo44 = store.reader.sessions()
        assert (demo44.last_in, demo44.last_out, demo44.connected) == (8, 9, True)
        assert (demo44.peer, demo44.since_ns) == ("127.0.0.1:5000", AT_NS)
        assert (demo42.name, demo42.last_in, demo42.connected) == (other, 1, False)

    async def test_a_sessions_numbers_survive_a_restart_and_the_next_commit(
        self, tmp_path: Path
    ) -> None:
        store = self.open(tmp_path)
        await store.journal().commit(Batch(last_in={SESSION: 7}, last_out={SESSION: 9}))
        await store.close()
        store = self.open(tmp_path)
        await store.journal().commit(Batch(last_in={SESSION: 8}))
        (session,) = store.reader.sessions()
        await store.close()
        assert (session.last_in, session.last_out) == (8, 9)

    async def test_the_fence_grows_by_one_whenever_the_store_is_taken(self, tmp_path: Path) -> None:
        fences = []
        for _ in range(3):
            store = self.open(tmp_path)
            fences.append(store.fence)
            await store.close()
        assert fences == [1, 2, 3]

    async def test_numbers_sent_are_those_of_the_current_numbering_newest_first(
        self, store: Store
    ) -> None:
        batch = Batch(at_ns=AT_NS)
        add_sent(batch, 1, 1, msg_type="A")
        add_sent(batch, 2, 2)
        add_sent(batch, 3, 1, msg_type="A")  # the numbering begins again
        add_sent(batch, 4, 2)
        add_sent(batch, 5, 3, msg_type="0")
        add_sent(batch, 6, 4, msg_type="9")
        add_sent(batch, 7, 2, repeats=True)
        add_sent(batch, 8, 5, msg_type="A")  # a Logon that goes on with the numbering
        add_noted(batch, 9)
        add_sent(batch, 10, 6, msg_type="j")
        await store.journal().commit(batch)
        assert list(store.reader.sent_numbers(SESSION)) == [(6, 10), (4, 6), (2, 4)]
        assert list(store.reader.sent_numbers(SessionName("DEMO42"))) == []

    async def test_numbers_sent_reach_back_over_any_number_of_messages(self, store: Store) -> None:
        batch = Batch(at_ns=AT_NS)
        for seq in range(1, 2_502):
            add_sent(batch, seq, seq)
        await store.journal().commit(batch)
        numbers = list(store.reader.sent_numbers(SESSION))
        assert numbers == [(seq, seq) for seq in range(2_501, 0, -1)]

    async def test_what_was_sent_is_read_back_in_pages(self, store: Store) -> None:
        batch = Batch(at_ns=AT_NS)
        add_sent(batch, 1, 1, msg_type="A")
        for seq in range(2, 12):
            add_sent(batch, seq, seq)
        add_sent(batch, 12, 5, repeats=True)
        await store.journal().commit(batch)
        sent = store.sent(lambda: 12)

        async def page(begin: int, last: int, place: int | None) -> tuple[list[int], int | None]:
            found = await sent.page(SESSION, begin, last, place=place, since=0, count=4)
            return [number for number, _ in found.reports], found.place

        numbers, place = await page(3, 10, None)
        assert numbers == [3, 4, 5, 6]
        numbers, place = await page(7, 10, place)
        assert numbers == [7, 8, 9, 10]
        numbers, place = await page(11, 10, place)
        assert (numbers, place) == ([], None)
        assert await page(40, 50, None) == ([], None)
        assert sent.position() == 12

    async def test_nothing_from_before_a_reset_is_read_back(self, store: Store) -> None:
        """A report decided just before the Logon was recorded is of the new numbering."""
        batch = Batch(at_ns=AT_NS)
        for seq, number in enumerate((1, 2, 3, 4, 2), 1):
            add_sent(batch, seq, number)
        add_sent(batch, 6, 1, msg_type="A")
        add_sent(batch, 7, 3)
        await store.journal().commit(batch)
        sent = store.sent(lambda: 7)

        by_the_logon = await sent.page(SESSION, 1, 9, place=None, since=0, count=9)
        assert [number for number, _ in by_the_logon.reports] == [2, 3]
        by_position = await sent.page(SESSION, 1, 9, place=None, since=4, count=9)
        assert [number for number, _ in by_position.reports] == [2, 3]

    async def test_what_was_sent_comes_with_its_text(self, store: Store) -> None:
        batch = Gateway().batch(2)
        await store.journal().commit(batch)
        payloads = {each.seq: each.payload for each in batch.records}
        sent = [row for row in batch.fix_messages if row.direction == "out"]
        assert store.reader.sent_from(SESSION, 1, 9) == [
            (row.msg_seq_num, row.seq, payloads[row.seq].text) for row in sent
        ]

    @pytest.mark.parametrize("payload", [None, e.QuerySent(order_id=OrderID("O"))])
    async def test_what_was_sent_and_is_not_there_is_not_taken_for_a_gap(
        self, store: Store, payload: object
    ) -> None:
        batch = Batch(at_ns=AT_NS)
        add_sent(batch, 1, 2)
        batch.records.clear()
        if payload is None:
            batch.fix_messages[0].seq = 99
            payload = a_message(1)
        batch.records.append(Record(1, batch.at_ns, SESSION, None, payload))
        await store.journal().commit(batch)
        with pytest.raises(RecordUnreadable, match=r"no record 99|record 1 .* no FIX message"):
            store.reader.sent_from(SESSION, 1, 9)

    async def test_a_repetition_is_told_from_the_message_it_repeats(self, store: Store) -> None:
        batch = Batch(at_ns=AT_NS)
        add_sent(batch, 1, 7)
        add_sent(batch, 2, 7, repeats=True)
        await store.journal().commit(batch)
        found = store.reader.messages(MessageFilter(), 10)
        assert [each.row for each in found] == batch.fix_messages

    async def test_a_forgotten_order_is_recalled_with_its_trades_and_names(
        self, store: Store
    ) -> None:
        order = Gateway().filled_order(batch := Batch(at_ns=AT_NS))
        later = ClOrdID("A-LATER-NAME")
        batch.names.append((SESSION, later, order.order_id))
        await store.journal().commit(batch)
        recall = store.recall()
        found = recall.by_cl_ord_id(SESSION, later)
        assert found is not None
        assert found == recall.by_order_id(order.order_id)
        assert found.order == order
        assert set(found.cl_ord_ids) == {order.cl_ord_id, later}
        assert [each.last_qty for each in found.executions] == [Decimal("0.5")]

    async def test_a_refused_order_is_recalled_as_refused(self, store: Store) -> None:
        refused = a_refused()
        names = [(SESSION, refused.cl_ord_id, refused.order_id)]
        await store.journal().commit(Batch(at_ns=AT_NS, refused=[refused], names=names))
        recall = store.recall()
        found = recall.by_cl_ord_id(SESSION, refused.cl_ord_id)
        assert found is not None
        assert (found.order, found.refused) == (None, refused)

    async def test_nobody_is_recalled_by_a_name_never_used(self, store: Store) -> None:
        await store.journal().commit(Gateway().batch())
        assert store.recall().by_cl_ord_id(SESSION, ClOrdID("NEVER")) is None
        other = store.recall().by_cl_ord_id(SessionName("DEMO42"), ClOrdID("C000000001"))
        assert other is None
        assert store.recall().by_order_id(OrderID("SXUX00ZZZZZZZZ")) is None

    async def test_a_name_used_since_the_start_is_recalled_once_noted(self, store: Store) -> None:
        recall = store.recall()
        order = Gateway().filled_order(batch := Batch(at_ns=AT_NS))
        await store.journal().commit(batch)
        recall.note(SESSION, order.cl_ord_id)
        found = recall.by_cl_ord_id(SESSION, order.cl_ord_id)
        assert found is not None
        assert found.order == order

    @pytest.mark.parametrize("statement", ["UPDATE journal SET cause = 5", "DELETE FROM journal"])
    async def test_the_journal_refuses_changes(
        self, store: Store, tmp_path: Path, statement: str
    ) -> None:
        await store.journal().commit(noted(1))
        with pytest.raises(Exception, match="append-only"):
            self.tamper(tmp_path, statement)

    async def test_a_second_record_of_the_same_number_is_refused(self, store: Store) -> None:
        await store.journal().commit(noted(1))
        with pytest.raises(JournalFailed):
            await store.journal().commit(noted(1))

    async def test_text_that_is_no_text_and_huge_numbers_do_not_stop_the_journal(
        self, store: Store
    ) -> None:
        bad = replace(a_message(10**40), text="\ud800", reason="\udcff\x00")
        row = FixRow(1, AT_NS, SESSION, "in", "D", 10**40, cl_ord_id="\udcff\x00", symbol="\ud800")
        name = ClOrdID("\udcff\x00")
        batch = Batch(records=[Record(1, AT_NS, SESSION, None, bad)], fix_messages=[row])
        order = replace(an_order(), cl_ord_id=name)
        batch.orders[order.order_id] = order
        batch.names.append((SESSION, name, order.order_id))
        await store.journal().commit(batch)
        assert [each.payload for each in store.reader.records()] == [bad]
        assert store.reader.verify() is None
        found = store.recall().by_cl_ord_id(SESSION, name)
        assert found is not None
        assert found.order == order

    async def test_when_a_commit_fails_so_does_every_later_one_and_nothing_of_them_is_there(
        self, store: Store
    ) -> None:
        journal = store.journal()
        await journal.commit(noted(1))
        self.break_disk(store)
        big = Gateway(last_seq=1).batch(200)
        futures = [journal.commit(big)]
        futures += [journal.commit(noted(big.records[-1].seq + n)) for n in range(1, 4)]
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert [type(each) for each in results] == [JournalFailed] * 4
        with pytest.raises(JournalFailed):
            await journal.commit(noted(9_999))
        assert journal.last_seq == 1
        assert [each.seq for each in store.reader.records()] == [1]

    async def test_a_payload_that_is_no_record_fails_the_journal(self, store: Store) -> None:
        with pytest.raises(JournalFailed, match="KeyError"):
            await store.journal().commit(Batch(records=[Record(1, AT_NS, None, None, object())]))

    async def test_closing_makes_durable_what_waits(self, tmp_path: Path) -> None:
        store = self.open(tmp_path)
        futures = [store.journal().commit(noted(seq)) for seq in range(1, 51)]
        await store.close()
        assert all(each.done() and each.exception() is None for each in futures)
        store = self.open(tmp_path)
        assert store.journal().last_seq == 50
        await store.close()

    async def test_after_closing_commits_fail(self, tmp_path: Path) -> None:
        store = self.open(tmp_path)
        journal = store.journal()
        await store.close()
        with pytest.raises(JournalFailed, match="closed"):
            await journal.commit(noted(1))

    async def test_the_chain_goes_on_across_restarts(self, tmp_path: Path) -> None:
        for seq in (1, 2, 3):
            store = self.open(tmp_path)
            assert store.journal().last_seq == seq - 1
            await store.journal().commit(noted(seq))
            assert store.reader.verify() is None
            await store.close()

    async def test_nothing_acknowledged_is_lost_by_a_killed_process(self, tmp_path: Path) -> None:
        await self.open(tmp_path).close()
        for round_ in range(3):
            acknowledged = kill_while_writing(self.location(tmp_path), enough=40 + 17 * round_)
            store = self.open(tmp_path)
            stored = [each.seq for each in store.reader.records()]
            assert stored == list(range(1, len(stored) + 1))
            assert stored[-1] >= acknowledged
            assert store.reader.verify() is None
            rows, _ = store.reader.messages_after(0, MessageFilter(), look_at=10**6)
            messages = (FixIn, FixMessage)
            told = [e.seq for e in store.reader.records() if isinstance(e.payload, messages)]
            assert [each.row.seq for each in rows] == told
            await store.close()


def kill_while_writing(location: list[str], *, enough: int) -> int:
    """Let a process commit, kill it in the middle, and tell which record it heard of last."""
    command = [sys.executable, str(WRITER), *location]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        last = 0
        for _ in range(enough):
            last = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
        process.wait(timeout=30)
    whole = [int(line) for line in rest if line.endswith("\n")]
    return max([last, *whole])


class TestSqliteJournal(JournalContract):
    """The embedded store."""

    def open(self, folder: Path) -> Store:
        return open_store(database(folder), FixedClock())

    def break_disk(self, store: Store) -> None:
        connection = store.journal()._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    def tamper(self, folder: Path, statement: str) -> None:
        connection = sqlite3.connect(database(folder))
        try:
            connection.execute(statement)
        finally:
            connection.close()

    async def test_what_somebody_else_writes_meanwhile_holds_up_the_commit_and_not_the_event_loop(
        self, store: Store, tmp_path: Path
    ) -> None:
        """Old days are dropped by another connection, and perhaps another process."""
        bad = replace(a_message(2), text="\ud800", reason="\udcff")
        with writing_beside(tmp_path) as done:
            first = store.journal().commit(noted(1))
            second = store.journal().commit(
                Batch(
                    records=[Record(2, AT_NS, SESSION, None, bad)],
                    fix_messages=[FixRow(2, AT_NS, SESSION, "in", "D", 2, symbol="\ud800")],
                )
            )
            assert not first.done()
            done()
            await asyncio.gather(first, second)
        assert [each.seq for each in store.reader.records()] == [1, 2]
        assert store.reader.verify() is None

    async def test_text_that_is_no_text_waits_for_somebody_else_too(
        self, store: Store, tmp_path: Path
    ) -> None:
        row = FixRow(1, AT_NS, SESSION, "in", "D", 1, symbol="\ud800")
        with writing_beside(tmp_path) as done:
            future = store.journal().commit(replace(noted(1), fix_messages=[row]))
            done()
            await future
        assert store.reader.verify() is None

    async def test_somebody_else_who_never_stops_writing_fails_the_journal(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite_journal, "BUSY_MS", 1)
        with writing_beside(tmp_path):
            with pytest.raises(JournalFailed, match="locked"):
                await store.journal().commit(noted(1))
            with pytest.raises(JournalFailed, match="locked"):
                await store.journal().commit(noted(2))


@contextmanager
def writing_beside(folder: Path) -> Iterator[Callable[[], None]]:
    """Somebody else writes to the database until the function is called, or to the end."""
    connection = sqlite3.connect(database(folder), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection.commit
    finally:
        connection.close()


class TestPostgresJournal(JournalContract):
    """The store for production."""

    databases: ClassVar[dict[Path, PostgresAddress]] = {}

    def open(self, folder: Path) -> Store:
        if folder not in self.databases:
            self.databases[folder] = new_database()
        return open_postgres(self.databases[folder], folder / "var")

    def location(self, folder: Path) -> list[str]:
        address = self.databases[folder]
        return [str(folder), address.url, address.password or ""]

    def break_disk(self, store: Store) -> None:
        assert isinstance(store, PostgresStore)
        self._run(
            store.address,
            """CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
               $$BEGIN RAISE EXCEPTION 'no room'; END$$;
               CREATE TRIGGER no_room BEFORE INSERT ON journal
               FOR EACH ROW EXECUTE FUNCTION no_room()""",
        )

    def tamper(self, folder: Path, statement: str) -> None:
        self._run(self.databases[folder], statement)

    @staticmethod
    def _run(address: PostgresAddress, statement: str) -> None:
        with psycopg.connect(address.conninfo(), autocommit=True) as connection:
            connection.execute(statement)
