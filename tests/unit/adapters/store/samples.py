"""Batches as the sequencer makes them, for the tests of the store and its benchmark."""

from decimal import Decimal
from pathlib import Path

from fixgate.application.ports.fix import Direction, FixMessage, Handling
from fixgate.application.ports.journal import (
    Batch,
    ExecutionRow,
    FixIn,
    FixRow,
    Record,
    VenueCallRow,
)
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import (
    ClOrdID,
    ExecID,
    Ids,
    OrderID,
    SessionName,
    TradeID,
    VenueName,
    VenueOrderID,
)
from fixgate.domain.order import Execution, Instruction, Order, RefusedOrder, Terms
from fixgate.domain.values import OrdStatus, OrdType, RefusalReason, Side, TimeInForce

SESSION = SessionName("DEMO44")
SIM = VenueName("SIM")
AT_NS = 1_750_000_000_000_000_000
EPOCH = "SXWKN4"  # of the clock below


class FixedClock:
    """Always says AT_NS."""

    def now_ns(self) -> int:
        return AT_NS


def database(folder: Path) -> Path:
    """Where a test keeps its store."""
    return folder / "var" / "journal.sqlite"


def fix_text(msg_type: str, number: int, cl_ord_id: str) -> str:
    """A FIX message of the usual length, one character per byte."""
    fields = (
        f"8=FIX.4.4|9=210|35={msg_type}|34={number}|49=DEMO44|56=FIXGATE|"
        f"52=20250615-12:00:00.123456|11={cl_ord_id}|1=DEMO|55=BTC/USDT|54=1|38=0.5|40=2|"
        "44=50000.10|59=0|21=1|60=20250615-12:00:00.123|37=SXUX0000000001|17=SXUX0000000001-0|"
        "150=0|39=0|14=0|151=0.5|6=0|10=123|"
    )
    return fields.replace("|", "\x01")


def a_message(
    number: int, *, msg_type: str = "D", cl_ord_id: str = "C1", out: bool = False
) -> FixMessage:
    """One message of a session."""
    return FixMessage(
        direction=Direction.OUT if out else Direction.IN,
        handling=Handling.REPORT if out else Handling.DELIVERED,
        msg_type=msg_type,
        msg_seq_num=number,
        text=fix_text(msg_type, number, cl_ord_id),
    )


def an_order(
    seq: int = 1,
    *,
    cl_ord_id: str = "C1",
    session: SessionName = SESSION,
    price: str = "50000.10",
    stage: OrdStatus = OrdStatus.PENDING_NEW,
    cum_qty: str = "0",
) -> Order:
    """A limit order for half a bitcoin."""
    return Order(
        order_id=Ids(EPOCH).order_id(seq),
        instruction=Instruction(
            session=session,
            venue=SIM,
            symbol="BTC/USDT",
            venue_symbol="BTCUSDT",
            side=Side.BUY,
            account="DEMO",
            echo=((1, "DEMO"), (54, "1"), (55, "BTC/USDT")),
        ),
        terms=Terms(
            order_qty=Decimal("0.5"),
            ord_type=OrdType.LIMIT,
            time_in_force=TimeInForce.DAY,
            price=Decimal(price),
        ),
        cl_ord_id=ClOrdID(cl_ord_id),
        stage=stage,
        cum_qty=Decimal(cum_qty),
        notional=Decimal(cum_qty) * Decimal(price),
    )


def a_refused(seq: int = 1, *, cl_ord_id: str = "R1") -> RefusedOrder:
    """An order that failed a check."""
    return RefusedOrder(
        order_id=Ids(EPOCH).order_id(seq),
        session=SESSION,
        cl_ord_id=ClOrdID(cl_ord_id),
        reason=RefusalReason.UNKNOWN_SYMBOL,
        text="Unknown symbol",
        echo=((55, "NO/SUCH"),),
    )


def a_trade(order: Order, trade_id: str, *, qty: str = "0.5", exec_id: str) -> ExecutionRow:
    """The report of a trade."""
    return ExecutionRow(
        exec_id=ExecID(exec_id),
        order_id=order.order_id,
        at_ns=AT_NS,
        exec_type="F",
        ord_status="2",
        last_qty=qty,
        last_px="50000.10",
        trade_id=trade_id,
    )


def noted(seq: int, *, at_ns: int | None = None, session: SessionName | None = SESSION) -> Batch:
    """A batch with one FIX message for the record."""
    batch = Batch(at_ns=at_ns or AT_NS + seq)
    add_noted(batch, seq, session=session)
    return batch


