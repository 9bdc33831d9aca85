"""The session layer of a FIX client, without a socket.

Here: Identity and FixSession: Logon, sequence numbers, gaps, resends, heartbeats, Logout. It is
fed messages and told the time; what it wants sent waits in ``output``.
Not here: bytes and sockets (fixclient), what application messages mean (book).

Source of the rules: FIX 4.4 Volume 2, "Session Protocol"; the same in FIX 4.2.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from fixgate.cli.fixstore import ClientStore
from fixgate.cli.fixtext import Fields, Message, compose, utc_timestamp

ADMIN: Final = frozenset("A012345")
_HELD_MAX: Final = 100_000  # messages kept while an earlier one is missing
_HEADER: Final = frozenset({8, 9, 35, 49, 56, 34, 52, 43, 122, 10})
# A peer may be late by a fifth of the interval, "some reasonable transmission time".
_SILENCE: Final = 1.2
_DEAD: Final = 2.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who logs on to whom, and how."""

    begin_string: str
    sender_comp_id: str  # ours
    target_comp_id: str
    heart_bt_int_s: int = 30
    username: str | None = None
    password: str | None = None
    reset: bool = False  # ResetSeqNumFlag (141): both sides begin again at 1


class FixSession:
    """The initiator's side of one connection; the store outlives it."""

    def __init__(self, identity: Identity, store: ClientStore, now_ns: Callable[[], int]) -> None:
        self._identity = identity
        self._store = store
        self._now_ns = now_ns
        self._held: dict[int, Message] = {}  # later than expected, by MsgSeqNum
        self._asked_to = 0  # a ResendRequest covers what is missing up to here
        self._beat_at_s = self._heard_at_s = 0.0
        self._test_sent = False
        self._logout_sent = False
        self.output: list[Message] = []
        self.logged_on = False
        self.ended: str | None = None  # why the connection is to be closed

    @property
    def is_behind(self) -> bool:
        """Whether messages wait for earlier ones that were asked for."""
        return bool(self._held)

    # --- what the client wants ------------------------------------------------------------

    def log_on(self, at_s: float) -> None:
        """Send the Logon; the first thing to do on a connection."""
        identity = self._identity
        fields = [(98, "0"), (108, str(identity.heart_bt_int_s))]
        if identity.reset:
            self._store.reset()
            fields.append((141, "Y"))
        if identity.username is not None:
            fields += [(553, identity.username), (554, identity.password or "")]
        self._beat_at_s = self._heard_at_s = at_s
        self._send("A", fields)

    def send(self, msg_type: str, fields: Fields) -> Message:
        """Send an application message; it is on record before it is on the wire."""
        return self._send(msg_type, fields)

    def log_out(self, text: str | None = None) -> None:
        """Say goodbye; the connection is to be closed when the answer has come."""
        if not self._logout_sent:
            self._logout_sent = True
            self._send("5", [(58, text)] if text else [])

    # --- what happens ---------------------------------------------------------------------

    def receive(self, message: Message, at_s: float) -> Iterator[Message]:
        """Take a message; gives the application messages that are in order now."""
        self._heard_at_s = at_s
        self._test_sent = False
        if self.ended is not None or not self._is_for_us(message):
            return
        if not self.logged_on and message.msg_type not in ("A", "5"):
            self.ended = "the first message was not a Logon"
            return
        if message.msg_type == "4" and message.get(123) != "Y":
            self._reset_to(message)
        elif message.msg_seq_num > self._store.next_in:
            self._early(message)
        elif message.msg_seq_num < self._store.next_in:
            self._late(message)
        else:
            yield from self._in_order(message)
        while self.ended is None and (held := self._held.pop(self._store.next_in, None)):
            yield from self._in_order(held, again=True)

    def tick(self, at_s: float) -> None:
        """Heartbeats, and the end of a peer that has gone silent; about once a second."""
        if not self.logged_on or self.ended is not None:
            return
        interval = self._identity.heart_bt_int_s
        silence = at_s - self._heard_at_s
        if silence > interval * _DEAD:
            self.ended = f"the gateway has been silent for {silence:.0f} seconds"
        elif silence > interval * _SILENCE and not self._test_sent:
            self._test_sent = True
            self._send("1", [(112, utc_timestamp(self._now_ns()))])
        if at_s - self._beat_at_s >= interval:
            # Also when something else was sent meanwhile: FIX allows it, and it is simpler.
            self._beat_at_s = at_s
            self._send("0", [])

    # --- sequence numbers -----------------------------------------------------------------

    def _in_order(self, message: Message, *, again: bool = False) -> Iterator[Message]:
        """A message whose turn it is. ``again``: it was looked at when it came too early."""
        kind = message.msg_type
        if kind == "4":
            self._gap_fill(message)
            return
        application = kind not in ADMIN or kind == "3"
        self._store.save_in(message.msg_seq_num + 1, message if application else None)
        if application:
            yield message
        elif not again or kind not in ("A", "2", "5"):
            self._admin(message)

    def _early(self, message: Message) -> None:
        """Something is missing before it: keep it, and ask, once."""
        if len(self._held) >= _HELD_MAX:
            self._fail("too many messages after one that is missing")
            return
        self._held[message.msg_seq_num] = message
        if message.msg_type in ("A", "2", "5"):
            # A Logon opens the session; a ResendRequest must be answered at once, or two sides
            # that both miss something would wait for each other; a Logout ends it whatever.
            self._admin(message)
        if message.msg_seq_num > self._asked_to and self.ended is None and self.logged_on:
            begin = max(self._store.next_in, self._asked_to + 1)
            missing_to = message.msg_seq_num - 1
            self._asked_to = message.msg_seq_num
            if begin <= missing_to:
                self._send("2", [(7, str(begin)), (16, str(missing_to))])

    def _late(self, message: Message) -> None:
        """A number that was had already: a repetition, or the end of the session."""
        if message.poss_dup:
            return
        if message.msg_type == "5":
            self._admin(message)
            return
        expected = self._store.next_in
        self._fail(
            f"MsgSeqNum too low, expecting {expected} but received {message.msg_seq_num}",
            advice="; --reset-sequence lets both sides begin again at 1",
        )

    def _gap_fill(self, message: Message) -> None:
        new_seq_no = message.number(36)
        if new_seq_no <= message.msg_seq_num:
            self._store.save_in(message.msg_seq_num + 1)
            self._reject(message, 36, "NewSeqNo does not go forward")
        else:
            self._move_to(new_seq_no)

    def _reset_to(self, message: Message) -> None:
        """SequenceReset in reset mode: MsgSeqNum is ignored, NewSeqNo counts."""
        new_seq_no = message.number(36)
        if new_seq_no < self._store.next_in:
            self._reject(message, 36, "NewSeqNo goes back")
        else:
            self._move_to(new_seq_no)

    def _move_to(self, next_in: int) -> None:
        self._store.save_in(next_in)
        self._held = {n: each for n, each in self._held.items() if n >= next_in}

    # --- session messages -----------------------------------------------------------------

    def _admin(self, message: Message) -> None:
        match message.msg_type:
            case "A":
                self._logon_answered(message)
            case "1":
                self._send("0", [(112, message.get(112) or "")])
            case "2":
                self._resend(message.number(7), message.number(16))
            case "5":
                self._logged_out(message)
            case _:  # a Heartbeat: that it came is all it says
                return

    def _logon_answered(self, message: Message) -> None:
        if message.get(141) == "Y" and not self._identity.reset:
            self._fail("the gateway reset the sequence numbers and was not asked to")
            return
        self.logged_on = True

    def _logged_out(self, message: Message) -> None:
        text = message.get(58)
        if not self._logout_sent:
            self.ended = f"the gateway logged out: {text}" if text else "the gateway logged out"
            if self.logged_on:
                self.log_out()
        else:
            self.ended = "logged out"
        self.logged_on = False

    def _resend(self, begin: int, end: int) -> None:
        """Answer a ResendRequest: orders again with PossDupFlag, the rest as gaps."""
        last = self._store.next_out - 1
        end = last if end == 0 or end > last else end
        gap_from: int | None = None
        for number in range(max(begin, 1), end + 1):
            message = self._store.sent(number)
            if message is None:
                gap_from = number if gap_from is None else gap_from
                continue
            if gap_from is not None:
                self._fill(gap_from, number)
                gap_from = None
            self._repeat(number, message)
        if gap_from is not None:
            self._fill(gap_from, end + 1)

    def _repeat(self, number: int, message: Message) -> None:
        body = [(tag, value) for tag, value in message.fields if tag not in _HEADER]
        extra = [(43, "Y"), (122, message.get(52) or "")]
        self.output.append(self._compose(message.msg_type, number, extra, body))

    def _fill(self, number: int, new_seq_no: int) -> None:
        now = utc_timestamp(self._now_ns())
        body = [(123, "Y"), (36, str(new_seq_no))]
        self.output.append(self._compose("4", number, [(43, "Y"), (122, now)], body))

    def _reject(self, message: Message, tag: int, text: str) -> None:
        value_is_incorrect = "5"  # SessionRejectReason (373)
        fields = [(45, str(message.msg_seq_num)), (58, text), (371, str(tag))]
        self._send("3", [*fields, (372, message.msg_type), (373, value_is_incorrect)])

    def _is_for_us(self, message: Message) -> bool:
        identity = self._identity
        theirs = (message.get(8), message.get(49), message.get(56))
        ours = (identity.begin_string, identity.target_comp_id, identity.sender_comp_id)
        if theirs == ours and message.msg_seq_num > 0:
            return True
        self._fail("the gateway answered with other CompIDs, another version or no MsgSeqNum")
        return False

    def _fail(self, text: str, advice: str = "") -> None:
        if self.logged_on:
            self.log_out(text)
        self.ended = text + advice

    def _send(self, msg_type: str, fields: Fields) -> Message:
        message = self._compose(msg_type, self._store.next_out, [], fields)
        self._store.save_out(message, application=msg_type not in ADMIN)
        self.output.append(message)
        return message

    def _compose(
        self, msg_type: str, number: int, extra: list[tuple[int, str]], body: Fields
    ) -> Message:
        identity = self._identity
        header = [
            (35, msg_type),
            (49, identity.sender_comp_id),
            (56, identity.target_comp_id),
            (34, str(number)),
            *extra,
            (52, utc_timestamp(self._now_ns())),
        ]
        return compose(identity.begin_string, [*header, *body])
