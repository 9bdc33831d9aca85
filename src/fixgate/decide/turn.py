"""One input being decided: its moment, the state it meets, and the ids it hands out.

Here: Turn.
Not here: any decision.
"""

from dataclasses import dataclass

from fixgate.domain.errors import InvariantBroken
from fixgate.domain.ids import ORDER_ID_LENGTH, ExecID, OrderID, VenueClOrdID, order_of
from fixgate.domain.inputs import Moment
from fixgate.domain.market import Seen
from fixgate.domain.order import Order
from fixgate.domain.state import State


@dataclass(slots=True)
class Turn:
    """Reads the state for one input, and numbers the reports that it causes."""

    state: State
    moment: Moment
    seen: Seen | None = None  # of the market, where it matters
    _reports: int = 0
    _parts: int = 0

    def order_id(self) -> OrderID:
        """The OrderID of the order that this input brings."""
        return self.state.ids.order_id(self.moment.seq)

    def part_id(self) -> OrderID:
        """The OrderID of the next part of a routed order that this input makes.

        The numbers after the input's own are those of its events in the journal, so no other
        input has them; and each part is an event.
        """
        self._parts += 1
        return self.state.ids.order_id(self.moment.seq + self._parts)

    def exec_id(self) -> ExecID:
        """The ExecID of the next report that this input causes."""
        index = self._reports
        self._reports = index + 1
        return self.state.ids.exec_id(self.moment.seq, index)

    def order(self, order_id: OrderID) -> Order:
        """The order as it is now."""
        try:
            return self.state.orders[order_id]
        except KeyError:
            raise InvariantBroken(f"order {order_id} vanished") from None

    def order_of(self, venue_id: VenueClOrdID) -> tuple[Order, int] | None:
        """The order and leg that our id at a venue names, if we know them."""
        order = self.state.orders.get(OrderID(venue_id[:ORDER_ID_LENGTH]))
        if order is None:
            return None
        if venue_id == order.venue_cl_ord_id:
            return order, order.leg
        named = order_of(venue_id)  # another leg of it, or none of ours after all
        return None if named is None else (order, named[1])
