"""What Fixgate is measured against: the executor a user would write with quickfix alone.

Here: a SocketAcceptor with its own sockets, typed field objects, a FileStore, one New report for
each NewOrderSingle. Not here: anything else; it keeps no orders and writes no journal.

Run: python -m benchmarks.baseline_executor --dictionary fix_specs/FIX44.xml --port 9880
It prints `ready` when it listens, and ends on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
from itertools import count
from pathlib import Path

import quickfix as fix
import quickfix44 as fix44


class Executor(fix.Application):
    """Answers every order with New."""

    def __init__(self) -> None:
        super().__init__()
        self._ids = count(1)

    def onCreate(self, _session_id: fix.SessionID) -> None: ...
    def onLogon(self, _session_id: fix.SessionID) -> None: ...
    def onLogout(self, _session_id: fix.SessionID) -> None: ...
    def toAdmin(self, _message: fix.Message, _session_id: fix.SessionID) -> None: ...
    def toApp(self, _message: fix.Message, _session_id: fix.SessionID) -> None: ...
    def fromAdmin(self, _message: fix.Message, _session_id: fix.SessionID) -> None: ...

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Read the order field by field and send its New report, as the examples do."""
        msg_type = fix.MsgType()
        message.getHeader().getField(msg_type)
        if msg_type.getValue() == fix.MsgType_NewOrderSingle:
            fix.Session.sendToTarget(self._new_report(message), session_id)

    def _new_report(self, order: fix.Message) -> fix.Message:
        cl_ord_id, symbol, side = fix.ClOrdID(), fix.Symbol(), fix.Side()
        order_qty, ord_type, price = fix.OrderQty(), fix.OrdType(), fix.Price()
        for field in (cl_ord_id, symbol, side, order_qty, ord_type):
            order.getField(field)
        number = str(next(self._ids))
        report = fix44.ExecutionReport()
        report.setField(fix.OrderID(number))
        report.setField(fix.ExecID(number))
        report.setField(fix.ExecType(fix.ExecType_NEW))
        report.setField(fix.OrdStatus(fix.OrdStatus_NEW))
        report.setField(cl_ord_id)
        report.setField(symbol)
        report.setField(side)
        report.setField(order_qty)
        report.setField(ord_type)
        if order.isSetField(price):
            order.getField(price)
            report.setField(price)
        report.setField(fix.LeavesQty(order_qty.getValue()))
        report.setField(fix.CumQty(0))
        report.setField(fix.AvgPx(0))
        report.setField(fix.TransactTime())
        return report


def settings_text(
    *, port: int, dictionary: Path, store: Path, comp_id: str, clients: list[str]
) -> str:
    """The configuration file of an acceptor with one session for each client."""
    head = f"""[DEFAULT]
ConnectionType=acceptor
SocketAcceptPort={port}
SocketReuseAddress=Y
StartTime=00:00:00
EndTime=23:59:59
UseDataDictionary=Y
DataDictionary={dictionary}
FileStorePath={store}
BeginString=FIX.4.4
SenderCompID={comp_id}
"""
    return head + "".join(f"[SESSION]\nTargetCompID={client}\n" for client in clients)


def main() -> None:
    """Listen until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9880)
    parser.add_argument("--dictionary", type=Path, default=Path("fix_specs/FIX44.xml"))
    parser.add_argument("--store", type=Path, help="folder of the FileStore; default: a new one")
    parser.add_argument("--comp-id", default="FIXGATE")
    parser.add_argument("--clients", default="DEMO44", help="CompIDs, separated by commas")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = fix.SessionSettings()
        settings.setFromString(
            settings_text(
                port=arguments.port,
                dictionary=arguments.dictionary,
                store=arguments.store or Path(folder),
                comp_id=arguments.comp_id,
                clients=arguments.clients.split(","),
            )
        )
        ending = {signal.SIGTERM, signal.SIGINT}
        # Blocked before the engine starts its thread, which inherits it: the signal comes to us.
        signal.pthread_sigmask(signal.SIG_BLOCK, ending)
        acceptor = fix.SocketAcceptor(Executor(), fix.FileStoreFactory(settings), settings)
        acceptor.start()
        print("ready", flush=True)
        signal.sigwait(ending)
    # Stopping the engine's acceptor under load can crash it; there is nothing left to save.
    os._exit(0)


if __name__ == "__main__":
    main()
