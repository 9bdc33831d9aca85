"""One client session: what is done with each frame of its client.

Here: ClientSession, which exists as long as the gateway runs, connected or not.
Not here: sockets (connection), whose turn it is (turns), judging a first Logon (logon, door),
the order of what goes out (sender), numbers that begin again (renewal).
"""

from collections.abc import Callable, Sequence
from typing import Final

from fixgate.adapters.fix.addressed import Addressed
from fixgate.adapters.fix.beginning import Beginning
from fixgate.adapters.fix.beyond_gap import BeyondGap, Kept
from fixgate.adapters.fix.config import DoorLimits, SessionConfig
from fixgate.adapters.fix.data_fields import Fault
from fixgate.adapters.fix.engine import EngineSession, Taken
from fixgate.adapters.fix.fields import (
    engine_text,
    record_text,
    value_of,
    with_values,
    without,
)
from fixgate.adapters.fix.framing import Frame
from fixgate.adapters.fix.logon import Approved, judge_again
from fixgate.adapters.fix.market_data_subscriber import Subscriber
from fixgate.adapters.fix.numbers import NumbersFile
from fixgate.adapters.fix.rates import RateBands
from fixgate.adapters.fix.recorder import Arrived, Deliver, Recorder
from fixgate.adapters.fix.renewal import Renewal
from fixgate.adapters.fix.repeater import Repeater
from fixgate.adapters.fix.resend import asked, own_answer
from fixgate.adapters.fix.sender import Sender, Wire
from fixgate.adapters.fix.undelivered import Undelivered
from fixgate.adapters.fix.untaken import Untaken
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import Direction, FixDelivered, FixMessage, Handling
from fixgate.application.ports.journal import Sent
from fixgate.domain.frozen import maker
from fixgate.domain.sessions import FixVersion
from fixgate.domain.values import BUSINESS_MESSAGE_REJECT

_POSS_DUP: Final = b"\x0143=Y\x01"
ADMIN_TYPES: Final = frozenset("012345A")
_REJECTIONS: Final = frozenset(("3", BUSINESS_MESSAGE_REJECT))
_CAUGHT_UP_S: Final = 30  # a client that misses something asks at once, when it sees our Logon
# FIX 4.4, SessionRejectReason (373)
_VALUE_IS_INCORRECT: Final = 5
_INVALID_TAG_NUMBER: Final = 0

_delivered: Final = maker(FixDelivered)
_message: Final = maker(FixMessage)


