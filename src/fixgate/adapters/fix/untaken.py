"""Messages that an earlier process refused (380=4), and may not have told its client of.

Here: Untaken. The process had no journal to write the refusal into, so it cannot be repeated when
the client asks for it. What the client sends again instead is refused again.
Not here: up to which number (the stop file), the refusal (the core).
"""

import asyncio
from collections.abc import Callable

from fixgate.adapters.fix.fields import value_of
from fixgate.adapters.fix.recorder import Deliver
from fixgate.application.ports.fix import FixDelivered, FixUntaken, Handling
from fixgate.domain.frozen import changed

_REASON = "refused before (380=4), when the journal had failed"


class Untaken:
    """Messages up to a number, of one session."""

    def __init__(self, through: int, deliver: Deliver) -> None:
        self.through = through  # 0: there is none
        self.over: Callable[[], None] = lambda: None  # told once nothing of it can come any more
        self._deliver = deliver

    def refuse(self, again: FixDelivered) -> None:
        """Refuse a message again."""
        message = changed(again.message, handling=Handling.REFUSED, reason=_REASON)
        ref_id = value_of(again.text, 11)
        self._deliver(
            FixUntaken(at_ns=again.at_ns, session=again.session, message=message, ref_id=ref_id)
        )

    def look(self, next_target: int) -> None:
        """Say, once, that the client's numbers are past it."""
        if self.through and next_target > self.through:
            self.through = 0
            self.over()

    def forget(self) -> None:
        """The client's numbers begin anew: they mean other messages."""
        if self.through:
            self.through = 0
            # After the input that says so, which whoever calls this puts into the inbox now.
            asyncio.get_running_loop().call_soon(self.over)
