"""What becomes of a message that came too fast.

Here: throttled(). The door decides that it is too much and attaches that to the input, so that
deciding it again, from the journal, needs no clock and gives the same.
Not here: counting (adapters/fix).
"""

from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import changed
from fixgate.domain.inputs import ClientCommand, NewOrderSingle, OrderCancelReplaceRequest
from fixgate.domain.values import RefusalReason


def throttled(command: ClientCommand, why: str | None) -> ClientCommand:
    """The command with its fault, if there is too much of it.

    Control 4: a cancel is never held back, and nor is a question.
    """
    if why is None or not isinstance(command, NewOrderSingle | OrderCancelReplaceRequest):
        return command
    return changed(command, fault=Refusal(RefusalReason.OTHER, why))
