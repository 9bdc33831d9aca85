"""Orders whose state is uncertain, and since when (control 23).

Here: uncertain(), which says why, and StuckWatch, which remembers since when.
Not here: what is done about them (decide/operator); clocks.
"""

from collections.abc import Iterator, Mapping

from fixgate.domain.frozen import value
from fixgate.domain.ids import OrderID
from fixgate.domain.order import Order, RequestPhase
from fixgate.domain.routing import SMART
from fixgate.domain.state import State


@value
class Uncertain:
    """An order that somebody may have to look at."""

    order: Order
    why: str
    since_ns: int


def uncertain(state: State, order: Order) -> str | None:
    """What is not known of an open order; None: all is known."""
    venue = order.instruction.venue
    head = order.requests[0] if order.requests else None
    what = "cancel" if head is not None and head.is_cancel else "replace"
    doubts = (
        (order.order_id in state.lost, "says that it does not have the order"),
        (order.order_id in state.unsettled, "has not said what became of it since the start"),
        (order.is_unanswered, "has not answered the order"),
        (order.awaits_trades, "ended the order and has not reported all of its trades"),
        (order.withdrawn is not None, "has not confirmed our cancel"),
        (
            head is not None and head.phase is not RequestPhase.WAITING,
            f"has not answered the client's {what} {head.cl_ord_id if head else ''}",
        ),
    )
    why = next((text for holds, text in doubts if holds), None)
    return None if why is None else f"{venue} {why}"


class StuckWatch:
    """Looks at the open orders now and then; remembers what it saw."""

    def __init__(
        self, state: State, *, after_ns: int, changed_ns: Mapping[OrderID, int] | None = None
    ) -> None:
        """Begin to watch.

        Args:
            state: what is watched.
            after_ns: how long an order must have been uncertain to be stuck.
            changed_ns: since when orders are as they are, where nobody has watched them.
        """
        self._state = state
        self._after_ns = after_ns
        self._changed_ns = changed_ns or {}
        self._seen: dict[tuple[OrderID, str], int] = {}
        self._told: set[tuple[OrderID, str]] = set()

    def look(self, now_ns: int) -> None:
        """See which orders are uncertain now."""
        seen = {}
        lost, unsettled = self._state.lost, self._state.unsettled
        for order in self._state.open_orders():
            if order.instruction.venue == SMART:
                continue  # its parts tell
            if (
                not order.is_unanswered
                and not order.requests
                and order.closing is None
                and order.withdrawn is None
                and order.order_id not in lost
                and order.order_id not in unsettled
            ):
                continue  # as nearly all are
            why = uncertain(self._state, order)
            if why is not None:
                key = (order.order_id, why)
                seen[key] = self._seen.get(key) or self._changed_ns.get(order.order_id, now_ns)
        self._seen = seen
        self._told.intersection_update(seen)

    def stuck(self, now_ns: int, *, after_ns: int | None = None) -> Iterator[Uncertain]:
        """The orders that have been uncertain for as long as is too long, longest first."""
        after_ns = self._after_ns if after_ns is None else after_ns
        for (order_id, why), since_ns in sorted(self._seen.items(), key=lambda item: item[1]):
            order = self._state.orders.get(order_id)
            if order is not None and not order.is_terminal and now_ns - since_ns >= after_ns:
                yield Uncertain(order=order, why=why, since_ns=since_ns)

    def news(self, now_ns: int) -> tuple[tuple[OrderID, str], ...]:
        """Those that became stuck since this was last asked."""
        found = []
        for each in self.stuck(now_ns):
            key = (each.order.order_id, each.why)
            if key not in self._told:
                self._told.add(key)
                waited_s = (now_ns - each.since_ns) // 1_000_000_000
                found.append((each.order.order_id, f"For {waited_s} s: {each.why}"))
        return tuple(found)
