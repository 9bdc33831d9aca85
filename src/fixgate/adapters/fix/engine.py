"""One QuickFIX session, used as a protocol machine: text in, text out, no sockets, no threads.

It keeps nothing: our reports do not pass through it, and what was sent is in the journal. It has
the session's rules and its two numbers, which are set when it is made.

Here: EngineSession. Not here: sockets, what is done with messages, which messages may be fed
while reports are being committed (client_session), the order of the wire (outbox), repeating what
was sent (resend).
The behaviour relied on is that of quickfix 1.16.0; decision 0002 and the tests say which.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import quickfix as fix

from fixgate.adapters.fix.callbacks import Callbacks
from fixgate.adapters.fix.config import SessionConfig
from fixgate.adapters.fix.dictionary import Dictionary
from fixgate.adapters.fix.fields import compose, engine_text, only_leading
from fixgate.adapters.fix.framing import Frame
from fixgate.adapters.fix.tags import clean
from fixgate.domain.errors import InvariantBroken, require


class Taken(NamedTuple):
    """What one call into the engine did."""

    delivered: list[int]  # MsgSeqNum of the application messages it handed on, in order
    sent: list[str]  # messages for the client, in order
    closing: bool  # it wants the connection closed
    last_in: int  # the highest MsgSeqNum it counts as received
    spoke: bool  # it used up a number, whether or not somebody was there to hear
    unreadable: str | None = None  # it could not take the text apart, and did nothing


class EngineSession:
    """One session of the engine. Not thread-safe; one at a time per CompIDs.

    next_sender, next_target: MsgSeqNum of our next message, and of the client's.
    """

    def __init__(
        self,
        config: SessionConfig,
        dictionary: Dictionary,
        *,
        next_sender: int = 1,
        next_target: int = 1,
    ) -> None:
        self._config = config
        self._dictionary = dictionary
        self._callbacks = Callbacks()
        self._message = fix.Message()
        session_id = fix.SessionID(
            config.version.value, config.sender_comp_id, config.target_comp_id
        )
        require(not fix.Session.doesSessionExist(session_id), f"{config.name} exists already")
        self._acceptor: fix.SocketAcceptor | None
        self._acceptor, session = _made(session_id, self._callbacks, _settings(config))
        loaded = _loaded(dictionary.path, config.version.value, config.user_tags_checked)
        session.setDataDictionaryProvider(loaded.session.getDataDictionaryProvider())
        self._session = session
        self._callbacks.session = session
        self._now = fix.UtcTimeStamp.now()
        session.setNextSenderMsgSeqNum(next_sender)
        session.setNextTargetMsgSeqNum(next_target)
        # As the engine has them; asking it costs a tenth of feeding it an order.
        self._next_sender = next_sender
        self._next_target = next_target

    @property
    def next_sender(self) -> int:
        """The number the engine gives to the next message."""
        return self._next_sender

    @next_sender.setter
    def next_sender(self, number: int) -> None:
        if number != self._next_sender:
            self._session.setNextSenderMsgSeqNum(number)
            self._next_sender = number

    @property
    def next_target(self) -> int:
        """The number the engine expects of the client's next message."""
        return self._next_target

    @next_target.setter
    def next_target(self, number: int) -> None:
        self._session.setNextTargetMsgSeqNum(number)
        self._next_target = number

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
        if frame.msg_type == "5" and frame.msg_seq_num != (expected := self.next_target):
            return self._feed_logout(text, expected)
        return self.feed_text(text)

    def _feed_logout(self, text: str, expected: int) -> Taken:
        """A Logout out of turn. The engine counts one more message as received, whatever its
        number: one that is missing, and would never be asked for.
        """
        taken = self.feed_text(text)
        self._session.setNextTargetMsgSeqNum(expected)
        self._next_target = expected
        return taken._replace(last_in=expected - 1)

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
        fields = [(45, str(frame.msg_seq_num)), (58, clean(text))]
        fields += [] if tag is None else [(371, str(tag))]
        fields += [(372, frame.msg_type), (373, str(reason))]

        def send() -> None:
            if frame.msg_seq_num == self.next_target:
                self._session.setNextTargetMsgSeqNum(frame.msg_seq_num + 1)
            self._send("3", fields)

        return self._call(send)

    def refuse(self, logon: Frame, text: str) -> Taken:
        """Answer a Logon that is not fed with Logout, using up both numbers."""

        def send() -> None:
            if logon.msg_seq_num == self.next_target:
                self._session.setNextTargetMsgSeqNum(logon.msg_seq_num + 1)
            self._send("5", [(58, clean(text))])

        return self._call(send)

    def say(self, msg_type: str, fields: Iterable[tuple[int, str]]) -> Taken:
        """Send a message of the door's own making under the next number."""
        return self._call(lambda: self._send(msg_type, fields))

    def disconnected(self) -> None:
        """The connection has ended; the session may log on again."""
        self._session.disconnect()
        self._session.logon()

    def reset(self) -> Taken:
        """Log out if logged on, and begin again from 1 on both sides."""
        return self._call(self._session.reset)

    def close(self) -> None:
        """Give the session back."""
        if self._acceptor is None:
            return
        self._session.disconnect()
        self._callbacks.session = None
        # The acceptor owns the Session: whoever used it after this would use freed memory.
        del self._session
        self._acceptor = None

    def _send(self, msg_type: str, fields: Iterable[tuple[int, str]]) -> None:
        header = [(35, msg_type), (34, "0"), (49, ""), (52, ""), (56, "")]
        text = compose(self._config.version.value, [*header, *fields])
        self._message.setString(text, False)
        self._session.send(self._message)

    def _call(self, call: Callable[[], None]) -> Taken:
        callbacks = self._callbacks
        callbacks.delivered, callbacks.sent, callbacks.spoke = [], [], False
        call()
        return self._taken()

    def _taken(self) -> Taken:
        callbacks, session = self._callbacks, self._session
        if callbacks.delivered and not callbacks.spoke:
            # As for nearly every message: it counted what it handed on, and did nothing else.
            self._next_target = callbacks.delivered[-1] + 1
        else:
            self._next_target = session.getExpectedTargetNum()
            if callbacks.spoke or not session.isLoggedOn():
                self._next_sender = session.getExpectedSenderNum()
        return Taken(
            callbacks.delivered,
            callbacks.sent,
            not session.receivedLogon(),
            self._next_target - 1,
            callbacks.spoke,
        )


