"""The FIX side of one simulated process: sessions with the numbering rules of a FIX engine.

Here: Door, a FixPort. It delivers in order, asks for what is missing, keeps what it sends, and
begins as the real one does: where the journal says, with what was promised and never handed over.
Not here: FIX syntax of session messages; they are tuples, of which Wire carries some.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fixgate.adapters.fix.config import SessionStart
from fixgate.adapters.fix.fields import value_of
from fixgate.adapters.fix.numbers import Kept, first_sender
from fixgate.adapters.fix.untaken import Untaken
from fixgate.application.inbox import Inbox, Mark
from fixgate.application.ports.fix import (
    Direction,
    FixDelivered,
    FixMessage,
    FixNoted,
    Handling,
    SessionChanged,
)
from fixgate.domain.ids import SessionName
from simulation.disk import Disk, Numbers
from simulation.network import Wire
from simulation.world import BugFound


@dataclass(slots=True)
class _Session:
    file: Numbers
    next_sender: int
    next_target: int
    untaken: Untaken
    wire: Wire | None = None
    logged_on: bool = False
    in_flight: list[tuple[int, int]] = field(default_factory=list)
    next_free: int = 0
    asked: bool = False  # for what is missing
    waiting: list[tuple] = field(default_factory=list)  # admin messages, until nothing is in flight
    beyond: dict[int, tuple] = field(default_factory=dict)


class Door:
    """All sessions of one process."""

    def __init__(
        self, disk: Disk, inbox: Inbox, now_ns: Callable[[], int], sessions: Sequence[SessionName]
    ) -> None:
        self._disk = disk
        self._inbox = inbox
        self._now_ns = now_ns
        self.open = False
        self._halted: str | None = None
        self._sessions = {name: self._prepared(name) for name in sessions}

    def _prepared(self, name: SessionName) -> _Session:
        """As the real start does it (adapters.fix.server)."""
        disk = self._disk
        target = disk.last_in.get(name, 0) + 1
        start = SessionStart(next_sender=disk.last_out.get(name, 0) + 1, next_target=target)
        file = disk.numbers.get(name)
        kept = None if file is None else Kept(file.written, file.written - 1, current=file.current)
        sender = first_sender(start, kept)
        jumped = kept is None or not kept.current
        synced = sender if jumped or file is None else file.synced
        file = disk.numbers[name] = Numbers(written=sender, synced=synced)
        through = disk.refused_through.get(name, 0)
        if through < target:
            disk.refused_through.pop(name, None)
            through = 0
        untaken = Untaken(through, self._inbox.put)
        untaken.over = lambda: self._inbox.put(Mark(reached=lambda: self._past(name, through)))
        return _Session(file, sender, target, untaken)

    def _past(self, name: SessionName, through: int) -> None:
        """What an earlier process refused is in the journal."""
        if self._disk.refused_through.get(name) == through:
            del self._disk.refused_through[name]

    # --- the port

    def reserve(self, session: SessionName, count: int) -> int | None:
        one = self._sessions[session]
        first = one.next_free if one.in_flight else one.next_sender
        one.next_free = first + count
        one.in_flight.append((first, count))
        return first

    def release(self, session: SessionName, reports: Sequence[tuple[int, str]]) -> None:
        one = self._sessions[session]
        first, count = one.in_flight.pop(0)
        if [number for number, _ in reports] != list(range(first, first + count)):
            raise BugFound(f"numbers {reports} released for {first}, {count}")
        for number, text in reports:
            if self._disk.sent.get(session, {}).get(number) != text:
                raise BugFound(f"{session}: report {number} leaves, and is not in the journal")
            one.next_sender = max(one.next_sender, number + 1)
            if one.logged_on and one.wire is not None:
                one.wire.to_client(("app", number, text, False))
        if not one.in_flight:
            waiting, one.waiting = one.waiting, []
            for each in waiting:
                self.take(session, each)

    def halt(self, unanswered: Sequence[FixDelivered], text: str) -> None:
        self._halted = text
        waiting: dict[SessionName, list[FixDelivered]] = {}
        for each in unanswered:
            if self._sessions[each.session].wire is not None:
                waiting.setdefault(each.session, []).append(each)
        for one in self._sessions.values():
            if one.in_flight:
                one.in_flight.clear()
                one.next_sender = max(one.next_sender, one.next_free)
        for name, messages in waiting.items():
            before = self._disk.refused_through.get(name, 0)
            self._disk.refused_through[name] = max(messages[-1].message.msg_seq_num, before)
            for each in messages:
                self._refuse(name, each)
        for one in self._sessions.values():
            if one.wire is not None:
                one.wire.cut()

    def _refuse(self, session: SessionName, refused: FixDelivered) -> None:
        """380=4 under a number that no report will have."""
        one = self._sessions[session]
        self._disk.said_no.add((session, refused.message.msg_seq_num))
        number = self._next(one)
        message, name = refused.message, value_of(refused.text, 11)
        text = f"8=FIX|35=j|34={number}|372={message.msg_type}|379={name}|380=4|"
        text = text.replace("|", "\x01")
        if one.wire is not None:
            one.wire.to_client(("app", number, text, False))

    # --- connections

    def connected(self, session: SessionName, wire: Wire) -> bool:
        """A client has connected; False if it is turned away."""
        one = self._sessions[session]
        if not self.open or self._halted is not None or one.wire is not None:
            return False
        one.wire = wire
        one.logged_on = one.asked = False
        return True

    def lost(self, session: SessionName) -> None:
        """Its connection has ended."""
        one = self._sessions[session]
        if one.wire is None:
            return
        one.wire = None
        one.waiting.clear()
        one.beyond.clear()
        if one.logged_on and self._halted is None:
            one.logged_on = False
            self._changed(session, connected=False)
        one.logged_on = False

    def take(self, session: SessionName, message: tuple) -> None:
        """A message of the client."""
        one = self._sessions[session]
        if one.wire is None:
            return
        if one.waiting or (one.in_flight and message[0] != "app"):
            one.waiting.append(message)
            return
        kind, number, *rest = message
        if kind == "logon":
            one.logged_on = True
            self._send_admin(session, "logon")
            if self._halted is None:
                self._changed(session, connected=True)
        if kind == "resend":
            self._resend(session, one, rest[0])
        expected = one.next_target
        if number > expected:
            one.beyond[number] = message
            if not one.asked:
                one.asked = True
                self._send_admin(session, "resend", expected)
        elif number == expected:
            self._in_turn(session, one, message)
        elif not (kind in ("gap", "app") and rest[-1]):
            raise BugFound(f"{session}: MsgSeqNum {number} is too low, expected {expected}")

    def _in_turn(self, session: SessionName, one: _Session, message: tuple) -> None:
        self._count(session, one, message)
        while (kept := one.beyond.pop(one.next_target, None)) is not None:
            self._count(session, one, kept)
        one.untaken.look(one.next_target)
        for old in [each for each in one.beyond if each < one.next_target]:
            del one.beyond[old]
        if not one.beyond:
            one.asked = False

    def _count(self, session: SessionName, one: _Session, message: tuple) -> None:
        kind, number, *rest = message
        one.next_target = rest[0] if kind == "gap" else number + 1
        if kind == "app":
            self._deliver(session, number, rest[0], rest[1])
        elif self._halted is None:
            note = FixMessage(
                direction=Direction.IN,
                handling=Handling.ENGINE,
                msg_type={"logon": "A", "resend": "2", "gap": "4"}[kind],
                msg_seq_num=number,
                text=f"{kind} {number}",
            )
            last_in = one.next_target - 1
            self._inbox.put(
                FixNoted(at_ns=self._now_ns(), session=session, message=note, last_in=last_in)
            )

    def _deliver(self, session: SessionName, number: int, msg_type: str, text: str) -> None:
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.DELIVERED,
            msg_type=msg_type,
            msg_seq_num=number,
            text=text,
        )
        delivered = FixDelivered(
            at_ns=self._now_ns(), session=session, message=message, text=text, last_in=number
        )
        untaken = self._sessions[session].untaken
        if self._halted is not None:
            before = self._disk.refused_through.get(session, 0)
            self._disk.refused_through[session] = max(number, before)
            self._refuse(session, delivered)
        elif number <= untaken.through:
            untaken.refuse(delivered)
        else:
            self._inbox.put(delivered)

    def _send_admin(self, session: SessionName, kind: str, *rest: int) -> None:
        one = self._sessions[session]
        number = self._next(one)
        if one.wire is not None:
            one.wire.to_client((kind, number, *rest))
        if self._halted is None:
            self._note_out(session, number, {"logon": "A", "resend": "2"}[kind])

    @staticmethod
    def _next(one: _Session) -> int:
        """A number for a message that the journal does not know before it is sent."""
        number, one.next_sender = one.next_sender, one.next_sender + 1
        one.file.written = one.next_sender
        return number

    def _note_out(self, session: SessionName, number: int, msg_type: str) -> None:
        message = FixMessage(
            direction=Direction.OUT,
            handling=Handling.ENGINE,
            msg_type=msg_type,
            msg_seq_num=number,
            text="",
        )
        self._inbox.put(FixNoted(at_ns=self._now_ns(), session=session, message=message))

    def _resend(self, session: SessionName, one: _Session, begin: int) -> None:
        """Reports again, gaps for everything else."""
        if one.wire is None:
            return
        number, end = begin, one.next_sender
        sent = self._disk.sent.get(session, {})
        while number < end:
            text = sent.get(number)
            if text is not None:
                one.wire.to_client(("app", number, text, True))
                number += 1
                continue
            gap = number
            later = [each for each in sent if each > number]
            number = min([end, *later])
            one.wire.to_client(("gap", gap, number))

    def _changed(self, session: SessionName, *, connected: bool) -> None:
        changed = SessionChanged(
            at_ns=self._now_ns(), session=session, connected=connected, peer="simulated"
        )
        self._inbox.put(changed)