def add_noted(batch: Batch, seq: int, *, session: SessionName | None = SESSION) -> None:
    """Add a message for the record to a batch."""
    message = a_message(seq, msg_type="0")
    batch.records.append(Record(seq, batch.at_ns, session, None, message))
    batch.fix_messages.append(FixRow(seq, batch.at_ns, session, "in", "0", seq))


class Gateway:
    """Makes the batches of orders that come in, are acknowledged, and fill."""

    def __init__(self, *, last_seq: int = 0, session: SessionName = SESSION) -> None:
        self.last_seq = last_seq
        self.session = session
        self.orders = 0

    def add(self, batch: Batch, seq_payload: object, cause: int | None = None) -> int:
        """Add one record."""
        self.last_seq += 1
        session = self.session
        batch.records.append(Record(self.last_seq, batch.at_ns, session, cause, seq_payload))
        return self.last_seq

    def message(self, batch: Batch, order_id: OrderID | None, *, out: bool) -> int:
        """Add one FIX message, with its row."""
        name, number = f"C{self.orders:09d}", self.last_seq + 1
        message = a_message(number, msg_type="8" if out else "D", cl_ord_id=name, out=out)
        seq = self.add(batch, message if out else FixIn(message=message))
        row = FixRow(seq, batch.at_ns, self.session, message.direction.value, message.msg_type, seq)
        row.cl_ord_id, row.order_id, row.symbol = name, order_id, "BTC/USDT"
        batch.fix_messages.append(row)
        return seq

    def filled_order(self, batch: Batch) -> Order:
        """Ten records, three messages, two reports, two venue calls, one order and its name."""
        self.orders += 1
        name = ClOrdID(f"C{self.orders:09d}")
        seq = self.message(batch, None, out=False)
        order = an_order(seq, cl_ord_id=name, session=self.session)
        order_id, leg = order.order_id, order.venue_cl_ord_id
        first, second = (ExecID(f"{order_id}-{n}") for n in range(2))
        trade = Execution(
            exec_id=second,
            trade_id=TradeID(f"T{seq}"),
            leg=0,
            last_qty=Decimal("0.5"),
            last_px=Decimal("50000.10"),
        )
        self.add(batch, e.OrderReceived(order=order, exec_id=first), seq)
        routed = e.OrderRouted(order_id=order_id, leg=0, qty=Decimal("0.5"), terms=order.terms)
        call = self.add(batch, routed, seq)
        batch.venue_calls.append(VenueCallRow(call, batch.at_ns, SIM, leg, "submit"))
        answer = i.VenueAnswered(
            venue=SIM,
            call=i.VenueCall.SUBMIT,
            venue_cl_ord_id=leg,
            outcome=i.Outcome.ACCEPTED,
            venue_order_id=VenueOrderID("V1"),
        )
        call = self.add(batch, answer)
        batch.venue_calls.append(VenueCallRow(call, batch.at_ns, SIM, leg, "submit", "accepted"))
        acknowledged = e.OrderAcknowledged(
            order_id=order_id, exec_id=first, venue_order_id=VenueOrderID("V1")
        )
        self.add(batch, acknowledged, call)
        self.message(batch, order_id, out=True)
        traded = i.VenueTraded(
            venue=SIM,
            venue_cl_ord_id=leg,
            trade_id=trade.trade_id,
            last_qty=trade.last_qty,
            last_px=trade.last_px,
        )
        heard = self.add(batch, traded)
        self.add(batch, e.Traded(order_id=order_id, execution=trade), heard)
        self.message(batch, order_id, out=True)
        self.add(batch, e.QuerySent(order_id=order_id), heard)
        filled = an_order(
            seq, cl_ord_id=name, session=self.session, stage=OrdStatus.FILLED, cum_qty="0.5"
        )
        batch.orders[order_id] = filled
        batch.names.append((self.session, name, order_id))
        report = ExecutionRow(first, order_id, batch.at_ns, exec_type="0", ord_status="0")
        batch.executions += [report, a_trade(filled, trade.trade_id, exec_id=second)]
        batch.last_in[self.session] = self.last_seq
        batch.last_out[self.session] = self.last_seq
        return filled

    def batch(self, orders: int = 1) -> Batch:
        """A batch of so many orders."""
        batch = Batch(at_ns=AT_NS + self.last_seq)
        for _ in range(orders):
            self.filled_order(batch)
        return batch


def add_sent(
    batch: Batch, seq: int, number: int, *, msg_type: str = "8", repeats: bool = False
) -> None:
    """Add a message of ours to a batch."""
    message = a_message(number, msg_type=msg_type, out=True, cl_ord_id=f"C{seq}")
    batch.records.append(Record(seq, batch.at_ns, SESSION, None, message))
    row = FixRow(seq, batch.at_ns, SESSION, "out", msg_type, number, repeats=repeats)
    batch.fix_messages.append(row)
