from decimal import Decimal

from fixgate.adapters.store import rows
from fixgate.adapters.store.rows import in_order, trades
from fixgate.adapters.store.sqlite import WRITTEN
from fixgate.application.ports.journal import ExecutionRow
from fixgate.domain.ids import ExecID, TradeID

from .samples import AT_NS, a_refused, a_trade, an_order


def corrected(row: ExecutionRow, exec_id: str, qty: str) -> ExecutionRow:
    return ExecutionRow(
        exec_id=ExecID(exec_id),
        order_id=row.order_id,
        at_ns=AT_NS,
        exec_type="G",
        ord_status="1",
        last_qty=qty,
        last_px=row.last_px,
        trade_id=row.trade_id,
        exec_ref_id=row.exec_id,
    )


def busted(row: ExecutionRow, exec_id: str) -> ExecutionRow:
    return ExecutionRow(
        exec_id=ExecID(exec_id),
        order_id=row.order_id,
        at_ns=AT_NS,
        exec_type="H",
        ord_status="1",
        exec_ref_id=row.exec_id,
    )


def test_rows_have_the_columns_of_their_tables() -> None:
    assert len(rows.order_row(an_order(), 1, 2)) == len(WRITTEN["orders"])
    assert len(rows.refused_row(a_refused(), 1)) == len(WRITTEN["orders"])
    assert (
        dict(zip(WRITTEN["orders"], rows.refused_row(a_refused(), 1), strict=True))["working"] == 0
    )


def test_an_order_is_working_until_it_is_over() -> None:
    row = dict(zip(WRITTEN["orders"], rows.order_row(an_order(), 1, 2), strict=True))
    assert (row["working"], row["ord_status"], row["order_qty"]) == (1, "A", "0.5")
    assert (row["created_ns"], row["updated_ns"]) == (1, 2)


def test_a_corrected_trade_counts_as_corrected() -> None:
    first = a_trade(an_order(), "T1", exec_id="X-1")
    (trade,) = trades([first, corrected(first, "X-2", "0.4")])
    assert (trade.exec_id, trade.trade_id, trade.last_qty) == ("X-2", "T1", Decimal("0.4"))


def test_a_busted_trade_stays_known_and_counts_nothing() -> None:
    first, second = (a_trade(an_order(), f"T{n}", exec_id=f"X-{n}") for n in (1, 2))
    found = {each.trade_id: each for each in trades([first, second, busted(first, "X-3")])}
    assert (found[TradeID("T1")].exec_id, found[TradeID("T1")].last_qty) == ("X-3", Decimal(0))
    assert (found[TradeID("T2")].exec_id, found[TradeID("T2")].last_qty) == ("X-2", Decimal("0.5"))


def test_the_report_numbered_ten_comes_after_the_ninth() -> None:
    reports = [a_trade(an_order(), f"T{n}", exec_id=f"X-{n}") for n in (10, 9, 11)]
    assert [each.exec_id for each in in_order(reports)] == ["X-9", "X-10", "X-11"]
