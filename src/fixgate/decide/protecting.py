"""What follows for orders that protect an entry (StopLossPx 20003, TakeProfitPx 20004).

Their quantity is what the entry has traded, less what the others of them have. Only one of them is
ever at the venue, so that together they cannot trade more (docs/decisions/0026).

Here: protect(), called whenever an order of such a list has moved.
Not here: which orders an entry asks for (exits); when the price of a stop has come (holding).
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from fixgate.decide.listing import cancel, release, resize
from fixgate.decide.turn import Turn
from fixgate.decide.working import advance
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import changed
from fixgate.domain.holding import gone_off
from fixgate.domain.ids import OrderID
from fixgate.domain.order import Held, HoldPhase, Order, Request
from fixgate.domain.rounding import ZERO, to_wire
from fixgate.risk.admission import prices, quantity


def protect(turn: Turn, members: Sequence[Order]) -> Iterator[e.Event]:
    """Nothing, once all that follows has been done.

    An order that memory does not have is over, and what the others are for has not changed: what
    changes it is said by a venue, and has the whole list recalled.
    """
    entry = next((each for each in members if not each.protects), None)
    exits = [each for each in members if each.protects]
    begun = next((each for each in exits if each.cum_qty or each.has_gone_off), None)
    if entry is not None:
        if begun is not None:  # no more is opened while it is being closed
            did = "traded" if begun.cum_qty else "went off"
            yield from cancel(turn, entry, f"Canceled because {begun.cl_ord_id} {did}")
        # Before the first trade of the entry no exit has traded, whichever memory has.
        whole = all(each in turn.state.orders for each in _ids(entry))
        if whole or all(each.is_listed or each.is_terminal for each in exits):
            yield from _follow(turn, entry, exits)
    for each in exits:
        if each.is_called:
            yield from _called(turn, each, members)


def _follow(turn: Turn, entry: Order, exits: Sequence[Order]) -> Iterator[e.Event]:
    entry = turn.order(entry.order_id)
    if entry.cum_qty:
        for each in exits:
            others = sum((one.cum_qty for one in exits if one.order_id != each.order_id), ZERO)
            yield from _fit(turn, each, entry, entry.cum_qty - others)
        return
    armed = any(not each.is_terminal and not each.is_listed for each in exits)
    if armed:  # all that it had traded was busted
        yield from cancel(turn, entry, "Canceled because what protects it is not needed any more")
    if armed or entry.is_terminal:
        ended = "has no trade that stands" if armed else "ended without a trade"
        for each in exits:
            yield from cancel(turn, each, f"Canceled because {entry.cl_ord_id} {ended}")


def _fit(turn: Turn, order: Order, entry: Order, qty: Decimal) -> Iterator[e.Event]:
    """Let an exit be for ``qty``."""
    now = turn.order(order.order_id)
    if now.is_terminal or now.withdrawn is not None:
        return
    wanted = max(qty, now.cum_qty)
    if wanted <= ZERO:
        if entry.is_terminal:
            text = f"Canceled because nothing of {entry.cl_ord_id} is left to protect"
            yield from cancel(turn, now, text)
    elif now.is_listed:
        yield from _arm(turn, now, entry, wanted)
    elif now.waits:
        yield from resize(turn, now, wanted, _traded(entry))
    elif wanted != now.terms.order_qty:
        yield from _resize_there(turn, now, wanted)


def _arm(turn: Turn, order: Order, entry: Order, qty: Decimal) -> Iterator[e.Event]:
    """The first trade of the entry; or the one that makes it enough for the venue."""
    about = order.instruction
    instrument = turn.state.instrument(about.venue, about.symbol)
    terms = changed(order.terms, order_qty=qty)
    too_small: Refusal | None = None
    if instrument is not None:
        too_small = quantity(qty, instrument) or prices(terms, instrument)
    if too_small is None:
        yield from resize(turn, order, qty, _traded(entry))
        now = turn.order(order.order_id)
        yield from release(turn, now, _hold(turn, now))
    elif entry.is_terminal:
        text = f"{entry.cl_ord_id} traded too little to be protected: {too_small.text}"
        yield e.AlertRaised(subject="not protected", text=text, about=order.cl_ord_id)
        yield from cancel(turn, order, text)


def _hold(turn: Turn, order: Order) -> Held | None:
    """A stop with another exit beside it waits with us: only one of them is at the venue."""
    beside = (turn.order(each) for each in _beside(turn, order))
    if order.terms.stop_px is not None and any(each.protects for each in beside):
        return Held(phase=HoldPhase.WAITING)
    return None


def _traded(entry: Order) -> str:
    return f"{entry.cl_ord_id} has traded {to_wire(entry.cum_qty)}"


def _resize_there(turn: Turn, order: Order, qty: Decimal) -> Iterator[e.Event]:
    """By a replace of our own, if it is not too late for that."""
    if order.requests or order.is_unanswered or order.awaits_trades or order.closing is not None:
        return
    if order.order_id in turn.state.unsettled:
        return
    asked = order.member is not None and order.member.asked_qty == qty
    if asked or order.has_gone_off:
        return  # the venue would not do it
    request = Request(
        cl_ord_id=order.cl_ord_id, terms=changed(order.terms, order_qty=qty), own=True
    )
    yield e.RequestReceived(order_id=order.order_id, request=request)
    yield from advance(turn, order.order_id)


def unprotected(order: Order, event: e.Event) -> Iterator[e.Event]:
    """A venue does not do what it is to do for an exit: that is for a person to see."""
    if not order.protects or order.withdrawn is not None:
        return
    text = None
    if isinstance(event, e.OrderRejected):
        text = f"{order.cl_ord_id} was rejected: {event.text}"
    elif isinstance(event, e.RequestRefused) and _was_own(order, event):
        qty = ZERO if order.member is None else order.member.asked_qty
        text = f"{order.cl_ord_id} is for {to_wire(order.terms.order_qty)} and should be for"
        text = f"{text} {to_wire(qty)}: {event.text}"
    if text is not None:
        yield e.AlertRaised(subject="not protected", text=text, about=order.cl_ord_id)


def _was_own(order: Order, event: e.RequestRefused) -> bool:
    return event.cl_ord_id == order.cl_ord_id and not event.at_once


def _called(turn: Turn, stop: Order, members: Sequence[Order]) -> Iterator[e.Event]:
    """The stop's price came: it goes to the venue once nothing else of its list is there."""
    for each in members:
        if each.order_id != stop.order_id:
            yield from cancel(turn, each, f"Canceled because {stop.cl_ord_id} went off")
    now = turn.order(stop.order_id)
    if not now.is_called or now.is_terminal or list(_beside(turn, now)):
        return
    profile = turn.state.venues.get(now.instruction.venue)
    if profile is None or not turn.state.venues_up.get(profile.venue, False):
        return
    yield e.OrderTriggered(order_id=now.order_id, exec_id=turn.exec_id())
    yield e.OrderRouted(
        order_id=now.order_id, leg=now.leg, qty=now.leg_qty, terms=gone_off(now.terms, profile)
    )


def _ids(order: Order) -> tuple[OrderID, ...]:
    return () if order.member is None else order.member.orders


def _beside(turn: Turn, order: Order) -> Iterator[OrderID]:
    """The other orders of its list that are not over."""
    for each in _ids(order):
        other = turn.state.orders.get(each)
        if each != order.order_id and other is not None and not other.is_terminal:
            yield each
