"""Finding again the orders that memory forgot, when an input names one.

Here: recalled_for().
Not here: how orders are stored and looked up (the Recall port).
"""

from typing import Final, get_args

from fixgate.application.ports.journal import Recall
from fixgate.domain import inputs as i
from fixgate.domain.ids import (
    ORDER_ID_LENGTH,
    ClOrdID,
    OrderID,
    SessionName,
    order_of,
)
from fixgate.domain.order import Order
from fixgate.domain.state import State

OfAVenue = (
    i.VenueAnswered
    | i.VenueTraded
    | i.VenueTradeCorrected
    | i.VenueClosed
    | i.VenueRestated
    | i.VenueTriggered
    | i.VenueLegReported
)
_OF_A_VENUE: Final = get_args(OfAVenue)


def recalled_for(given: i.Input, state: State, recall: Recall) -> tuple[i.Recalled, ...]:
    """The forgotten orders that ``given`` names; mostly none."""
    if isinstance(given, _OF_A_VENUE):
        return _of_venue(given, state, recall)
    match given:
        case i.NewOrderSingle() | i.OrderStatusRequest() | i.OrderMassCancelRequest():
            return _named(given.session, (given.cl_ord_id,), state, recall)
        case i.NewOrderList():
            names = tuple(each.cl_ord_id for each in given.orders)
            return _named(given.session, names, state, recall)
        case i.ListRequest():
            return _members(given, state, recall)
        case i.OrderCancelRequest() | i.OrderCancelReplaceRequest():
            names = (given.cl_ord_id, given.orig_cl_ord_id)
            return _named(given.session, names, state, recall)
        case _:
            return ()


def _of_venue(given: OfAVenue, state: State, recall: Recall) -> tuple[i.Recalled, ...]:
    known = state.orders.get(OrderID(given.venue_cl_ord_id[:ORDER_ID_LENGTH]))
    if known is not None:
        return _whole(known, state, recall) if known.part_of is not None else ()
    named = order_of(given.venue_cl_ord_id)
    found = None if named is None else recall.by_order_id(named[0])
    if found is None:
        return ()
    whole = () if found.order is None else _whole(found.order, state, recall)
    return (*whole, found)


def _members(given: i.ListRequest, state: State, recall: Recall) -> tuple[i.Recalled, ...]:
    """The orders of a list that are over, while others of it are open."""
    known = state.members((given.session, given.list_id))
    named = known[0].member.orders if known and known[0].member else ()
    found = (recall.by_order_id(each) for each in named if each not in state.orders)
    return tuple(each for each in found if each is not None)


def _whole(part: Order, state: State, recall: Recall) -> tuple[i.Recalled, ...]:
    """The routed order that it is a part of, if that was forgotten."""
    if part.parent is None or part.parent in state.orders:
        return ()
    found = recall.by_order_id(part.parent)
    return () if found is None else (found,)


def _named(
    session: SessionName, names: tuple[ClOrdID, ...], state: State, recall: Recall
) -> tuple[i.Recalled, ...]:
    found = []
    for name in names:
        if not state.knows(session, name):
            known = recall.by_cl_ord_id(session, name)
            if known is not None:
                found.append(known)
    return tuple(found)
