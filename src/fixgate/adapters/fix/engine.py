"""One QuickFIX session, used as a protocol machine: text in, text out, no sockets, no threads.

Here: EngineSession. Not here: sockets, what is done with messages, which messages may be fed
while reports are being committed (client_session), the order of the wire (outbox).
The behaviour relied on is that of quickfix 1.16.0; decision 0002 and the tests say which.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import quickfix as fix

from fixgate.adapters.fix.callbacks import Callbacks
from fixgate.adapters.fix.config import SessionConfig, SessionStart
from fixgate.adapters.fix.dictionary import Dictionary
from fixgate.adapters.fix.encode import clean
from fixgate.adapters.fix.fields import compose, engine_text, only_leading, tell
from fixgate.adapters.fix.framing import Frame
from fixgate.adapters.fix.store import StoreFiles
from fixgate.application.ports.fix import SessionStoreFailed
from fixgate.domain.errors import InvariantBroken, require

# How far the sender number jumps when the store is lost: above whatever may have been sent.
JUMP: Final = 1_000
_MIDNIGHT_MARGIN_S: Final = 5
_DAY_S: Final = 86_400


class Taken(NamedTuple):
    """What one call into the engine did."""

    delivered: list[int]  # MsgSeqNum of the application messages it handed on, in order
    sent: list[str]  # messages for the client, in order
    closing: bool  # it wants the connection closed
    last_in: int  # the highest MsgSeqNum it counts as received
    unreadable: str | None = None  # it could not take the text apart, and did nothing


class EngineSession:
    """One session of the engine with its store. Not thread-safe; one at a time per CompIDs."""

    def __init__(
        self,
        config: SessionConfig,
        dictionary: Dictionary,
        folder: Path,
        *,
        start: SessionStart | None = None,
    ) -> None:
        self._config = config
        self._dictionary = dictionary
        self._callbacks = Callbacks()
        self._message = fix.Message()
        store = StoreFiles(
            folder,
            begin_string=config.version.value,
            sender=config.sender_comp_id,
            target=config.target_comp_id,
        )
        numbers = _prepare(store, start)
        session_id = fix.SessionID(
            config.version.value, config.sender_comp_id, config.target_comp_id
        )
        require(not fix.Session.doesSessionExist(session_id), f"{config.name} exists already")
        _wait_out_midnight()
        store.mark_new(f"{datetime.now(UTC):%Y%m%d-%H:%M:%S}")  # noqa: TID251 - the engine's clock
        settings = fix.SessionSettings()
        settings.set(session_id, _settings(config, dictionary.path, folder))
        # Never started: constructing it is what makes the Session; deleting it removes it.
        self._acceptor: fix.SocketAcceptor | None = fix.SocketAcceptor(
            self._callbacks, fix.FileStoreFactory(settings), settings
        )
        session = fix.Session.lookupSession(session_id)
        if session is None:
            raise InvariantBroken(f"the engine made no session for {config.name}")
        self._session = session
        self._callbacks.session = session
        self._now = fix.UtcTimeStamp.now()
        if numbers is not None:
            session.setNextSenderMsgSeqNum(numbers[0])
            session.setNextTargetMsgSeqNum(numbers[1])

    @property
    def next_sender(self) -> int:
        """The number the engine gives to the next message."""
        return self._session.getExpectedSenderNum()

    @next_sender.setter
    def next_sender(self, number: int) -> None:
        self._session.setNextSenderMsgSeqNum(number)

    @property
    def next_target(self) -> int:
        """The number the engine expects of the client's next message."""
        return self._session.getExpectedTargetNum()

    @property
    def logged_on(self) -> bool:
        """Whether a Logon was received and answered."""
        return self._session.isLoggedOn()

    def feed(self, frame: Frame) -> Taken:
        """Take one frame from the client."""
        text = engine_text(frame.raw)
        if frame.msg_type in self._dictionary.bodiless:
            # The engine rejects a body it has no fields for; our codec answers such a message.
            text = only_leading(text, self._dictionary.header_tags)
        return self.feed_text(text)

    def feed_text(self, text: str) -> Taken:
        """Take one message that is valid UTF-8 and well framed."""
        try:
            return self._call(lambda: self._session.next(text, self._now))
        except fix.InvalidMessage as error:
            # From Message's constructor, before any state has changed: a field without a tag.
            return self._taken()._replace(unreadable=clean(str(error)))

    def tick(self) -> Taken:
        """Let the engine look at its timers; about once a second."""
        self._now = fix.UtcTimeStamp.now()
        return self._call(lambda: self._session.next(self._now))

    def logout(self, text: str) -> Taken:
        """Send Logout at once; the engine then waits two seconds for the answer."""
        self._session.logout(text)
        return self.tick()

    def reject(self, frame: Frame, *, tag: int | None, reason: int, text: str) -> Taken:
        """Answer a frame that cannot be fed with Reject, using up its number if it is its turn."""
        fields = [(35, "3"), (34, "0"), (49, ""), (52, ""), (56, "")]
        fields += [(45, str(frame.msg_seq_num)), (58, clean(text))]
        fields += [] if tag is None else [(371, str(tag))]
        fields += [(372, frame.msg_type), (373, str(reason))]

        def send() -> None:
            if frame.msg_seq_num == self.next_target:
                self._session.setNextTargetMsgSeqNum(frame.msg_seq_num + 1)
            self._message.setString(compose(self._config.version.value, fields), False)
            self._session.send(self._message)

        return self._call(send)

    def send(self, text: str, sending_time: str | None) -> str:
        """Send one complete message of ours under the next number; the text that came out.

        ``sending_time`` goes to SendingTime (52); None: the engine's own time. The message is
        stored, and given to the client now or, when nobody is logged on, when the client asks.

        Raises:
            SessionStoreFailed: the engine could not store it.

        """
        callbacks, message = self._callbacks, self._message
        if self._dictionary.groups.search(text) is None:
            message.setString(text, False)
        else:
            # Without a dictionary the engine sorts the fields of repeating groups among the others.
            message.setString(text, False, self._dictionary.engine)
        callbacks.came_out = None
        callbacks.promised_time = sending_time or ""
        taken = self._session.send(message)
        callbacks.promised_time = None
        if not taken or callbacks.came_out is None:
            raise SessionStoreFailed(f"message {tell(text)} of {self._config.name} is not stored")
        return callbacks.came_out

    def disconnected(self) -> None:
        """The connection has ended; the session may log on again."""
        self._session.disconnect()
        self._session.logon()

    def reset(self) -> Taken:
        """Log out if logged on, and begin again from 1 on both sides."""
        return self._call(self._session.reset)

    def close(self) -> None:
        """Give the session and its files back."""
        if self._acceptor is None:
            return
        self._session.disconnect()
        self._callbacks.session = None
        # The acceptor owns the Session: whoever used it after this would use freed memory.
        del self._session
        self._acceptor = None

    def _call(self, call: Callable[[], None]) -> Taken:
        callbacks = self._callbacks
        callbacks.delivered, callbacks.sent = [], []
        call()
        sent = callbacks.sent
        if len(sent) > 1 and any("\x0143=Y\x01" in each for each in sent):
            # The callback of a repeated message comes before that of the gap fill in front of it.
            sent.sort(key=lambda each: tell(each)[1])
        return self._taken()

    def _taken(self) -> Taken:
        callbacks, session = self._callbacks, self._session
        return Taken(
            callbacks.delivered,
            callbacks.sent,
            not session.receivedLogon(),
            session.getExpectedTargetNum() - 1,
        )


