"""Orders that the gateway holds or ends because their venue cannot.

Here: what prices and time mean for them; what is sent to a venue in their place; requests on
orders that are at no venue.
Not here: the arithmetic (domain.holding); when the edge looks (application.holding).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import changed
from fixgate.domain.holding import carried, has_come, held_for, trailed, watched_px
from fixgate.domain.ids import OrderID
from fixgate.domain.inputs import PricesSeen
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.market import Quote
from fixgate.domain.order import Held, Order, Terms, Withdrawal
from fixgate.domain.state import State
from fixgate.domain.values import ExecType, RestatementReason, Side
from fixgate.domain.values import RefusalReason as R

EXPIRY: Final = Withdrawal(text="", restatement=RestatementReason.OTHER, expires=True)


def sent(state: State, order: Order, terms: Terms) -> Terms:
    """``terms`` as the order's venue gets them."""
    profile = state.venues.get(order.instruction.venue)
    if profile is None or (terms.ord_type, terms.time_in_force) in profile.accepts:
        return terms
    return carried(terms, profile)


def held_after(turn: Turn, order: Order, terms: Terms) -> Held | None:
    """What the gateway does for an order from its replace by ``terms`` on."""
    profile = turn.state.venues.get(order.instruction.venue)
    if profile is None or order.is_listed or order.protects:
        return order.held
    after = held_for(terms, profile, turn.moment.at_ns)
    if after is None or order.held is None:
        return after
    return changed(after, phase=order.held.phase)


def trailing(turn: Turn, terms: Terms, side: Side, instrument: Instrument) -> Terms | Refusal:
    """The terms with the price at which a trailing stop begins, if they do not state it."""
    extras, profile = terms.extras, turn.state.venues[instrument.venue]
    if extras is None or extras.peg_offset is None or terms.stop_px is not None:
        return terms
    if (terms.ord_type, terms.time_in_force) not in profile.held:
        return terms  # its venue does it, or nobody does
    quote = None if turn.seen is None else turn.seen.quote
    px = None if quote is None else watched_px(quote, side)
    if px is None:
        return Refusal(R.OTHER, "A trailing stop needs a price to begin at, and none is known")
    stop_px = trailed(terms, side, px, instrument.tick_size)
    if stop_px is None:
        return Refusal(R.INCORRECT_PRICE, "PegOffsetValue (211) is more than the price")
    return changed(terms, stop_px=stop_px)


def blind(turn: Turn, terms: Terms, profile: VenueProfile) -> Refusal | None:
    """A stop is not held where its price would not be seen to come."""
    held = held_for(terms, profile, turn.moment.at_ns)
    return None if held is None or held.phase is None else unseen(turn, profile)


def unseen(turn: Turn, profile: VenueProfile) -> Refusal | None:
    """No price is known there."""
    seen = turn.seen
    if seen is not None and seen.quote is not None and watched_px(seen.quote, Side.BUY) is not None:
        return None
    text = f"It would be held here, and Fixgate sees no price at {profile.venue} to hold it by"
    return Refusal(R.OTHER, text)


def prices_seen(turn: Turn, seen: PricesSeen) -> Iterator[e.Event]:
    """The market moved for orders that wait with us."""
    for quote in seen.quotes:
        for order_id in sorted(turn.state.waiting.get((quote.venue, quote.symbol), ())):
            yield from _look(turn, turn.order(order_id), quote)


def _look(turn: Turn, order: Order, quote: Quote) -> Iterator[e.Event]:
    about = order.instruction
    px = watched_px(quote, about.side)
    if px is None or not turn.state.venues_up.get(about.venue, False):
        return
    if has_come(order.terms, about.side, px):
        if order.protects:
            yield e.OrderCalled(order_id=order.order_id)
            return
        yield e.OrderTriggered(order_id=order.order_id, exec_id=turn.exec_id())
        yield e.OrderRouted(
            order_id=order.order_id,
            leg=order.leg,
            qty=order.leg_qty,
            terms=sent(turn.state, order, order.terms),
        )
        return
    instrument = turn.state.instrument(about.venue, about.symbol)
    if instrument is not None:
        stop_px = trailed(order.terms, about.side, px, instrument.tick_size)
        if stop_px is not None:
            yield e.StopMoved(order_id=order.order_id, stop_px=stop_px)


def due(turn: Turn) -> list[OrderID]:
    """The orders whose time has come."""
    return [
        order_id
        for order_id, at_ns in sorted(turn.state.expiring.items())
        if at_ns <= turn.moment.at_ns
    ]


def ended(turn: Turn, order: Order, withdrawn: Withdrawal) -> e.OrderClosed:
    """The end of an order that waits with us, by our own decision."""
    expires = withdrawn.expires
    return e.OrderClosed(
        order_id=order.order_id,
        exec_id=turn.exec_id(),
        exec_type=ExecType.EXPIRED if expires else ExecType.CANCELED,
        restatement=None if expires else withdrawn.restatement,
        text=None if expires else withdrawn.text,
    )
