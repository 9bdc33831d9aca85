"""What becomes of a message that the session may not send, or sent too fast.

Here: judged(). Whether it is too much was decided at the door and attached to the input, and the
session's role is part of the state; so deciding it again, from the journal, gives the same.
Not here: counting (adapters/fix).
"""

from collections.abc import Mapping
from typing import Final

from fixgate.application.ports.fix import FixMessage
from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import changed
from fixgate.domain.inputs import (
    BadMessage,
    ClientCommand,
    NewOrderList,
    NewOrderSingle,
    OrderCancelReplaceRequest,
    SecurityRequest,
    TradeCaptureReportRequest,
    UnservedMessage,
)
from fixgate.domain.sessions import FixVersion, Role, SessionRules
from fixgate.domain.values import BusinessRejectReason, RefusalReason

# What sessions that take no orders take all the same.
TAKEN_BY: Final[Mapping[Role, tuple[type, ...]]] = {
    Role.DROP_COPY: (TradeCaptureReportRequest, SecurityRequest),
    Role.MARKET_DATA: (SecurityRequest,),
}


def judged(
    command: ClientCommand, message: FixMessage, rules: SessionRules | None, throttled: str | None
) -> ClientCommand:
    """The command, or what it comes to for this session."""
    if rules is not None and rules.role is not Role.ORDER_ENTRY:
        return _not_its_role(command, message, rules)
    if rules is not None and isinstance(command, UnservedMessage) and message.msg_type == "V":
        text = "This session is for order entry: prices are for sessions with role market_data"
        return changed(command, reason=_not_authorized(rules), text=text)
    if isinstance(command, NewOrderList) and throttled is not None:
        return changed(command, fault=throttled)
    # Control 4: a cancel is never held back, and nor is a question.
    if throttled is None or not isinstance(command, NewOrderSingle | OrderCancelReplaceRequest):
        return command
    return changed(command, fault=Refusal(RefusalReason.OTHER, throttled))


def _not_its_role(
    command: ClientCommand, message: FixMessage, rules: SessionRules
) -> ClientCommand:
    taken = TAKEN_BY.get(rules.role, ())
    if isinstance(command, (BadMessage, UnservedMessage, *taken)):
        return command
    purpose = rules.role.value.replace("_", " ")
    return UnservedMessage(
        session=command.session,
        ref_seq_num=message.msg_seq_num,
        ref_msg_type=message.msg_type,
        reason=_not_authorized(rules),
        text=f"This session is for {purpose}: MsgType (35) {message.msg_type} is not taken on it",
        ref_id=getattr(command, "cl_ord_id", None),
    )


def _not_authorized(rules: SessionRules) -> BusinessRejectReason:
    """FIX 4.2 has no word for it."""
    if rules.version is FixVersion.FIX42:
        return BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE
    return BusinessRejectReason.NOT_AUTHORIZED