def _prepare(store: StoreFiles, start: SessionStart | None) -> tuple[int, int] | None:
    """Bring the store to what the journal knows; the numbers to set, None to keep the store's."""
    if start is None:
        if store.exists() and store.read() is None:
            store.rebuild((), sender=JUMP, target=1)
        return None
    state = store.read()
    if state is None:
        fresh = start.next_sender == 1 and not store.exists()
        sender = start.next_sender if fresh else start.next_sender + JUMP
        store.rebuild(start.reports(), sender=sender, target=start.next_target)
        return sender, start.next_target
    highest = store.add(start.reports(), to=state.numbers)
    # A release cut short leaves a number too low in .seqnums, below what is stored already.
    used = max(state.numbers, default=0)
    sender = max(start.next_sender, state.next_sender, used + 1, highest + 1)
    return sender, start.next_target


def _wait_out_midnight() -> None:
    """The engine wipes a store that was created on another UTC day than it is opened."""
    left_s = _DAY_S - time.clock_gettime(time.CLOCK_REALTIME) % _DAY_S
    if left_s < _MIDNIGHT_MARGIN_S:
        time.sleep(left_s + 0.1)


def _settings(config: SessionConfig, dictionary: Path, folder: Path) -> fix.Dictionary:
    settings = fix.Dictionary()
    for key, value in {
        "ConnectionType": "acceptor",
        "SocketAcceptPort": "0",  # never opened
        "FileStorePath": str(folder),
        # Schedules are ours: the engine knows UTC and the process's local time only.
        "NonStopSession": "Y",
        "UseDataDictionary": "Y",
        "DataDictionary": str(dictionary),
        "ValidateUserDefinedFields": _flag(config.user_tags_checked),
        "ValidateFieldsOutOfOrder": "Y",
        "ValidateFieldsHaveValues": "Y",
        "ValidateLengthAndChecksum": "Y",
        "CheckCompID": "Y",
        "CheckLatency": "Y",
        "MaxLatency": str(config.latency_s_max),
        "ResetOnLogon": "N",
        "ResetOnLogout": "N",
        "ResetOnDisconnect": "N",
        "RefreshOnLogon": "N",
        "PersistMessages": "Y",
        "SendRedundantResendRequests": "N",
        # A client's 789 is honoured. Ours would replace our ResendRequest, and a client that does
        # not act on it would then never be asked again.
        "SendNextExpectedMsgSeqNum": "N",
        "TimestampPrecision": str(config.timestamp_precision),
    }.items():
        settings.setString(key, value)
    return settings


def _flag(value: bool) -> str:  # noqa: FBT001 - one value, one flag
    return "Y" if value else "N"
