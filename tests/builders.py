"""Values with every field defaulted, so that a test names only what matters."""

from decimal import Decimal

from fixgate.domain.frozen import changed
from fixgate.domain.ids import ClOrdID, ExecID, OrderID, SessionName, VenueName
from fixgate.domain.order import Instruction, Order, Terms
from fixgate.domain.reports import ExecutionReport
from fixgate.domain.values import ExecType, OrdStatus, OrdType, Side, TimeInForce

ORDER_ID = OrderID("EPOCH000000001")


def some_terms(**changes: object) -> Terms:
    """Buy or sell 100 at 9, good for the day."""
    terms = Terms(
        order_qty=Decimal(100),
        ord_type=OrdType.LIMIT,
        time_in_force=TimeInForce.DAY,
        price=Decimal(9),
    )
    return changed(terms, **changes)


def an_instruction(**changes: object) -> Instruction:
    """A buy of BTC/USDT at V."""
    instruction = Instruction(
        session=SessionName("CLIENT"),
        venue=VenueName("V"),
        symbol="BTC/USDT",
        venue_symbol="BTCUSDT",
        side=Side.BUY,
        echo=((55, "BTC/USDT"),),
    )
    return changed(instruction, **changes)


def an_order(**changes: object) -> Order:
    """An order that the venue works."""
    order = Order(
        order_id=ORDER_ID,
        instruction=an_instruction(),
        terms=some_terms(),
        cl_ord_id=ClOrdID("X"),
        stage=OrdStatus.NEW,
        leg_qty=Decimal(100),
    )
    return changed(order, **changes)


def a_report(**changes: object) -> ExecutionReport:
    """150=0 of that order."""
    report = ExecutionReport(
        session=SessionName("CLIENT"),
        order_id=ORDER_ID,
        exec_id=ExecID("EPOCH000000002-0"),
        exec_type=ExecType.NEW,
        ord_status=OrdStatus.NEW,
        cl_ord_id=ClOrdID("X"),
        echo=((55, "BTC/USDT"),),
        account="ACC",
        side=Side.BUY,
        terms=some_terms(),
        leaves_qty=Decimal(100),
    )
    return changed(report, **changes)
