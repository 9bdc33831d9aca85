"""What QuickFIX calls back.

Here: Callbacks, which keep what the engine says and return, and the last words of a process in
which one of them failed. Nothing here may raise: an exception that leaves a callback freezes the
engine for every session (quickfix 1.16.0 calls Py_Exit from its own stack frames).
"""

import os
import sys
import traceback
from typing import Final, Never

import quickfix as fix

EXIT_CALLBACK_FAILED: Final = 70  # EX_SOFTWARE
_ALWAYS_SENT: Final = frozenset("A524")  # Logon, Logout, ResendRequest, SequenceReset


class Callbacks(fix.Application):
    """Keeps what the engine delivers and sends during one call into it.

    delivered: MsgSeqNum of each application message, in order.
    sent: text of each message that goes to the client.
    spoke: a message was made, whether or not the client is there to get it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.session: fix.Session | None = None
        self.delivered: list[int] = []
        self.sent: list[str] = []
        self.spoke = False

    def onCreate(self, session_id: fix.SessionID) -> None:
        """Nothing to do."""

    def onLogon(self, session_id: fix.SessionID) -> None:
        """Nothing to do: the caller asks isLoggedOn()."""

    def onLogout(self, session_id: fix.SessionID) -> None:
        """Nothing to do: the caller asks receivedLogon()."""

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:  # noqa: ARG002
        try:
            self._outgoing(message)
        except BaseException:  # noqa: BLE001 - nothing may leave a callback
            last_words("toAdmin")

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:  # noqa: ARG002
        try:
            self._outgoing(message)
        except BaseException:  # noqa: BLE001 - nothing may leave a callback
            last_words("toApp")

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Nothing to do: the engine answers session messages itself."""

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:  # noqa: ARG002
        try:
            # Session::verify lets only the expected number through to here and counts it after we
            # return, so this is the message's own MsgSeqNum, at a tenth of the cost of its field.
            self.delivered.append(self._engine().getExpectedTargetNum())
        except BaseException:  # noqa: BLE001 - nothing may leave a callback
            last_words("fromApp")

    def _outgoing(self, message: fix.Message) -> None:
        self.spoke = True
        text = message.toString()
        # Session::sendRaw: the same condition under which the engine itself would write it.
        if self._engine().isLoggedOn() or _msg_type(text) in _ALWAYS_SENT:
            self.sent.append(text)

    def _engine(self) -> fix.Session:
        if self.session is None:
            raise RuntimeError("the engine called back before it was made")
        return self.session


def _msg_type(text: str) -> str:
    at = text.index("\x0135=") + 4
    return text[at : text.index("\x01", at)]


def last_words(where: str) -> Never:
    """Say on stderr what went wrong, and end the process at once, without any cleaning up."""
    words = f"fixgate: a callback of the FIX engine failed in {where}; the process ends.\n"
    try:
        words += traceback.format_exc()
        sys.stderr.flush()
        os.write(2, words.encode("utf-8", "backslashreplace"))
    finally:
        os._exit(EXIT_CALLBACK_FAILED)
