"""QuickFIX's own initiator as a trader who uses every message; run in a process of its own.

Run: python stranger.py PORT COMP_ID VERSION DICTIONARY STORE VENUE SYMBOL MID [KEY=VALUE ...]
Sends D, F, G and H of every order type and time in force to one venue, waits for each answer by
what it says, and prints one JSON line: what came by MsgType, what the engine rejected, what was
never answered. Threads and exceptions of the binding stay in here.
"""

import json
import os
import sys
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal

import quickfix as fix

LIMIT_S = 10.0
TERMINAL = ("2", "4", "8", "C")


def now(later_s: float = 0.0) -> str:
    return datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME) + later_s, UTC).strftime(
        "%Y%m%d-%H:%M:%S"
    )


def fields_of(message: fix.Message) -> dict[str, str]:
    return dict(each.split("=", 1) for each in message.toString().split("\x01") if "=" in each)


class Trader(fix.Application):
    """Keeps what comes, and can wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[dict[str, str]] = []
        self.rejected_by_us: list[str] = []
        self.admin: list[dict[str, str]] = []
        self.logged_on = threading.Event()
        self.changed = threading.Condition()

    def onCreate(self, session_id: fix.SessionID) -> None: ...

    def onLogon(self, session_id: fix.SessionID) -> None:
        self.logged_on.set()

    def onLogout(self, session_id: fix.SessionID) -> None: ...

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        if "\x0135=3\x01" in message.toString():
            self.rejected_by_us.append(message.toString().replace("\x01", "|"))

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        if "\x0135=j\x01" in message.toString():
            self.rejected_by_us.append(message.toString().replace("\x01", "|"))

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        with self.changed:
            self.admin.append(fields_of(message))
            self.changed.notify_all()

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        with self.changed:
            self.came.append(fields_of(message))
            self.changed.notify_all()

    def wait(self, where: list[dict[str, str]], **wanted: tuple[str, ...]) -> dict[str, str]:
        """The first that has one of the values wanted of each tag (``_39=("2", "4")``)."""
        tags = {tag[1:]: values for tag, values in wanted.items()}

        def found() -> dict[str, str] | None:
            fit = (e for e in where if all(e.get(t) in v for t, v in tags.items()))
            return next(fit, None)

        with self.changed:
            if not self.changed.wait_for(found, LIMIT_S):
                raise LookupError(f"no answer: {wanted}")
            answer = found()
        assert answer is not None
        return answer


class Desk:
    """Orders at one venue, around a price."""

    def __init__(self, trader: Trader, session_id: fix.SessionID, words: list[str]) -> None:
        self.trader, self.session_id = trader, session_id
        self.venue, self.symbol = words[0], words[1]
        self.mid = Decimal(words[2])
        self.count = 0
        self.unanswered: list[str] = []

    def send(self, msg_type: str, fields: dict[int, str]) -> None:
        message = fix.Message()
        message.getHeader().setField(35, msg_type)
        for tag, value in fields.items():
            message.setField(tag, value)
        fix.Session.sendToTarget(message, self.session_id)

    def name(self) -> str:
        self.count += 1
        return f"{self.venue}{self.count}"

    def order(self, **changes: str | None) -> str:
        name = self.name()
        fields: dict[str, str | None] = {
            "1": "DEMO", "11": name, "21": "1", "38": "0.01", "40": "2", "44": self.at("0.9"),
            "54": "1", "55": self.symbol, "59": "1", "60": now(), "100": self.venue,
        }  # fmt: skip
        fields |= {tag[1:]: value for tag, value in changes.items()}
        self.send("D", {int(tag): value for tag, value in fields.items() if value is not None})
        return name

    def at(self, share: str) -> str:
        return str((self.mid * Decimal(share)).quantize(Decimal(1)))

    def request(self, msg_type: str, orig: str, more: dict[int, str]) -> str:
        name = self.name()
        fields = {1: "DEMO", 11: name, 41: orig, 54: "1", 55: self.symbol, 60: now()}
        self.send(msg_type, fields | more)
        return name

    def expect(self, **wanted: tuple[str, ...]) -> dict[str, str]:
        try:
            return self.trader.wait(self.trader.came, **wanted)
        except LookupError as error:
            self.unanswered.append(str(error))
            return {}

    def all_types(self) -> None:
        """Every order type and time in force; each is over, refused, or works and is canceled."""
        end = {"59": "6", "126": now(3_600)}
        through = self.at("1.1")
        market = {"40": "1", "44": None}
        stop = {"40": "3", "44": None, "99": self.at("1.1")}
        stop_limit = {"40": "4", "44": self.at("1.11"), "99": self.at("1.1")}
        for shape in (
            {**market, "59": "0"}, {**market, "59": "3"}, {**market, "59": "4"},
            {"59": "0"}, {"59": "1"}, end, {"18": "6"},
            {"59": "3"}, {"59": "4"}, {"59": "3", "44": through}, {"59": "4", "44": through},
            {"44": through, "18": "6"}, {"44": None}, {"38": "0"},
            {**stop, "59": "0"}, {**stop, "59": "1"}, {**stop_limit, "59": "1"},
        ):  # fmt: skip
            name = self.order(**{f"_{tag}": value for tag, value in shape.items()})
            answer = self.expect(_35=("8",), _11=(name,), _39=("0", *TERMINAL))
            if answer.get("39") == "0" and shape.get("40") != "1" and shape.get("44") != through:
                if shape.get("59") in ("3", "4"):
                    self.expect(_35=("8",), _11=(name,), _39=TERMINAL)
                else:
                    self.cancel(name)

    def cancel(self, name: str) -> None:
        request = self.request("F", name, {})
        self.expect(_11=(request,), _39=("4",))

    def replaces(self) -> None:
        """Replace, ask, cancel; then once more when it is too late, and an order nobody knows."""
        name = self.order()
        self.expect(_11=(name,), _39=("0",))
        terms = {21: "1", 38: "0.02", 40: "2", 44: self.at("0.91"), 59: "1"}
        second = self.request("G", name, terms)
        self.expect(_11=(second,), _150=("5",))
        self.send("H", {11: second, 54: "1", 55: self.symbol})
        self.expect(_11=(second,), _39=("0",), _38=("0.02",))
        self.cancel(second)
        late = self.request("F", second, {})
        self.expect(_35=("9",), _11=(late,))
        late = self.request("G", second, terms)
        self.expect(_35=("9",), _11=(late,))
        self.send("H", {11: "NOBODY" + self.venue, 54: "1", 55: self.symbol})
        self.expect(_35=("8",), _11=("NOBODY" + self.venue,), _39=("8",))

    def protocol(self) -> None:
        """A TestRequest is answered."""
        self.send("1", {112: "are you there"})
        self.trader.wait(self.trader.admin, _35=("0",), _112=("are you there",))


def main() -> None:
    port, comp_id, version, dictionary, store, *rest = sys.argv[1:]
    values = {
        "ConnectionType": "initiator", "SocketConnectHost": "127.0.0.1",
        "SocketConnectPort": port, "HeartBtInt": "1", "ReconnectInterval": "1",
        "FileStorePath": store, "NonStopSession": "Y", "UseDataDictionary": "Y",
        "DataDictionary": dictionary,
    } | dict(each.split("=", 1) for each in rest[3:])  # fmt: skip
    kept = fix.Dictionary()
    for key, value in values.items():
        kept.setString(key, value)
    settings = fix.SessionSettings()
    session_id = fix.SessionID(version, comp_id, "FIXGATE")
    settings.set(session_id, kept)
    trader = Trader()
    initiator = fix.SocketInitiator(trader, fix.FileStoreFactory(settings), settings)
    initiator.start()
    desk = Desk(trader, session_id, rest)
    try:
        if not trader.logged_on.wait(LIMIT_S):
            raise LookupError("no Logon")  # noqa: TRY301 - told like all that is not answered
        desk.all_types()
        desk.replaces()
        desk.protocol()
        trader.wait(trader.admin, _35=("0",))
    except LookupError as error:
        desk.unanswered.append(str(error))
    said = {
        "unanswered": desk.unanswered,
        "rejected_by_us": trader.rejected_by_us,
        "rejected_by_them": [e for e in trader.came + trader.admin if e["35"] in ("3", "j")],
        "reports": [e for e in trader.came if e["35"] in ("8", "9")],
    }
    sys.stdout.write(json.dumps(said))
    sys.stdout.flush()
    os._exit(0)  # stopping an initiator can hang; nothing is left to do


if __name__ == "__main__":
    main()
