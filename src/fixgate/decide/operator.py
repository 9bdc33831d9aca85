"""What operations ask for: each command is written down with its person and reason, then done.

Here: kill switches, mass cancels, barred sessions, and orders that somebody must decide on.
Not here: canceling (withdrawing); who may give a command (adapters/control).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.closing import moot
from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import withdraw, withdraw_all
from fixgate.decide.working import advance, in_doubt
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import ClOrdID, OrderID
from fixgate.domain.lifecycle import allowed
from fixgate.domain.operations import Kill
from fixgate.domain.order import Execution, Order, Withdrawal
from fixgate.domain.rounding import ZERO, to_wire
from fixgate.domain.trades import by_hand
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import RefusalReason, RestatementReason

BY_OPERATIONS: Final = "Canceled by operations"


def kill_switch(turn: Turn, command: i.KillSwitchTurned) -> Iterator[e.Event]:
    """Control 16: cancel what is covered and refuse new orders, until somebody releases it."""
    coverage = command.coverage
    if not command.on and coverage not in turn.state.kills:
        yield e.CommandRefused(text=f"the kill switch is not on for {coverage.words}")
        return
    yield e.OperatorActed(
        action="kill_switch_on" if command.on else "kill_switch_off",
        subject=coverage.key,
        detail="",
        person=command.person,
        reason=command.reason,
    )
    kill = Kill(
        coverage=coverage,
        person=command.person,
        reason=command.reason,
        at_ns=turn.moment.at_ns,
    )
    yield e.KillSwitchSet(kill=kill, on=command.on)
    state = "ON" if command.on else "off"
    text = f"Kill switch {state} for {coverage.words}, by {command.person}: {command.reason}"
    yield e.AlertRaised(subject="kill switch", text=text, about=str(turn.moment.seq))
    if command.on:
        yield from withdraw_all(
            turn,
            lambda order: coverage.covers(order.instruction),
            f"Canceled by the kill switch for {coverage.words}",
            RestatementReason.BROKER_OPTION,
        )


def cancel_all(turn: Turn, command: i.CancelAllOrdered) -> Iterator[e.Event]:
    """Cancel what is covered, once."""
    yield e.OperatorActed(
        action="cancel_all",
        subject=command.coverage.key,
        detail="",
        person=command.person,
        reason=command.reason,
    )
    yield from withdraw_all(
        turn,
        lambda order: command.coverage.covers(order.instruction),
        BY_OPERATIONS,
        RestatementReason.BROKER_OPTION,
    )


def bar_session(_: Turn, command: i.SessionBarred) -> Iterator[e.Event]:
    """A session may not log on, or may again."""
    yield e.OperatorActed(
        action="disable_session" if command.barred else "enable_session",
        subject=command.session,
        detail="",
        person=command.person,
        reason=command.reason,
    )
    yield e.SessionBarSet(session=command.session, barred=command.barred)


def numbers_reset(_: Turn, command: i.NumbersReset) -> Iterator[e.Event]:
    """A session goes on from other sequence numbers."""
    yield e.OperatorActed(
        action="reset_session",
        subject=command.session,
        detail=command.detail,
        person=command.person,
        reason=command.reason,
    )
    yield e.NumbersSet(
        session=command.session,
        next_sender=command.next_sender,
        next_target=command.next_target,
    )


def noted(_: Turn, command: i.OperatorNoted) -> Iterator[e.Event]:
    """Something that the core has no part in."""
    yield e.OperatorActed(
        action=command.action,
        subject=command.subject,
        detail=command.detail,
        person=command.person,
        reason=command.reason,
    )


def query(turn: Turn, command: i.OrderQueried) -> Iterator[e.Event]:
    """Control 23: ask the venue again."""
    order = _open(turn, command.order_id)
    if order is None:
        yield _no_open_order(command.order_id)
        return
    if order.waits:
        text = f"{order.order_id} waits with Fixgate for its price; its venue does not have it"
        yield e.CommandRefused(text=text)
        return
    yield _acted("query_order", command)
    yield e.QuerySent(order_id=order.order_id, cl_ord_id=in_doubt(order))


def force_cancel(turn: Turn, command: i.OrderForceCanceled) -> Iterator[e.Event]:
    """Control 23: cancel it at the venue, whatever else is under way."""
    order = _open(turn, command.order_id)
    if order is None:
        yield _no_open_order(command.order_id)
        return
    yield _acted("force_cancel", command)
    yield from withdraw(
        turn,
        order.order_id,
        Withdrawal(text=BY_OPERATIONS, restatement=RestatementReason.BROKER_OPTION, forced=True),
    )


def resolve(turn: Turn, command: i.OrderResolved) -> Iterator[e.Event]:
    """Control 23: the order is over, as a person knows."""
    order = _open(turn, command.order_id)
    if order is None:
        yield _no_open_order(command.order_id)
        return
    wrong = _in_parts(turn, order) or _unresolvable(order, command)
    if wrong is not None:
        yield e.CommandRefused(text=wrong)
        return
    yield _acted("resolve_order", command, _detail(command))
    text = "Resolved by operations"
    if command.resolution is i.Resolution.REJECTED:
        yield e.OrderRejected(
            order_id=order.order_id,
            exec_id=turn.exec_id(),
            reason=RefusalReason.VENUE_REFUSED,
            text=text,
        )
    else:
        if command.last_qty is not None and command.last_px is not None:
            trade = Execution(
                exec_id=turn.exec_id(),
                trade_id=by_hand(turn.moment.seq),
                leg=order.leg,
                last_qty=command.last_qty,
                last_px=command.last_px,
            )
            yield e.Traded(order_id=order.order_id, execution=trade)
        if not turn.order(order.order_id).is_terminal:
            answers = _cancel_under_way(order)
            yield e.OrderClosed(
                order_id=order.order_id,
                exec_id=turn.exec_id(),
                exec_type=X.CANCELED,
                cl_ord_id=answers,
                restatement=None if answers else RestatementReason.BROKER_OPTION,
                text=text,
            )
    yield from moot(turn, order.order_id)
    yield from advance(turn, order.order_id)
    if order.order_id in turn.state.unsettled:
        yield e.OrderSettled(order_id=order.order_id)


def stuck(turn: Turn, found: i.StuckFound) -> Iterator[e.Event]:
    """Control 23: somebody must look at these."""
    for order_id, why in found.orders:
        if _open(turn, order_id) is not None:
            yield e.AlertRaised(subject="order stuck", text=why, order_id=order_id)


def noticed(_: Turn, found: i.Noticed) -> Iterator[e.Event]:
    """What the edge noticed."""
    yield e.AlertRaised(subject=found.subject, text=found.text, about=found.about)


def clock_checked(_: Turn, checked: i.ClockChecked) -> Iterator[e.Event]:
    """Control 31: the reading is on record; a clock that is off is an alert."""
    if not checked.is_off:
        return
    text = f"The clock was put forward or back by {checked.stepped_us / 1000:g} ms"
    if abs(checked.stepped_us) <= checked.offset_max_us:
        text = f"The clock is off its reference by {(checked.offset_us or 0) / 1000:g} ms"
    yield e.AlertRaised(subject="clock", text=text, about="clock")


def _cancel_under_way(order: Order) -> ClOrdID | None:
    """The client's own cancel request, if that is what is being carried out."""
    head = order.requests[0] if order.requests else None
    return head.cl_ord_id if head is not None and head.is_cancel and head.pended else None


