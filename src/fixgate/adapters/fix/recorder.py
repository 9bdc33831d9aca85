"""Says what happened on the FIX side, in the words of the port.

Here: Recorder, one per session or one for those who have none. Not here: deciding anything.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from fixgate.adapters.fix.fields import record_text, tell, value_of, wire_bytes
from fixgate.adapters.fix.framing import Frame, Garbage
from fixgate.application.inbox import Given
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import (
    Direction,
    FixDelivered,
    FixMessage,
    FixNoted,
    FixUntaken,
    Handling,
    ReportsUndelivered,
    SessionChanged,
)
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import Noticed

_REASON_MAX: Final = 200  # characters of a client's own words
Delivered = FixDelivered | FixNoted | FixUntaken | SessionChanged | ReportsUndelivered | Given
Deliver = Callable[[Delivered], None]


class Arrived(NamedTuple):
    """What a framer found, and when its last byte came."""

    item: Frame | Garbage
    at_ns: int


class Recorder:
    """Delivers notes about one session."""

    def __init__(self, session: SessionName | None, deliver: Deliver, clock: Clock) -> None:
        self._session = session
        self._deliver = deliver
        self._clock = clock
        self.peer: str | None = None

    def incoming(
        self,
        arrived: Arrived,
        handling: Handling,
        *,
        last_in: int | None = None,
        reason: str | None = None,
    ) -> None:
        """A message or bytes from the client that are no input of the core."""
        item = arrived.item
        message = FixMessage(
            direction=Direction.IN,
            handling=handling,
            msg_type=item.msg_type if isinstance(item, Frame) else "",
            msg_seq_num=item.msg_seq_num if isinstance(item, Frame) else 0,
            text=record_text(item.raw),
            peer=self.peer,
            reason=reason if reason is not None or isinstance(item, Frame) else item.reason,
        )
        self._deliver(
            FixNoted(at_ns=arrived.at_ns, session=self._session, message=message, last_in=last_in)
        )

    def outgoing(self, text: str, handling: Handling, *, reason: str | None = None) -> None:
        """A message that was written to the client."""
        msg_type, msg_seq_num = tell(text)
        message = FixMessage(
            direction=Direction.OUT,
            handling=handling,
            msg_type=msg_type,
            msg_seq_num=msg_seq_num,
            text=record_text(wire_bytes(text)),
            peer=self.peer,
            reason=reason,
        )
        self._deliver(FixNoted(at_ns=self._clock.now_ns(), session=self._session, message=message))

    def digest(self, last: int, text: str) -> None:
        """What was sent beside the core, up to a number, without its bytes."""
        message = FixMessage(
            direction=Direction.OUT,
            handling=Handling.DIGEST,
            msg_type="X",
            msg_seq_num=last,
            text="",
            peer=self.peer,
            reason=text,
        )
        self._deliver(FixNoted(at_ns=self._clock.now_ns(), session=self._session, message=message))

    def rejected(self, frame: Frame) -> None:
        """The client rejects a message of ours: it may lack a report."""
        said = record_text(frame.raw)
        number, why = value_of(said, 45) or "without a number", value_of(said, 58) or "no Text (58)"
        noticed = Noticed(
            subject="rejected by client",
            about=self._session or "",
            text=f"{self._session} rejected our message {number}: {why[:_REASON_MAX]}",
        )
        self._deliver(Given(at_ns=self._clock.now_ns(), given=noticed))

    def refused(self, reason: str) -> None:
        """A connection was turned away or cut off; there are no bytes to show."""
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.REFUSED,
            msg_type="",
            msg_seq_num=0,
            text="",
            peer=self.peer,
            reason=reason,
        )
        self._deliver(FixNoted(at_ns=self._clock.now_ns(), session=self._session, message=message))

    def changed(
        self, *, connected: bool, text: str = "", cancel_on_disconnect: bool | None = None
    ) -> None:
        """The client has logged on, or its connection has ended."""
        if self._session is not None:
            self._deliver(
                SessionChanged(
                    at_ns=self._clock.now_ns(),
                    session=self._session,
                    connected=connected,
                    peer=self.peer or "",
                    text=text,
                    cancel_on_disconnect=cancel_on_disconnect,
                )
            )