def _made(
    session_id: fix.SessionID, callbacks: Callbacks, settings: fix.Dictionary
) -> tuple[fix.SocketAcceptor, fix.Session]:
    """A session, and the acceptor that owns it.

    Never started: constructing it is what makes the Session; deleting it removes it.
    """
    all_settings = fix.SessionSettings()
    all_settings.set(session_id, settings)
    acceptor = fix.SocketAcceptor(callbacks, fix.NullStoreFactory(), all_settings)
    session = fix.Session.lookupSession(session_id)
    if session is None:
        raise InvariantBroken(f"the engine made no session for {session_id}")
    return acceptor, session


class _Loaded(NamedTuple):
    """A session that nobody uses: it holds a dictionary for as long as the process runs."""

    acceptor: fix.SocketAcceptor
    session: fix.Session
    callbacks: Callbacks


@cache
def _loaded(path: Path, begin_string: str, user_tags_checked: bool) -> _Loaded:  # noqa: FBT001
    """A dictionary as the engine has it, loaded once for all sessions with the same rules.

    By itself the engine gives each session a copy. The copies of a hundred sessions do not fit
    into a processor's cache: to take an order cost twice as much, and to make a session thirty
    times.
    """
    settings = fix.Dictionary()
    for key, value in {
        "ConnectionType": "acceptor",
        "SocketAcceptPort": "0",
        "NonStopSession": "Y",
        "UseDataDictionary": "Y",
        "DataDictionary": str(path),
        "ValidateUserDefinedFields": _flag(user_tags_checked),
        "ValidateFieldsOutOfOrder": "Y",
        "ValidateFieldsHaveValues": "Y",
    }.items():
        settings.setString(key, value)
    session_id = fix.SessionID(begin_string, str(path), _flag(user_tags_checked))
    callbacks = Callbacks()
    return _Loaded(*_made(session_id, callbacks, settings), callbacks)


def _settings(config: SessionConfig) -> fix.Dictionary:
    settings = fix.Dictionary()
    for key, value in {
        "ConnectionType": "acceptor",
        "SocketAcceptPort": "0",  # never opened
        # Schedules are ours: the engine knows UTC and the process's local time only.
        "NonStopSession": "Y",
        "UseDataDictionary": "N",  # of its own
        "ValidateLengthAndChecksum": "Y",
        "CheckCompID": "Y",
        "CheckLatency": "Y",
        "MaxLatency": str(config.latency_s_max),
        "ResetOnLogon": "N",
        "ResetOnLogout": "N",
        "ResetOnDisconnect": "N",
        "RefreshOnLogon": "N",
        # It answers a ResendRequest with one gap fill, in whose place our own answer goes out.
        "PersistMessages": "N",
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
