"""The FIX side of the gateway, as the sequencer sees it.

Here: what arrives from FIX sessions, and FixPort, to which reports are released.
Not here: sockets, the engine, the codec.
"""

from collections.abc import Sequence
from enum import unique
from typing import Protocol

from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName
from fixgate.domain.values import Value


class SessionStoreFailed(Exception):  # noqa: N818 - it names a fact
    """The number of a message of ours could not be kept; a later process would use it again."""


@unique
class Direction(Value):
    """Which way a FIX message went."""

    IN = "in"
    OUT = "out"


@unique
class Handling(Value):
    """What was done with a FIX message."""

    DELIVERED = "delivered"  # in: an input of the core
    ENGINE = "engine"  # in: taken by the session layer (admin, held, rejected); out: its own
    GARBLED = "garbled"  # in: ignored as FIX demands
    REFUSED = "refused"  # in: the door turned the connection away
    SERVED = "served"  # in: answered beside the core (market data)
    DIGEST = "digest"  # out: no message, but how many were sent beside the core, and their digest
    REPORT = "report"  # out: ours, promised before the commit
    RESENT = "resent"  # out: a repetition with PossDupFlag


@value
class FixMessage:
    """One FIX message for the record. ``text`` has one character per byte (latin-1)."""

    direction: Direction
    handling: Handling
    msg_type: str
    msg_seq_num: int
    text: str
    peer: str | None = None
    reason: str | None = None  # why it was garbled or refused


@value
class FixDelivered:
    """An application message that the engine delivered: an input.

    ``text`` is valid UTF-8 text as the engine took it; ``message`` holds the bytes as received.
    """

    at_ns: int
    session: SessionName
    message: FixMessage
    text: str
    last_in: int  # the highest MsgSeqNum the engine counts as received
    throttled: str | None = None  # why it is too much, when the client sends too fast


@value
class FixNoted:
    """A FIX message for the record only. ``session`` None: nobody had logged on."""

    at_ns: int
    session: SessionName | None
    message: FixMessage
    last_in: int | None = None


@value
class SessionChanged:
    """A client logged on or its connection ended: an input."""

    at_ns: int
    session: SessionName
    connected: bool
    peer: str
    text: str = ""
    cancel_on_disconnect: bool | None = None  # what holds for this session's open orders


@value
class FixUntaken:
    """A message that an earlier process refused (380=4), and that its client sends again."""

    at_ns: int
    session: SessionName
    message: FixMessage  # for the record
    ref_id: str | None = None  # its ClOrdID


@value
class ReportsUndelivered:
    """Reports that were never written to the client, whose numbers were then reset."""

    at_ns: int
    session: SessionName
    texts: tuple[str, ...]  # complete messages, as they were promised


class FixPort(Protocol):
    """Where reports go."""

    def reserve(self, session: SessionName, count: int) -> int | None:
        """Reserve ``count`` outgoing sequence numbers; the first. None: no such session."""
        ...

    def release(self, session: SessionName, reports: Sequence[tuple[int, str]]) -> None:
        """Hand over reports (MsgSeqNum, complete message) whose commit is durable.

        Must be called once for each ``reserve``, in the same order per session.
        """
        ...

    def interrupt(self, text: str) -> None:
        """The journal is away for a while: answer what arrives from now on with j 380=4.

        What was delivered before waits. What is answered so is delivered for the record.
        """
        ...

    def go_on(self) -> None:
        """The journal is back: deliver again what arrives."""
        ...

    def halt(self, unanswered: Sequence[FixDelivered], text: str) -> None:
        """Stop intake: the journal failed. Answer these, and all that follow, with j 380=4."""
        ...
