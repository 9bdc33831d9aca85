"""The orders of one client session, as its own messages and the reports tell them.

Here: ClientOrder and Book. Not here: words for people (words), the session (fixsession).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from fixgate.cli.fixtext import Message, utc_timestamp
from fixgate.cli.ticket import Changes, Field, ord_type

TERMINAL: Final = frozenset("2348C")  # OrdStatus (39): filled, done, canceled, rejected, expired
PENDING: Final = frozenset("6AE")
_UNKNOWN: Final = "?"
_TERMS: Final = (38, 40, 44, 99, 59, 18, 126, 432, 100, 1, 211, 836)


@dataclass(slots=True)
class ClientOrder:
    """One order. ``number`` is what a person calls it."""

    number: int
    cl_ord_id: str  # the last one that was accepted
    side: str
    symbol: str
    terms: dict[int, str]
    ord_status: str = _UNKNOWN
    order_id: str | None = None
    cum_qty: str = "0"
    leaves_qty: str = ""
    avg_px: str = "0"
    requests: dict[str, dict[int, str]] = field(default_factory=dict)  # by ClOrdID, unanswered

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected."""
        return self.ord_status in TERMINAL

    def request_fields(self, cl_ord_id: str, at_ns: int) -> list[Field]:
        """What a cancel, a replace and nobody else begins with."""
        fields = [(41, self.cl_ord_id), (11, cl_ord_id), (55, self.symbol), (54, self.side)]
        return [*fields, (60, utc_timestamp(at_ns))]

    def replace_fields(self, cl_ord_id: str, at_ns: int, changes: Changes) -> list[Field]:
        """The body of an OrderCancelReplaceRequest (G)."""
        terms = dict(self.terms)
        changed = {
            38: changes.order_qty,
            44: changes.price,
            99: changes.stop_px,
            59: changes.time_in_force,
        }
        terms |= {tag: value for tag, value in changed.items() if value is not None}
        if terms.get(40) != "P":  # a trailing stop stays one
            terms[40] = ord_type(price=terms.get(44), stop_px=terms.get(99))
        if changes.time_in_force is not None:
            terms.pop(126, None)
            terms.pop(432, None)
        if changes.expire is not None:
            terms[changes.expire[0]] = changes.expire[1]
        return [*self.request_fields(cl_ord_id, at_ns), (21, "1"), *terms.items()]

    def status_fields(self) -> list[Field]:
        """The body of an OrderStatusRequest (H)."""
        return [(11, self.cl_ord_id), (55, self.symbol), (54, self.side)]


class Book:
    """All orders of a session that are remembered."""

    def __init__(self) -> None:
        self._orders: list[ClientOrder] = []
        self._by_name: dict[str, ClientOrder] = {}  # ClOrdID of the order and of its requests
        self._by_order_id: dict[str, ClientOrder] = {}

    def __iter__(self) -> Iterator[ClientOrder]:
        return iter(self._orders)

    def find(self, name: str) -> ClientOrder | None:
        """By number (with or without #), ClOrdID or OrderID."""
        plain = name.removeprefix("#")
        if plain.isascii() and plain.isdigit() and 0 < int(plain) <= len(self._orders):
            return self._orders[int(plain) - 1]
        return self._by_name.get(name) or self._by_order_id.get(name)

    def of(self, message: Message) -> ClientOrder | None:
        """The order that a message is about."""
        for tag in (11, 41):
            found = self._by_name.get(message.get(tag) or "")
            if found is not None:
                return found
        return self._by_order_id.get(message.get(37) or "")

    def sent(self, message: Message) -> None:
        """Take note of a message of ours."""
        cl_ord_id = message.get(11) or ""
        terms = {tag: value for tag, value in message.fields if tag in _TERMS}
        if message.msg_type == "D" and cl_ord_id not in self._by_name:
            order = ClientOrder(
                number=len(self._orders) + 1,
                cl_ord_id=cl_ord_id,
                side=message.get(54) or "",
                symbol=message.get(55) or "",
                terms=terms,
            )
            self._orders.append(order)
            self._by_name[cl_ord_id] = order
        elif message.msg_type in ("F", "G"):
            found = self._by_name.get(message.get(41) or "")
            if found is not None:
                self._by_name[cl_ord_id] = found
                found.requests[cl_ord_id] = terms if message.msg_type == "G" else {}

    def received(self, message: Message) -> ClientOrder | None:
        """Take note of a report; the order it is about, if it is one of ours."""
        order = self.of(message)
        if order is None:
            return None
        cl_ord_id = message.get(11) or ""
        if message.msg_type == "8":
            self._report(order, message, cl_ord_id)
        elif message.msg_type == "9":
            order.requests.pop(cl_ord_id, None)
            order.ord_status = message.get(39) or order.ord_status
        return order

    def _report(self, order: ClientOrder, message: Message, cl_ord_id: str) -> None:
        if message.get(150) == "8" and order.order_id not in (None, message.get(37)):
            return  # a second order under the same ClOrdID was refused; the first one stands
        order.ord_status = message.get(39) or order.ord_status
        order.cum_qty = message.get(14) or order.cum_qty
        order.leaves_qty = message.get(151) or order.leaves_qty
        order.avg_px = message.get(6) or order.avg_px
        order_id = message.get(37)
        if order_id is not None and order_id != "NONE":
            order.order_id = order_id
            self._by_order_id[order_id] = order
        if message.get(150) in ("4", "5") and cl_ord_id in order.requests:
            # OrigClOrdID of the next request names the last one that was accepted.
            order.terms.update(order.requests.pop(cl_ord_id))
            order.cl_ord_id = cl_ord_id
