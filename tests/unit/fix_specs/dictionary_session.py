"""A QuickFIX session that loads one of our dictionaries and is fed text, without sockets.

Here: just enough to see what the engine itself does with a message: answer it, or hand it on.
Not here: the door, the codec, and everything else that Fixgate puts around the engine.
"""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import quickfix as fix

FIX_SPECS = Path(__file__).parents[3] / "fix_specs"
SOH = "\x01"

# The engine's registry of sessions is global, and it keeps the older of two sessions with one id.
_NUMBERS = count(1)


class _Recorder(fix.Application):
    """Keeps what the engine sends and hands on.

    An exception that leaves a callback freezes the engine, so there is nothing here that can raise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[dict[str, str]] = []
        self.handed_on: list[dict[str, str]] = []

    def onCreate(self, session_id: fix.SessionID) -> None:
        pass

    def onLogon(self, session_id: fix.SessionID) -> None:
        pass

    def onLogout(self, session_id: fix.SessionID) -> None:
        pass

    def toAdmin(self, message: fix.Message, _: fix.SessionID) -> None:
        self.answers.append(fields_of(message.toString()))

    def toApp(self, message: fix.Message, _: fix.SessionID) -> None:
        self.answers.append(fields_of(message.toString()))

    def fromAdmin(self, message: fix.Message, _: fix.SessionID) -> None:
        pass

    def fromApp(self, message: fix.Message, _: fix.SessionID) -> None:
        self.handed_on.append(fields_of(message.toString()))


class DictionarySession:
    """One session that speaks ``FIX42`` or ``FIX44``; it is not logged on yet."""

    def __init__(self, version: str, store: Path) -> None:
        self.begin_string = f"FIX.4.{version[-1]}"
        self._comp_id = f"CLIENT{next(_NUMBERS)}"
        session_id = fix.SessionID(self.begin_string, "FIXGATE", self._comp_id)
        settings = fix.SessionSettings()
        settings.set(session_id, _settings(version, store))
        self._recorder = _Recorder()
        self._factory = fix.FileStoreFactory(settings)
        # Never started: constructing it is what makes the Session.
        self._acceptor = fix.SocketAcceptor(self._recorder, self._factory, settings)
        session = fix.Session.lookupSession(session_id)
        assert session is not None
        self.session = session

    def log_on(self) -> "DictionarySession":
        """Log on with the fields every Logon needs."""
        answers, _ = self.send("A", "98=0|108=30")
        assert [each["35"] for each in answers] == ["A"]
        return self

    def send(self, msg_type: str, body: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Feed one message with the next number; return the answers and what was handed on."""
        self._recorder.answers.clear()
        self._recorder.handed_on.clear()
        seq = self.session.getExpectedTargetNum()
        now = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S")  # noqa: TID251 - the engine's clock
        header = f"35={msg_type}|34={seq}|49={self._comp_id}|52={now}|56=FIXGATE"
        raw = frame(self.begin_string, f"{header}|{body}")
        self.session.next(raw, fix.UtcTimeStamp.now())
        return list(self._recorder.answers), list(self._recorder.handed_on)


def _settings(version: str, store: Path) -> fix.Dictionary:
    dictionary = fix.Dictionary()
    for key, value in {
        "ConnectionType": "acceptor",
        "SocketAcceptPort": "0",
        "FileStorePath": str(store),
        "StartTime": "00:00:00",
        "EndTime": "00:00:00",
        "UseDataDictionary": "Y",
        "DataDictionary": str(FIX_SPECS / f"{version}.xml"),
    }.items():
        dictionary.setString(key, value)
    return dictionary


def frame(begin_string: str, content: str) -> str:
    """A whole message from its fields after BodyLength, written with ``|`` for SOH."""
    inner = content.rstrip("|").replace("|", SOH) + SOH
    text = f"8={begin_string}{SOH}9={len(inner)}{SOH}{inner}"
    return f"{text}10={sum(text.encode('latin-1')) % 256:03d}{SOH}"


def fields_of(raw: str) -> dict[str, str]:
    """The fields of a message by tag; of a repeated tag the last."""
    return dict(each.split("=", 1) for each in raw.rstrip(SOH).split(SOH))