def _in_parts(turn: Turn, order: Order) -> str | None:
    """A routed order is as its parts are: what a person knows is about one of them."""
    parts = [each.order_id for each in turn.state.open_parts(order.order_id)]
    return f"it is worked in parts; resolve them: {', '.join(parts)}" if parts else None


def _unresolvable(order: Order, command: i.OrderResolved) -> str | None:
    """Why an order cannot have ended like that."""
    qty, px = command.last_qty, command.last_px
    if command.resolution is i.Resolution.REJECTED and not allowed(order.stage, X.REJECTED):
        return f"{order.order_id} has traded; it cannot have been rejected"
    if command.resolution is not i.Resolution.FILLED:
        return None if qty is None and px is None else "only filled has a quantity and a price"
    if qty is None or px is None:
        return "filled needs a quantity and a price"
    if qty <= ZERO or px <= ZERO:
        return "quantity and price must be above zero"
    if qty > order.leaves_qty:
        left = to_wire(order.leaves_qty)
        return f"quantity {to_wire(qty)} is more than the {left} that {order.order_id} has open"
    return None


def _detail(command: i.OrderResolved) -> str:
    detail = command.resolution.value
    if command.last_qty is not None and command.last_px is not None:
        detail += f" {to_wire(command.last_qty)} @ {to_wire(command.last_px)}"
    return detail


def _open(turn: Turn, order_id: OrderID) -> Order | None:
    order = turn.state.orders.get(order_id)
    return None if order is None or order.is_terminal else order


def _no_open_order(order_id: OrderID) -> e.CommandRefused:
    return e.CommandRefused(text=f"no open order {order_id}")


def _acted(
    action: str,
    command: i.OrderQueried | i.OrderForceCanceled | i.OrderResolved,
    detail: str = "",
) -> e.OperatorActed:
    return e.OperatorActed(
        action=action,
        subject=command.order_id,
        detail=detail,
        person=command.person,
        reason=command.reason,
    )
