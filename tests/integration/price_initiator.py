"""A client for prices made of QuickFIX's own initiator, in a process of its own.

Run: python price_initiator.py PORT COMP_ID VERSION STORE SYMBOL
Logs on, subscribes to the book and trades of SYMBOL, and prints one JSON line for each W and X that
the engine has found in order by its dictionary: MsgType and the entries of the group, by tag. A
line on stdin ends it. Threads and exceptions of the binding stay in here.
"""

import json
import os
import sys
from pathlib import Path

import quickfix as fix

SPECS = Path(__file__).parents[2] / "fix_specs"
FIRST = {"W": 269, "X": 279}
TAGS = (279, 269, 55, 207, 270, 271, 272, 273, 276, 58)


class Client(fix.Application):
    """Subscribes, and prints what comes."""

    def __init__(self, symbol: str) -> None:
        super().__init__()
        self._symbol = symbol

    def onCreate(self, session_id: fix.SessionID) -> None: ...

    def onLogon(self, session_id: fix.SessionID) -> None:
        message = fix.Message()
        message.getHeader().setField(35, "V")
        for tag, value in {262: "Q", 263: "1", 264: "0", 265: "1"}.items():
            message.setField(tag, value)
        for entry_type in "012":
            types = fix.Group(267, 269)
            types.setField(269, entry_type)
            message.addGroup(types)
        related = fix.Group(146, 55)
        related.setField(55, self._symbol)
        message.addGroup(related)
        fix.Session.sendToTarget(message, session_id)

    def onLogout(self, session_id: fix.SessionID) -> None: ...
    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None: ...
    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None: ...

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None: ...

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        msg_type = message.getHeader().getField(35)
        entries = []
        if msg_type in FIRST:
            for index in range(1, message.groupCount(268) + 1):
                group = fix.Group(268, FIRST[msg_type])
                message.getGroup(index, group)
                entries.append({tag: group.getField(tag) for tag in TAGS if group.isSetField(tag)})
        sys.stdout.write(json.dumps({"type": msg_type, "entries": entries}) + "\n")
        sys.stdout.flush()


def main() -> None:
    port, comp_id, version, store, symbol = sys.argv[1:]
    dictionary = fix.Dictionary()
    for key, value in {
        "ConnectionType": "initiator",
        "SocketConnectHost": "127.0.0.1",
        "SocketConnectPort": port,
        "HeartBtInt": "30",
        "ReconnectInterval": "1",
        "FileStorePath": store,
        "NonStopSession": "Y",
        "ResetOnLogon": "Y",
        "UseDataDictionary": "Y",
        "DataDictionary": str(SPECS / f"{version.replace('.', '')}.xml"),
    }.items():
        dictionary.setString(key, value)
    settings = fix.SessionSettings()
    settings.set(fix.SessionID(version, comp_id, "FIXGATE"), dictionary)
    initiator = fix.SocketInitiator(Client(symbol), fix.FileStoreFactory(settings), settings)
    initiator.start()
    sys.stdin.readline()
    os._exit(0)  # stopping an initiator can hang; nothing is left to do


if __name__ == "__main__":
    main()
