"""Whether clients and journal tell the same story.

Here: differences(), which compares message for message, byte for byte.
Not here: how either side came about.
"""

from collections.abc import Iterator
from decimal import Decimal

from fixgate.adapters.store.reader import MessageFilter, Reader, StoredMessage
from fixgate.cli.book import ClientOrder
from fixgate.cli.demo.trader import Seen
from fixgate.cli.fixtext import Message, shown
from fixgate.domain.ids import OrderID, SessionName
from fixgate.domain.order import Order

_APPLICATION = frozenset("DFGH89j3")


def differences(reader: Reader, seen: Seen, orders: list[ClientOrder]) -> Iterator[str]:
    """One line for each thing that is not the same on both sides."""
    if seen.ended is not None:
        yield f"{seen.session}: the session ended: {seen.ended}"
    for name in seen.unanswered:
        yield f"{seen.session}: {name} was never answered"
    stored = _stored(reader, seen.session)
    yield from _compared(
        f"{seen.session}: sent", seen.sent, [each for each in stored if each.row.direction == "in"]
    )
    yield from _compared(
        f"{seen.session}: received",
        seen.received,
        [each for each in stored if each.row.direction == "out"],
    )
    yield from _final_states(reader, seen.session, orders)
    bad = reader.verify()
    if bad is not None:
        yield f"the journal's chain of hashes breaks at record {bad}"


def _stored(reader: Reader, session: str) -> list[StoredMessage]:
    """All application messages of a session that the journal has, in order."""
    found: list[StoredMessage] = []
    at, end = 0, reader.last()[0]
    wanted = MessageFilter(session=SessionName(session))
    while at < end:
        some, reached = reader.messages_after(at, wanted)
        found += [each for each in some if each.row.msg_type in _APPLICATION]
        if reached == at:
            break
        at = reached
    return found


def _compared(what: str, client: list[Message], journal: list[StoredMessage]) -> Iterator[str]:
    ours = {each.msg_seq_num: each.text for each in client}
    theirs = {
        each.row.msg_seq_num: each.message.text
        for each in journal
        if each.message.handling.value != "resent"
    }
    for number in sorted({*ours, *theirs}):
        if number not in theirs:
            yield f"{what} message {number}, which the journal lacks: {shown(ours[number])}"
        elif number not in ours:
            yield f"{what} no message {number}, which the journal has: {shown(theirs[number])}"
        elif ours[number] != theirs[number]:
            yield f"{what} message {number} as {shown(ours[number])}; the journal has another"


def _final_states(reader: Reader, session: str, orders: list[ClientOrder]) -> Iterator[str]:
    stored = {
        each.order.order_id: each.order
        for each in reader.recent_orders(len(orders) + 1, session=SessionName(session))
    }
    if len(stored) != len(orders):
        yield f"{session}: {len(orders)} orders were sent, the journal has {len(stored)}"
    for mine in orders:
        order = stored.get(OrderID(mine.order_id or ""))
        if order is None:
            yield f"{session}: order {mine.cl_ord_id} is not in the journal"
        elif isinstance(order, Order):
            mine_is = (mine.ord_status, Decimal(mine.cum_qty))
            theirs_is = (order.ord_status.value, order.cum_qty)
            if mine_is != theirs_is:
                yield f"{session}: order {mine.cl_ord_id} is {mine_is}, by the journal {theirs_is}"
