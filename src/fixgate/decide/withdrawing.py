"""Orders that we cancel of our own accord: by a kill switch, an operator, a lost connection.

Here: which orders, and what happens when the venue does not do it at once.
Not here: when the call is made, which comes with everything else an order waits for (working).
"""

from collections.abc import Callable, Iterator
from typing import Final

from fixgate.decide.turn import Turn
from fixgate.decide.working import advance
from fixgate.domain import events as e
from fixgate.domain.ids import OrderID
from fixgate.domain.inputs import Outcome, VenueAnswered
from fixgate.domain.order import Order, Withdrawal
from fixgate.domain.values import RestatementReason

_NS: Final = 1_000_000_000
_WAIT_MAX_S: Final = 60
_ALARMING: Final = 3


def withdraw_all(
    turn: Turn, covered: Callable[[Order], bool], text: str, restatement: RestatementReason
) -> Iterator[e.Event]:
    """Cancel every open order that is ``covered``; what waits for its venue goes on waiting."""
    # Memory may have been filled in any order; what is decided must not depend on it.
    open_orders = sorted(turn.state.open_orders(), key=lambda order: order.order_id)
    withdrawal = Withdrawal(text=text, restatement=restatement)
    for order in open_orders:
        if covered(order) and (order.withdrawn is None or not order.withdrawn.sent):
            yield from withdraw(turn, order.order_id, withdrawal)


def withdraw(turn: Turn, order_id: OrderID, withdrawal: Withdrawal) -> Iterator[e.Event]:
    """Cancel an open order as soon as that can be done."""
    yield e.WithdrawalOrdered(order_id=order_id, withdrawal=withdrawal)
    yield from advance(turn, order_id)


def failed(turn: Turn, order: Order, answer: VenueAnswered) -> Iterator[e.Event]:
    """The venue did not carry out our own cancel: it is asked why, and asked again."""
    yield from returned(turn, order, answer.text)
    if answer.outcome is Outcome.REJECTED:
        yield e.QuerySent(order_id=order.order_id)


def returned(turn: Turn, order: Order, text: str | None = None) -> Iterator[e.Event]:
    """The order works still, although we wanted it canceled: later again."""
    withdrawn = order.withdrawn
    if withdrawn is None or not withdrawn.sent:
        return
    wait_s = min(2**withdrawn.attempts, _WAIT_MAX_S)
    yield e.WithdrawalReturned(order_id=order.order_id, again_ns=turn.moment.at_ns + wait_s * _NS)
    if withdrawn.attempts + 1 == _ALARMING:
        told = f"{order.instruction.venue} does not cancel it: {text or 'no reason given'}"
        yield e.AlertRaised(subject="order not canceled", text=told, order_id=order.order_id)


def again(turn: Turn) -> Iterator[e.Event]:
    """Make the calls whose time has come."""
    for order_id in tuple(turn.state.withdrawing):
        order = turn.state.orders.get(order_id)
        if order is not None and not order.is_terminal:
            yield from advance(turn, order_id)
