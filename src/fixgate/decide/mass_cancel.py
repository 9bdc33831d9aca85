"""OrderMassCancelRequest (q): each order is canceled as if by a request of its own.

Here: which orders, and the answer. It is given at once and names every order that is about to be
canceled; what becomes of each is told by the order's own reports, or, where the venue refuses,
by an OrderCancelReject under the request's ClOrdID (docs/decisions/0019).
Not here: canceling (requests, working).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.requests import take
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import OrderMassCancelRequest
from fixgate.domain.order import Order, Request, UsedID
from fixgate.domain.selection import Selection
from fixgate.domain.state import State
from fixgate.domain.values import MassCancelRejectReason as R
from fixgate.domain.values import RefusalReason

LISTED_MAX: Final = 1_000
"""Orders that one report names: beyond it the message would be longer than engines take."""


def mass_cancel(turn: Turn, message: OrderMassCancelRequest) -> Iterator[e.Event]:
    """Taken whatever else is switched off: it can only end orders."""
    state, session = turn.state, message.session
    fault = message.fault
    if state.knows(session, message.cl_ord_id):
        fault = R.OTHER, f"ClOrdID (11) {message.cl_ord_id} was used before"
    named = None if fault else unknown(state, message.selection)
    if named is not None:
        symbol = named.reason is RefusalReason.UNKNOWN_SYMBOL
        fault = R.UNKNOWN_SECURITY if symbol else R.OTHER, named.text
    if fault is not None:
        yield e.MassCancelRefused(
            session=session,
            cl_ord_id=message.cl_ord_id,
            request_id=turn.order_id(),
            request_type=message.request_type,
            reason=fault[0],
            text=fault[1],
            echo=message.echo,
        )
        return
    chosen = selected(state, session, message.selection)
    yield e.MassCancelTaken(
        used=UsedID(session=session, cl_ord_id=message.cl_ord_id, order_id=turn.order_id()),
        request_type=message.request_type,
        total=len(chosen),
        affected=tuple(
            e.Affected(
                cl_ord_id=each.cl_ord_id,
                order_id=each.order_id,
                venue_order_id=each.venue_order_id,
            )
            for each in chosen[:LISTED_MAX]
        ),
        echo=message.echo,
    )
    for order in chosen:
        if order.withdrawn is None and not any(each.is_cancel for each in order.requests):
            yield from take(turn, order, Request(cl_ord_id=message.cl_ord_id, mass=True))


def unknown(state: State, selection: Selection) -> Refusal | None:
    """What a selection names that does not exist here."""
    venue, symbol = selection.venue, selection.symbol
    if venue is not None and venue not in state.venues:
        return Refusal(RefusalReason.OTHER, f"Venue {venue} (100, 207) is not known here")
    places = state.instruments if venue is None else (venue,)
    if symbol is not None and not any(state.instrument(each, symbol) for each in places):
        where = "" if venue is None else f" at {venue}"
        text = f"Symbol (55) {symbol} is not known{where}"
        return Refusal(RefusalReason.UNKNOWN_SYMBOL, text)
    return None


def selected(state: State, session: SessionName, selection: Selection) -> list[Order]:
    """The session's open orders that a selection is about, in the order they came."""
    symbol = selection.symbol or ""
    names = frozenset((symbol, state.aliases.get(symbol, symbol)))
    return sorted(
        (
            each
            for each in state.open_orders()
            if each.instruction.session == session
            and each.part_of is None
            and selection.selects(each, names)
        ),
        key=lambda order: order.order_id,
    )
