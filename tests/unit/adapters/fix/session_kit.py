"""A client session without sockets: a real engine, a wire that keeps what is written.

Here: FakeWire, Kit. Not here: messages (messages), sockets (integration.door_kit).
"""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from fakes.edges import FakeSent
from fixgate.adapters.fix.beginning import Beginning
from fixgate.adapters.fix.client_session import ClientSession
from fixgate.adapters.fix.config import DoorLimits, SessionStart
from fixgate.adapters.fix.dictionary import read
from fixgate.adapters.fix.engine import EngineSession
from fixgate.adapters.fix.framing import Framer
from fixgate.adapters.fix.logon import Approved, judge, key_of
from fixgate.adapters.fix.numbers import NumbersFile
from fixgate.adapters.fix.recorder import Arrived
from fixgate.application.ports.fix import FixDelivered, FixNoted, ReportsUndelivered, SessionChanged
from fixgate.domain.sessions import FixVersion
from unit.adapters.fix.messages import FIX_SPECS, SystemClock, config, logon, parsed, report

_NUMBERS = count(1)


class FakeWire:
    """A connection whose client reads when it is told to."""

    def __init__(self) -> None:
        self.peer, self.address = "127.0.0.1:1", "127.0.0.1"
        self.written: list[bytes] = []
        self.ended: str | None = None
        self.woken = 0
        self.unread = 0

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def buffered(self) -> int:
        return self.unread

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def has_more(self) -> bool:
        return False

    def wake(self) -> None:
        self.woken += 1


class Kit:
    """One session and everything it says."""

    def __init__(self, folder: Path, *, start: SessionStart | None = None, **limits: float) -> None:
        self.client = f"SESSION{next(_NUMBERS)}"
        self.config = config(self.client)
        self.said: list[FixDelivered | FixNoted | SessionChanged | ReportsUndelivered] = []
        self.clock = SystemClock()
        self.sent = FakeSent()
        self.numbers = NumbersFile(folder / "numbers", fence=1)
        start = start or SessionStart()
        self.engine = EngineSession(
            self.config,
            read(FIX_SPECS, FixVersion.FIX44),
            next_sender=start.next_sender,
            next_target=start.next_target,
        )
        self.session = ClientSession(
            self.config,
            self.engine,
            numbers=self.numbers,
            deliver=self.said.append,
            sent=self.sent,
            clock=self.clock,
            beginning=Beginning(folder / "began", otherwise_ns=0),
            limits=DoorLimits(**limits),  # type: ignore[arg-type] # counts are whole numbers
            written=start.next_sender - 1,
        )
        self.wire = FakeWire()

    def connect(self, seq: int = 1, body: str = "98=0|108=30") -> None:
        """A new connection that logs on."""
        self.take(self.attach(seq, body))

    def attach(self, seq: int = 1, body: str = "98=0|108=30") -> bytes:
        """A new connection whose Logon was approved; the Logon, which is still to be taken."""
        self.wire = FakeWire()
        data = logon(seq, body, client=self.client)
        (found,) = Framer().feed(data)
        verdict = judge(
            found,  # type: ignore[arg-type] # a frame
            {key_of(self.config): self.config},
            address="127.0.0.1",
            now_ns=self.clock.now_ns(),
            is_connected=lambda _: False,
        )
        assert isinstance(verdict, Approved), verdict
        self.session.attach(self.wire, verdict)
        return data

    def take(self, data: bytes) -> list[bool]:
        """What the client sends; whether each message could be taken."""
        taken = []
        for item in Framer().feed(data):
            arrived = Arrived(item, self.clock.now_ns())
            taken.append(self.session.may_take(arrived))
            if taken[-1]:
                self.session.take(arrived)
        return taken

    def release(self, *numbers: int) -> None:
        """One report for each number."""
        reports = [(each, report(each, client=self.client)) for each in numbers]
        self.sent.keep(self.config.name, reports)
        self.session.release(reports)

    def resend_all(self) -> None:
        """As the connection does when it is woken."""
        while self.session.may_resend:
            self.session.resend_more()

    def wrote(self) -> list[dict[str, str]]:
        """What went to the client since the last call, by tag."""
        texts = [each.decode() for each in b"".join(self.wire.written).split(b"8=FIX.4.4\x01")[1:]]
        self.wire.written.clear()
        return parsed(f"8=FIX.4.4\x01{each}" for each in texts)

    def delivered(self) -> list[int]:
        """The numbers of what was delivered as input."""
        return [e.message.msg_seq_num for e in self.said if isinstance(e, FixDelivered)]

    def noted(self, holds: Callable[[FixNoted], bool]) -> list[FixNoted]:
        """The notes of a kind."""
        return [each for each in self.said if isinstance(each, FixNoted) and holds(each)]
