"""OrderMassStatusRequest (AF): the status of each open order that it is about (scenario X11).

Here: which orders. Not here: the status of one order (status).
"""

from collections.abc import Iterator

from fixgate.decide.mass_cancel import selected, unknown
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.inputs import OrderMassStatusRequest
from fixgate.domain.order import MassStatus
from fixgate.domain.values import RefusalReason


def mass_status(turn: Turn, message: OrderMassStatusRequest) -> Iterator[e.Event]:
    """One report for each, the last one marked; a single one that says so if there are none."""
    req_id = message.mass_status_req_id
    fault = message.fault or unknown(turn.state, message.selection)
    chosen = [] if fault else selected(turn.state, message.session, message.selection)
    if not chosen:
        yield e.EmptyMassStatusReported(
            session=message.session,
            exec_id=turn.exec_id(),
            mass_status=MassStatus(req_id=req_id, total=0, last=True),
            reason=fault.reason if fault else RefusalReason.UNKNOWN_ORDER,
            text=fault.text if fault else "No open order fits the request",
            echo=message.echo,
        )
    for number, order in enumerate(chosen, 1):
        yield e.MassStatusReported(
            order_id=order.order_id,
            exec_id=turn.exec_id(),
            mass_status=MassStatus(req_id=req_id, total=len(chosen), last=number == len(chosen)),
        )
