"""An orderly stop: no new orders from now on; what is open stays, or is canceled.

Here: what it means to be stopping.
Not here: how long is waited for what is under way (application.stopping, bootstrap).
"""

from collections.abc import Iterator

from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import withdraw_all
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.values import BusinessRejectReason, RestatementReason


def stopping(turn: Turn, message: i.Stopping) -> Iterator[e.Event]:
    """The gateway is about to stop."""
    yield e.StopBegan(text=message.text)
    if message.cancels:
        yield from withdraw_all(
            turn, lambda _: True, f"Canceled: {message.text}", RestatementReason.BROKER_OPTION
        )


def not_taken(message: i.NewOrderSingle | i.NewOrderList, text: str) -> e.BusinessMessageRejected:
    """No new orders any more (380=4); the ClOrdID stays free."""
    return e.BusinessMessageRejected(
        session=message.session,
        ref_seq_num=None,
        ref_msg_type="D" if isinstance(message, i.NewOrderSingle) else "E",
        reason=BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
        text=text,
        ref_id=message.cl_ord_id if isinstance(message, i.NewOrderSingle) else message.list_id,
    )
