"""A client made of QuickFIX's own initiator, in a process of its own; it prints what it received.

Run: python initiator.py PORT COMP_ID STORE ORDERS REPORTS [KEY=VALUE ...]
Logs on, sends ORDERS orders, waits until REPORTS reports have come (PossDup ones included), logs
out, and prints one JSON line: the MsgSeqNum and PossDupFlag of each report, and the last Logout's
text. Further settings go to the engine. Threads and exceptions of the binding stay in here.
"""

import json
import os
import sys
import threading
from pathlib import Path

import quickfix as fix

LIMIT_S = 30.0
SPEC = Path(__file__).parents[2] / "fix_specs" / "FIX44.xml"


class Client(fix.Application):
    """Keeps what matters and says when enough has come."""

    def __init__(self, reports: int) -> None:
        super().__init__()
        self.reports: list[tuple[int, bool]] = []
        self.logout_text = ""
        self.logged_on = threading.Event()
        self.done = threading.Event()
        self.gone = threading.Event()
        self._wanted = reports

    def onCreate(self, session_id: fix.SessionID) -> None: ...

    def onLogon(self, session_id: fix.SessionID) -> None:
        self.logged_on.set()
        if not self._wanted:
            self.done.set()

    def onLogout(self, session_id: fix.SessionID) -> None:
        self.gone.set()

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None: ...
    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None: ...

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        text = message.toString()
        if "\x0135=5\x01" in text and "\x0158=" in text:
            self.logout_text = text.split("\x0158=")[1].split("\x01")[0]
            self.done.set()

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        text = message.toString()
        number = int(text.split("\x0134=")[1].split("\x01")[0])
        self.reports.append((number, "\x0143=Y\x01" in text))
        if len(self.reports) >= self._wanted:
            self.done.set()


def settings(port: int, comp_id: str, store: str, more: list[str]) -> fix.SessionSettings:
    values = {
        "ConnectionType": "initiator",
        "SocketConnectHost": "127.0.0.1",
        "SocketConnectPort": str(port),
        "HeartBtInt": "30",
        "ReconnectInterval": "1",
        "FileStorePath": store,
        "NonStopSession": "Y",
        "UseDataDictionary": "Y",
        "DataDictionary": str(SPEC),
    } | dict(each.split("=", 1) for each in more)
    dictionary = fix.Dictionary()
    for key, value in values.items():
        dictionary.setString(key, value)
    made = fix.SessionSettings()
    made.set(fix.SessionID("FIX.4.4", comp_id, "FIXGATE"), dictionary)
    return made


def order(index: int) -> fix.Message:
    message = fix.Message()
    message.getHeader().setField(35, "D")
    for tag, value in {
        1: "DEMO", 11: f"I{index}", 38: "0.5", 40: "2", 44: "50000", 54: "1", 55: "BTC/USDT",
        60: "20260102-03:04:05.678",
    }.items():  # fmt: skip
        message.setField(tag, value)
    return message


def main() -> None:
    port, comp_id, store, orders, reports, *more = sys.argv[1:]
    made = settings(int(port), comp_id, store, more)
    client = Client(int(reports))
    initiator = fix.SocketInitiator(client, fix.FileStoreFactory(made), made)
    initiator.start()
    session_id = fix.SessionID("FIX.4.4", comp_id, "FIXGATE")
    if client.logged_on.wait(LIMIT_S):
        for index in range(int(orders)):
            fix.Session.sendToTarget(order(index), session_id)
        client.done.wait(LIMIT_S)
        session = fix.Session.lookupSession(session_id)
        if session is not None and not client.gone.is_set():
            session.logout()
            client.gone.wait(LIMIT_S)
    sys.stdout.write(json.dumps({"reports": client.reports, "logout": client.logout_text}))
    sys.stdout.flush()
    os._exit(0)  # stopping an initiator can hang; nothing is left to do


if __name__ == "__main__":
    main()
