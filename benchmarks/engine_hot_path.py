"""What one order costs inside the QuickFIX engine alone, without sockets and threads.

Here: Session.next of a NewOrderSingle and Session.send of an ExecutionReport, in microseconds of
CPU time, for choosing how the engine is compiled. Not here: anything of Fixgate.

Run: python -m benchmarks.engine_hot_path --dictionary fix_specs/FIX44.xml
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import quickfix as fix

from benchmarks.fix_wire import Identity, OrderForm, fields, frame, logon, new_order_single

CLIENT: Final = Identity(begin_string="FIX.4.4", sender_comp_id="C", target_comp_id="G")
GATEWAY: Final = Identity(begin_string="FIX.4.4", sender_comp_id="G", target_comp_id="C")
FORM: Final = OrderForm(
    symbol="BTC/USDT", side="1", order_qty="0.5", ord_type="2", price="50000", account="DEMO"
)


class Collector(fix.Application):
    """Takes the text of what comes in and goes out, as a gateway would."""

    def __init__(self) -> None:
        super().__init__()
        self.inbound: list[str] = []
        self.outbound: list[str] = []

    def onCreate(self, _session_id: fix.SessionID) -> None: ...
    def onLogon(self, _session_id: fix.SessionID) -> None: ...
    def onLogout(self, _session_id: fix.SessionID) -> None: ...
    def fromAdmin(self, _message: fix.Message, _session_id: fix.SessionID) -> None: ...
    def toAdmin(self, message: fix.Message, _session_id: fix.SessionID) -> None:
        self.outbound.append(message.toString())

    def toApp(self, message: fix.Message, _session_id: fix.SessionID) -> None:
        self.outbound.append(message.toString())

    def fromApp(self, message: fix.Message, _session_id: fix.SessionID) -> None:
        self.inbound.append(message.toString())


def settings_text(dictionary: Path, store: Path) -> str:
    """An acceptor's settings; it is never started, so the port is never opened."""
    return f"""[DEFAULT]
ConnectionType=acceptor
SocketAcceptPort=1
StartTime=00:00:00
EndTime=23:59:59
UseDataDictionary=Y
DataDictionary={dictionary}
FileStorePath={store}
CheckLatency=N
[SESSION]
BeginString=FIX.4.4
SenderCompID=G
TargetCompID=C
"""


def timed_us(each: Callable[[str], object], texts: list[str]) -> float:
    """CPU microseconds per call, of the whole process."""
    started = time.process_time_ns()
    for text in texts:
        each(text)
    return (time.process_time_ns() - started) / len(texts) / 1_000


def measure(dictionary: Path, count: int, rounds: int) -> tuple[float, float]:
    """Median CPU microseconds of one Session.next and of one Session.send."""
    with tempfile.TemporaryDirectory() as folder:
        settings = fix.SessionSettings()
        settings.setFromString(settings_text(dictionary, Path(folder)))
        application = Collector()
        acceptor = fix.SocketAcceptor(application, fix.FileStoreFactory(settings), settings)
        session = fix.Session.lookupSession(fix.SessionID("FIX.4.4", "G", "C"))
        if session is None:
            raise SystemExit("the engine made no session")
        session.next(logon(CLIENT, heart_bt_int_s=3600, reset=True).decode(), now())
        nexts, sends = [], []
        for number in range(rounds):
            orders = [order_text(number * count + i) for i in range(count)]
            nexts.append(timed_us(partial(receive, session), orders))
            reports = [report_text(number * count + i) for i in range(count)]
            message = fix.Message()
            sends.append(timed_us(partial(send, session, message), reports))
        expect(len(application.inbound) == count * rounds, "an order did not arrive")
        expect(session.isLoggedOn(), "the session was not logged on")
        del acceptor
    return statistics.median(nexts), statistics.median(sends)


def receive(session: fix.Session, text: str) -> None:
    """One message into the engine."""
    session.next(text, now())


def now() -> fix.UtcTimeStamp:
    """The engine's own clock."""
    return fix.UtcTimeStamp.now()


def send(session: fix.Session, message: fix.Message, text: str) -> None:
    """One report through a reused message, the way that costs least."""
    message.setString(text, False)
    session.send(message)


def order_text(index: int) -> str:
    """The order with this index, in sequence after the Logon."""
    encoded = new_order_single(CLIENT, FORM, msg_seq_num=index + 2, cl_ord_id=f"O{index}")
    return encoded.decode("ascii")


def report_text(index: int) -> str:
    """A New report; the engine sets its sequence number and time itself."""
    body = fields(
        (37, f"G{index}"), (11, f"O{index}"), (17, f"E{index}"), (150, "0"), (39, "0"), (1, "DEMO"),
        (55, "BTC/USDT"), (54, "1"), (38, "0.5"), (40, "2"), (44, "50000"), (151, "0.5"),
        (14, "0"), (6, "0"), (60, "20240102-03:04:05.678"),
    )  # fmt: skip
    return frame(GATEWAY, "8", 1, body).decode("ascii")


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """End the run when what it measured was not what it meant to measure."""
    if not holds:
        raise SystemExit(otherwise)


def main() -> None:
    """Print both figures on one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dictionary", type=Path, default=Path("fix_specs/FIX44.xml"))
    parser.add_argument("--count", type=int, default=5_000, help="messages per round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    next_us, send_us = measure(arguments.dictionary, arguments.count, arguments.rounds)
    print(f"Session.next {next_us:.2f} us, Session.send {send_us:.2f} us, CPU time per message")


if __name__ == "__main__":
    main()
