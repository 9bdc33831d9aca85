"""Sessions that come and go, and time: cancel on disconnect (control 17).

Here: what a session's end means for its open orders, and what happens when time goes by.
Not here: how a client asks for it at logon (adapters/fix); canceling (withdrawing).
"""

from collections.abc import Callable, Iterator
from typing import Final

from fixgate.decide.holding import EXPIRY, due
from fixgate.decide.limits import limits_due
from fixgate.decide.position_updates import ended_with
from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import again, withdraw, withdraw_all
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import SessionName
from fixgate.domain.order import Order
from fixgate.domain.values import RestatementReason

_NS_PER_MS: Final = 1_000_000
_TEXT: Final = "Canceled because the session was disconnected"


def session_connection(turn: Turn, change: i.SessionConnection) -> Iterator[e.Event]:
    """A client logged on, or its connection ended."""
    state, session = turn.state, change.session
    wanted = change.cancel_on_disconnect
    if wanted is not None and wanted is not (session in state.cancels):
        yield e.CancelOnDisconnectSet(session=session, on=wanted)
    if change.connected is not (session in state.present):
        yield e.SessionPresenceSet(session=session, present=change.connected)
    if not change.connected and state.watch.subscriptions:
        yield from ended_with(state, session)
    if change.connected:
        if session in state.leaving:
            yield e.SessionReturned(session=session)
        return
    if not any(map(_endangered(turn, session), state.open_orders())):
        return
    rules = state.sessions.get(session)
    grace_ms = rules.cancel_grace_ms if rules is not None else 0
    if grace_ms:
        cancel_at_ns = turn.moment.at_ns + grace_ms * _NS_PER_MS
        yield e.SessionLeft(session=session, cancel_at_ns=cancel_at_ns)
    else:
        yield from _cancel(turn, session)


def ticked(turn: Turn, _: i.Ticked) -> Iterator[e.Event]:
    """What waited for its time."""
    for session, cancel_at_ns in sorted(turn.state.leaving.items()):
        if cancel_at_ns <= turn.moment.at_ns:
            yield e.SessionReturned(session=session)
            yield from _cancel(turn, session)
    for order_id in due(turn):
        yield from withdraw(turn, order_id, EXPIRY)
    yield from again(turn)
    yield from limits_due(turn)


def _cancel(turn: Turn, session: SessionName) -> Iterator[e.Event]:
    yield from withdraw_all(
        turn, _endangered(turn, session), _TEXT, RestatementReason.SYSTEM_FAILURE
    )


def _endangered(turn: Turn, session: SessionName) -> Callable[[Order], bool]:
    """Whether an order is canceled at the end of ``session``'s connection."""
    by_session = session in turn.state.cancels

    def check(order: Order) -> bool:
        about = order.instruction
        if about.session != session:
            return False
        return by_session if about.on_disconnect is None else about.on_disconnect

    return check
