"""Finding again the orders that memory forgot, when an input names one.

Here: recalled_for().
Not here: how orders are stored and looked up (the Recall port).
"""

from collections.abc import Iterable
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
from fixgate.domain.lists import STOP_LOSS, TAKE_PROFIT
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
            names = (given.cl_ord_id, *_exits_of(given))
            return _named(given.session, names, state, recall)
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
        return _beside(known, state, recall)
    named = order_of(given.venue_cl_ord_id)
    found = None if named is None else recall.by_order_id(named[0])
    if found is None:
        return ()
    return (*(() if found.order is None else _beside(found.order, state, recall)), found)


def _beside(order: Order, state: State, recall: Recall) -> tuple[i.Recalled, ...]:
    """What is decided of an order along with it, and was forgotten."""
    if order.parent is not None:  # the routed order that it is a part of
        return _forgotten((order.parent,), state, recall)
    if order.member is not None and order.member.follows:
        others = (each for each in order.member.orders if each != order.order_id)
        return _forgotten(others, state, recall)
    return ()


def _members(given: i.ListRequest, state: State, recall: Recall) -> tuple[i.Recalled, ...]:
    """The orders of a list that are over, while others of it are open."""
    known = state.members((given.session, given.list_id))
    named = known[0].member.orders if known and known[0].member else ()
    return _forgotten(named, state, recall)


def _forgotten(
    order_ids: Iterable[OrderID], state: State, recall: Recall
) -> tuple[i.Recalled, ...]:
    found = (recall.by_order_id(each) for each in order_ids if each not in state.orders)
    return tuple(each for each in found if each is not None)


def _exits_of(given: i.ClientCommand) -> tuple[ClOrdID, ...]:
    """The ClOrdIDs that the orders that are to protect a new one would have."""
    if not isinstance(given, i.NewOrderSingle) or given.terms is None:
        return ()
    if given.terms.extras is None or not given.terms.extras.is_protected:
        return ()
    return tuple(ClOrdID(given.cl_ord_id + each) for each in (STOP_LOSS, TAKE_PROFIT))


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
