"""Orders of a list: taken, sent to their venue, released once it is their turn.

Here: take(), route() and release(), for every list.
Not here: when (lists, protecting).
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from fixgate.decide.holding import sent
from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import withdraw
from fixgate.domain import events as e
from fixgate.domain.frozen import changed
from fixgate.domain.holding import end_of, held_for
from fixgate.domain.ids import ClOrdID
from fixgate.domain.lists import Membership
from fixgate.domain.order import Held, HoldPhase, Instruction, Order, Withdrawal
from fixgate.domain.values import RestatementReason
from fixgate.risk.admission import RiskApproved

_LIST_ID: Final = 66


def take(
    turn: Turn, cl_ord_id: ClOrdID, verdict: RiskApproved, member: Membership
) -> Iterator[e.Event]:
    """An order of a list is ours to work, or to hold until it is its turn."""
    terms, profile = verdict.terms, turn.state.venues[verdict.instruction.venue]
    held = held_for(terms, profile, turn.moment.at_ns)
    if member.is_triggered:
        held = Held(phase=HoldPhase.LISTED, expire_at_ns=end_of(terms, turn.moment.at_ns))
    order = Order(
        order_id=member.orders[member.seq - 1],
        instruction=_named(verdict.instruction, member),
        terms=terms,
        cl_ord_id=cl_ord_id,
        leg_qty=terms.order_qty,
        received_at_ns=turn.moment.at_ns,
        valued_px=verdict.valued_px,
        held=held,
        member=member,
    )
    yield e.OrderReceived(order=order, exec_id=turn.exec_id())
    if order.waits:
        yield e.OrderHeld(order_id=order.order_id, exec_id=turn.exec_id())
    else:
        yield route(turn, order)


def _named(about: Instruction, member: Membership) -> Instruction:
    """Reports of all orders of a list carry its ListID; of a client's list they do anyhow."""
    if not member.follows:
        return about
    return changed(about, echo=tuple(sorted((*about.echo, (_LIST_ID, member.list_id)))))


def route(turn: Turn, order: Order) -> e.OrderRouted:
    """The intent to send it."""
    return e.OrderRouted(
        order_id=order.order_id,
        leg=order.leg,
        qty=order.leg_qty,
        terms=sent(turn.state, order, order.terms),
    )


def resize(turn: Turn, order: Order, qty: Decimal, text: str) -> Iterator[e.Event]:
    """An order that is at no venue becomes one of ``qty``."""
    if order.terms.order_qty != qty:
        smaller = qty < order.terms.order_qty
        yield e.OrderRestated(
            order_id=order.order_id,
            exec_id=turn.exec_id(),
            terms=changed(order.terms, order_qty=qty),
            restatement=RestatementReason.PARTIAL_DECLINE if smaller else RestatementReason.OTHER,
            text=text,
        )


def release(turn: Turn, order: Order, held: Held | None = None) -> Iterator[e.Event]:
    """It is its turn. ``held``: what is done for it from now on, if not what its venue lacks."""
    if order.is_terminal:
        return  # its venue told of trades of it, which it never got
    profile = turn.state.venues.get(order.instruction.venue)
    if held is None and profile is not None:
        held = held_for(order.terms, profile, turn.moment.at_ns)
    if held is None or held.phase is None:
        expire_at_ns = None if held is None else held.expire_at_ns
        held = Held(phase=HoldPhase.SENT, expire_at_ns=expire_at_ns)
    yield e.OrderReleased(order_id=order.order_id, exec_id=turn.exec_id(), held=held)
    now = turn.order(order.order_id)
    if not now.waits:
        yield route(turn, now)


def cancel(turn: Turn, order: Order, text: str) -> Iterator[e.Event]:
    """It is not wanted any more, because of another order of its list."""
    now = turn.order(order.order_id)
    if not now.is_terminal and now.withdrawn is None:
        withdrawal = Withdrawal(text=text, restatement=RestatementReason.OTHER)
        yield from withdraw(turn, order.order_id, withdrawal)
