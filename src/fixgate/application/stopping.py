"""What an orderly stop waits for.

Here: waits_for_venue(). Not here: how long (bootstrap), what is refused meanwhile (decide).
"""

from fixgate.domain.order import Order, RequestPhase
from fixgate.domain.routing import SMART
from fixgate.domain.state import State


def waits_for_venue(state: State) -> bool:
    """Whether a venue that is there still owes an answer on some order."""
    return any(
        _owed(order)
        for order in state.orders.values()
        # A routed order waits for its parts only.
        if order.instruction.venue != SMART and state.venues_up.get(order.instruction.venue, False)
    )


def _owed(order: Order) -> bool:
    if order.requests and order.requests[0].phase is not RequestPhase.WAITING:
        return True
    if order.is_terminal:
        return False
    return order.is_unanswered or order.withdrawn is not None