class ClientSession:
    """One configured session. Everything happens on the event loop's thread."""

    def __init__(
        self,
        config: SessionConfig,
        engine: EngineSession,
        *,
        numbers: NumbersFile,
        deliver: Deliver,
        sent: Sent,
        clock: Clock,
        limits: DoorLimits,
        written: int,
        beginning: Beginning,
        untaken_through: int = 0,
    ) -> None:
        self.config = config
        self.untaken = Untaken(untaken_through, deliver)
        # What is done with an application message instead of delivering it; None: nothing else.
        self.refuse: Callable[[FixDelivered], None] | None = None
        self.market: Subscriber | None = None  # who takes MarketDataRequests
        self._engine = engine
        self._sent = sent
        self._deliver = deliver
        self._clock = clock
        self._limits = limits
        self._record = Recorder(config.name, deliver, clock)
        self._sender = Sender(
            engine,
            numbers,
            self._record,
            clock,
            late_after_s=limits.late_after_s,
            written=written,
        )
        self._approved: Approved | None = None  # a first Logon that the engine has not seen yet
        self.barred: str | None = None  # why nobody may log on
        self._announced = False  # SessionChanged(connected) was delivered
        self._seconds_on = 0
        self._repeater = Repeater(
            config, self._sender, sent, clock=clock, limits=limits, failed=self._cannot_resend
        )
        undelivered = Undelivered(
            config.name, sent, deliver, self._record, clock=clock, page_max=limits.resend_piece
        )
        self.renewal = Renewal(
            self,
            engine,
            self._sender,
            self._repeater,
            undelivered,
            untaken=self.untaken,
            began=beginning,
            sent=sent,
            clock=clock,
        )
        self._cancels = config.cancel_on_disconnect  # what holds for this connection
        self._beyond = BeyondGap(
            count_max=limits.beyond_gap_max, bytes_max=limits.beyond_gap_bytes_max
        )
        self._rates = RateBands(config.rates)
        self._flooded = False  # logged out for sending too fast: no more is taken
        self._garbled = 0
        self._leaving: str | None = None  # what our Logout said
        self._addressed = Addressed.of(config)

    def reconfigure(self, config: SessionConfig) -> None:
        """Go by these rules from now on; what its engine was made with must be the same."""
        if config.rates != self.config.rates:
            self._rates = RateBands(config.rates)
        if config.resets != self.config.resets:
            self.renewal.reschedule()
        self.config = config

    @property
    def at_rest(self) -> bool:
        """Whether nobody is connected and no commit is under way."""
        return not self.connected and not self._sender.in_flight

    # --- the connection

    @property
    def connected(self) -> bool:
        """Whether a connection belongs to this session."""
        return self._sender.wire is not None

    @property
    def logged_on(self) -> bool:
        """Whether the client has logged on and nobody has logged out."""
        return self._announced

    def attach(self, wire: Wire, approved: Approved) -> None:
        """A connection whose Logon was approved; the Logon itself is taken next."""
        self._sender.wire, self._approved = wire, approved
        self._record.peer = wire.peer
        self._garbled = 0
        self._flooded = self._rates.too_fast = False

    def turn_away(self, wire: Wire, logon: Frame, text: str) -> None:
        """Answer a Logon that is in order, but not now, with Logout; the caller closes.

        Both numbers are used up: the client's engine has counted its Logon, and counts our Logout.
        It counts it even if reports before it are missing, whose first would then never be asked
        for; so a client that has not been sent all reports hears nothing.
        """
        if self._sender.unwritten() is not None:
            return
        self._record.peer = wire.peer
        self._sender.wire = wire
        taken = self._sender.turn(lambda: self._engine.refuse(logon, text))
        self._sender.pass_on(taken.sent)
        self._sender.flush_all()
        self._sender.connection_lost()
        self._engine.disconnected()
        self._record.peer = None

    def away(self) -> str | None:
        """Why this session's client may not come back yet, if so."""
        return self._rates.away(self._clock.now_ns())

    def may_take(self, arrived: Arrived) -> bool:
        """Whether this can be taken now. If not, the connection is woken when it can."""
        item = arrived.item
        # A ResendRequest or Logon must not see numbers whose reports are not durable yet.
        return not (
            self._sender.in_flight and isinstance(item, Frame) and item.msg_type in ADMIN_TYPES
        )

    def take(self, arrived: Arrived) -> None:
        """What a framer found next on this session's connection."""
        frame = arrived.item
        if not isinstance(frame, Frame):
            self._take_garbage(arrived)
            return
        self._garbled = 0
        if self._flooded and frame.msg_type not in ADMIN_TYPES:
            # Not taken, so it is asked for again when the client is back.
            last_in = self._engine.next_target - 1
            self._record.incoming(
                arrived, Handling.REFUSED, last_in=last_in, reason=self._rates.last_words
            )
        elif (why := self._addressed.unacceptable(frame)) is not None:
            self._log_out(arrived, why)
        elif frame.msg_seq_num > self._engine.next_target and self._beyond.full():
            self._log_out(arrived, "too many messages beyond a missing one")
        elif (fault := self._addressed.fault(frame)) is not None:
            self._reject(arrived, frame, fault)
        elif frame.msg_type == "A":
            self._take_logon(arrived, frame)
        elif frame.msg_type == "2":
            self._take_resend_request(arrived, frame)
        else:
            self._feed(arrived, frame, lambda: self._engine.feed(frame))

    def lost(self, text: str) -> None:
        """The connection has ended."""
        if not self.connected:
            return
        self._sender.connection_lost()
        if self.market is not None:
            self.market.gone()
        self._approved = None
        self._repeater.give_up()
        self._beyond.clear()
        self._engine.disconnected()
        if self._announced:
            self._announced = False
            self._record.changed(connected=False, text=self._leaving or text)
        self._record.peer = self._leaving = None
        self.renewal.go_on()

    def cut_off(self, reason: str) -> None:
        """End the connection at once, and say why in the record."""
        wire = self._sender.wire
        if wire is not None:
            self._record.refused(reason)
            self.lost(reason)
            wire.abort()

    def too_slow(self) -> bool:
        """Whether more waits for this client than is kept for one."""
        return self._sender.waiting_bytes() > self._limits.write_buffer_bytes_max

    # --- time and operators

    def tick(self) -> None:
        """Once a second. A Logon that still waits for its turn is not the engine's to time yet."""
        self._sender.tick()
        self.untaken.look(self._engine.next_target)
        self.note_prices()
        self._seconds_on += self._announced
        if self._seconds_on == _CAUGHT_UP_S and (missed := self._sender.unwritten()) is not None:
            self._sender.caught_up(*missed)  # else the client would have asked by now
        wire = self._sender.wire
        if wire is None or not self._announced or self._repeater.busy:
            return
        # While the journal or the core is slow, what the client sent waits here: it is not silent.
        # With each message it is fed, the engine looks at its timers too.
        if not wire.has_more():
            self.after(self._sender.turn(self._engine.tick), "no sign of life from the client")

    def logout(self, text: str) -> None:
        """Send Logout and wait for the client's; without a Logon, just end the connection."""
        if not self._announced:
            self.cut_off(text)
            return
        self._leaving = text
        self.after(self._sender.turn(lambda: self._engine.logout(text)), text)

    # --- its sequence numbers

    @property
    def next_sender(self) -> int:
        """The number of our next message, reservations included."""
        return self._sender.next_number

    @property
    def next_target(self) -> int:
        """The number expected of the client's next message."""
        return self._engine.next_target

    @property
    def waiting_bytes(self) -> int:
        """What the client has not taken yet."""
        return self._sender.waiting_bytes()

    @property
    def cancels_on_disconnect(self) -> bool:
        """Whether its open orders are canceled when the connection ends."""
        return self._cancels

    def resend(self, begin: int, last: int) -> str | None:
        """Repeat these messages as if the client had asked for them; why not, if so."""
        if not self._announced:
            return f"{self.config.name} is not logged on"
        if self._repeater.busy:
            return f"{self.config.name} is being sent another range; try again"
        if self._sender.in_flight:
            return "busy"
        if begin > (last := min(last, self._engine.next_sender - 1)):
            return f"nothing was sent to {self.config.name} under number {begin} or above"
        self._repeater.begin(begin, last)
        return None

    def close(self) -> None:
        """Give the engine back and write down its numbers."""
        if (wire := self._sender.wire) is not None:
            self.lost("the gateway stops")
            wire.close()
        self._sender.close()
        self._engine.close()

    # --- reports

    def reserve(self, count: int) -> int:
        """Promise ``count`` outgoing numbers; the first."""
        return self._sender.reserve(count)

    def release(self, reports: Sequence[tuple[int, str]]) -> None:
        """Send the reports of the oldest reservation. Raises as Sender.release."""
        # A client whose Logon is not answered yet must hear nothing before; it asks for these.
        self._sender.release(reports, heard=self._announced)
        wire = self._sender.wire
        if wire is not None:
            if self.too_slow():
                self.cut_off("the client does not read what it is sent")
            elif not self._sender.in_flight:
                wire.wake()

    def abandon(self) -> None:
        """The commits in flight have failed: their numbers stay unused for ever."""
        self._sender.abandon()
        if (wire := self._sender.wire) is not None:
            wire.wake()

    def answer_refused(self, refused: FixDelivered, text: str) -> None:
        """BusinessMessageReject 380=4: the application is not available."""
        message = refused.message
        if message.msg_type == BUSINESS_MESSAGE_REJECT:
            return
        ref_id = value_of(refused.text, 11)
        fields = [(45, str(message.msg_seq_num)), (58, text), (372, message.msg_type)]
        fields += [] if ref_id is None else [(379, ref_id)]
        fields += [(380, "4")]
        self.after(self._sender.turn(lambda: self._engine.say("j", fields)), text)

    # --- prices, which go past the core

    @property
    def clear(self) -> bool:
        """Whether a message may go out now that stands in no order with the reports."""
        busy = self._sender.in_flight or self._repeater.busy or self.refuse is not None
        return self._announced and self._leaving is None and not busy

    def send_past(self, count: int, make: Callable[[int], Sequence[bytes]]) -> None:
        """Send so many messages, made with the number of the first."""
        self._sender.send_past(count, make)

    def answer(self, msg_type: str, fields: Sequence[tuple[int, str]]) -> None:
        """Send a message of the session's own."""
        taken = self._sender.turn(lambda: self._engine.say(msg_type, fields))
        self.after(taken, "the engine ended the session")

    def note_prices(self) -> None:
        """Put on record what was sent past the core."""
        if self.market is not None:
            self.market.note()

    def note_digest(self, last: int, text: str) -> None:
        """For the record: what was sent past the core."""
        self._record.digest(last, text)

    # --- resending

    @property
    def resending(self) -> bool:
        """Whether a range is being repeated; nothing else is taken until it is done."""
        return self._repeater.busy

    @property
    def may_resend(self) -> bool:
        """Whether a piece of the range is there to be sent."""
        return self._repeater.ready

    def resend_more(self) -> None:
        """Repeat the next piece; the connection is woken when there is another one."""
        self._repeater.send_piece()
        if self.connected and self.too_slow():
            self.cut_off("the client does not read what it is sent")

    def stop_resending(self) -> None:
        """Nobody is there any more to whom anything could be repeated."""
        self._repeater.give_up()

    def _cannot_resend(self, number: int) -> None:
        """The client must not take what cannot be read for what was never sent."""
        self.logout(f"message {number} cannot be read back and resent")
        self._hang_up("the journal could not be read")

    # --- what a client sends

    def _take_garbage(self, arrived: Arrived) -> None:
        self._garbled += 1
        self._record.incoming(arrived, Handling.GARBLED, last_in=self._engine.next_target - 1)
        item = arrived.item
        if not isinstance(item, Frame) and item.fatal:
            self.logout(f"message {item.reason}")
            self._hang_up(item.reason)
        elif self._garbled > self._limits.garbled_max:
            self.logout("too many garbled messages")
            self._hang_up("too many garbled messages")

    def _log_out(self, arrived: Arrived, why: str) -> None:
        last_in = self._engine.next_target - 1
        self._record.incoming(arrived, Handling.REFUSED, last_in=last_in, reason=why)
        self.logout(why)

    def _reject(self, arrived: Arrived, frame: Frame, fault: Fault) -> None:
        taken = self._sender.turn(
            lambda: self._engine.reject(
                frame, tag=fault.tag, reason=fault.reject_reason, text=fault.text
            )
        )
        self._record.incoming(arrived, Handling.REFUSED, last_in=taken.last_in, reason=fault.text)
        self.after(taken, "logged out")

    def _take_logon(self, arrived: Arrived, frame: Frame) -> None:
        approved, self._approved = self._approved, None
        if approved is not None:
            self._cancels = approved.cancel_on_disconnect
        wire = self._sender.wire
        if approved is None and wire is not None:
            again = judge_again(
                frame, self.config, address=wire.address, now_ns=self._clock.now_ns()
            )
            if isinstance(again, str):
                self._log_out(arrived, again)
                return
            approved = again
        if approved is None:
            return
        begin, last = approved.next_expected, self._engine.next_sender - 1
        text = engine_text(frame.raw)
        # The engine would resend all that NextExpectedMsgSeqNum (789) asks for in one go.
        ours = (
            begin is not None
            and 0 < begin <= last
            and not approved.resets
            and self.config.version is FixVersion.FIX44
        )
        if ours:
            text = without(text, 789)
        if approved.resets:
            note = "the sequence numbers were reset"
            self.renewal.by_logon(lambda: self._feed_logon(arrived, frame, text, note))
        else:
            self._feed_logon(arrived, frame, text, "")
        if ours and begin is not None and self._announced:
            self._repeater.begin(begin, last)

    def _feed_logon(self, arrived: Arrived, frame: Frame, text: str, note: str) -> None:
        self._feed(arrived, frame, lambda: self._engine.feed_text(text), logon_note=note)

    def _take_resend_request(self, arrived: Arrived, frame: Frame) -> None:
        text = engine_text(frame.raw)
        wanted = asked(text, self.config.version, next_sender=self._engine.next_sender)
        if wanted is None:
            self._feed(arrived, frame, lambda: self._engine.feed(frame))
            return
        begin, last = wanted
        if self._repeater.too_often(begin):
            self._log_out(arrived, f"message {begin} was asked for too often")
            return
        if begin > last:
            # The engine would answer with a gap fill over numbers that were never used.
            fault = Fault(
                tag=7, reject_reason=_VALUE_IS_INCORRECT, text="nothing was sent in this range"
            )
            self._reject(arrived, frame, fault)
            return
        narrowed = with_values(text, {7: str(begin), 16: str(last)})
        taken = self._sender.turn(lambda: self._engine.feed_text(narrowed))
        self._note_fed(arrived, frame, taken, taken.last_in)
        others = own_answer(taken.sent)
        self.after(taken if others is None else taken._replace(sent=others), "logged out")
        if others is not None and self.connected:
            self._repeater.begin(begin, last)

    def _feed(
        self,
        arrived: Arrived,
        frame: Frame,
        call: Callable[[], Taken],
        *,
        logon_note: str | None = None,
    ) -> None:
        expected = self._engine.next_target
        taken = self._sender.turn(call)
        if taken.unreadable is not None:
            fault = Fault(tag=None, reject_reason=_INVALID_TAG_NUMBER, text=taken.unreadable)
            self._reject(arrived, frame, fault)
            return
        # What is handed on may be answered at once, with numbers above those of this turn.
        self._sender.queue(taken.sent)
        self._hand_on(arrived, frame, taken, expected)
        if frame.msg_type in _REJECTIONS and expected <= frame.msg_seq_num <= taken.last_in:
            self._record.rejected(frame)
        if logon_note is not None and self._engine.logged_on:
            self._announced = True
            self._seconds_on = 0
            self._record.changed(
                connected=True, text=logon_note, cancel_on_disconnect=self._cancels
            )
        self.after(taken._replace(sent=[]), "the engine ended the session")
        if self._rates.too_fast and not self._flooded:
            self._flooded = True
            self.logout(self._rates.last_words)

    def _hand_on(self, arrived: Arrived, frame: Frame, taken: Taken, expected: int) -> None:
        """Deliver what the engine handed on, each with the number it had then come to."""
        number = frame.msg_seq_num
        if number not in taken.delivered:
            # A crash after this note must not lose what is delivered after it.
            before = taken.delivered[0] - 1 if taken.delivered else taken.last_in
            self._note_fed(arrived, frame, taken, before)
            if number > taken.last_in and _is_kept(frame, taken):
                self._beyond.keep(arrived, frame)
        for each in taken.delivered:
            kept = Kept(frame, arrived.at_ns) if each == number else self._beyond.take(each)
            if kept is None:
                raise LookupError(f"the engine delivered message {each}, which never came")
            self._deliver_one(kept)
        self._beyond.forget(expected, taken.last_in + 1)

    def _deliver_one(self, kept: Kept) -> None:
        frame = kept.frame
        # What the client sends again because we asked it to is not too much.
        too_much = None if _POSS_DUP in frame.raw else self._rates.count(kept.at_ns)
        if self.market is not None and frame.msg_type == "V" and self.refuse is None:
            arrived = Arrived(frame, kept.at_ns)
            self._record.incoming(arrived, Handling.SERVED, last_in=frame.msg_seq_num)
            self.market.take(engine_text(frame.raw), too_much=too_much)
            return
        delivered = _delivered(
            at_ns=kept.at_ns,
            session=self.config.name,
            message=_message(
                direction=Direction.IN,
                handling=Handling.DELIVERED,
                msg_type=frame.msg_type,
                msg_seq_num=frame.msg_seq_num,
                text=record_text(frame.raw),
                peer=self._record.peer,
            ),
            text=engine_text(frame.raw),
            last_in=frame.msg_seq_num,
            throttled=too_much,
        )
        if self.refuse is not None:
            self.refuse(delivered)
        elif frame.msg_seq_num <= self.untaken.through:
            self.untaken.refuse(delivered)
        else:
            self._deliver(delivered)

    def _note_fed(self, arrived: Arrived, frame: Frame, taken: Taken, last_in: int) -> None:
        too_high = frame.msg_seq_num > taken.last_in
        reason = "kept: an earlier message is missing" if too_high else None
        self._record.incoming(arrived, Handling.ENGINE, last_in=last_in, reason=reason)

    def after(self, taken: Taken, why: str) -> None:
        """Write what the engine sent; end the connection if it wants that."""
        self._sender.pass_on(taken.sent)
        if not self.connected:
            return
        if taken.closing:
            self._hang_up(why)
        elif self.too_slow():
            self.cut_off("the client does not read what it is sent")

    def _hang_up(self, why: str) -> None:
        wire = self._sender.wire
        if wire is not None:
            self._sender.flush_all()
            self.lost(why)
            wire.close()


def _is_kept(frame: Frame, taken: Taken) -> bool:
    """Whether the engine has put a message whose number is too high into its queue.

    It has not if it rejected it, and never does with Logout and SequenceReset-Reset.
    """
    if any("\x0135=3\x01" in each for each in taken.sent):
        return False
    return frame.msg_type != "5" and (frame.msg_type != "4" or b"\x01123=Y\x01" in frame.raw)
