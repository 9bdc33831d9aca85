"""What the FIX side costs for one order with one report, in microseconds of CPU time.

Here: framing alone; an order from bytes to FixDelivered; a report from release to the socket.
Not here: the core, the journal, and the kernel's share of a real socket.

Run: python -m benchmarks.door
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.fix_wire import Identity, OrderForm, fields, frame, logon, new_order_single
from fixgate.adapters.fix.config import SessionConfig
from fixgate.adapters.fix.connection import Connection
from fixgate.adapters.fix.framing import Framer
from fixgate.adapters.fix.recorder import Delivered
from fixgate.adapters.fix.server import FixServer
from fixgate.adapters.fix.tags import utc_timestamp
from fixgate.application.ports.fix import FixDelivered
from fixgate.application.ports.journal import Sent, SentPage
from fixgate.domain.ids import SessionName
from fixgate.domain.sessions import FixVersion

NAME: Final = SessionName("BENCH")
CLIENT: Final = Identity(begin_string="FIX.4.4", sender_comp_id="BENCH", target_comp_id="FIXGATE")
GATEWAY: Final = Identity(begin_string="FIX.4.4", sender_comp_id="FIXGATE", target_comp_id="BENCH")
FORM: Final = OrderForm(
    symbol="BTC/USDT", side="1", order_qty="0.5", ord_type="2", price="50000", account="DEMO"
)
FIX_SPECS: Final = Path(__file__).parents[1] / "fix_specs"


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_REALTIME)


class MemoryTransport(asyncio.Transport):
    """Takes everything at once, as a socket whose client reads."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 1) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data.count(b"\x0135=8\x01") if isinstance(data, bytes) else 0

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


class NothingSent(Sent):
    """No client asks for anything again."""

    def position(self) -> int:
        return 0

    def page(self, *_: object, **__: object) -> asyncio.Future[SentPage]:
        raise NotImplementedError


def cpu_us(call: Callable[[], object], count: int) -> float:
    """CPU microseconds of the process for each of ``count``."""
    started = time.process_time_ns()
    call()
    return (time.process_time_ns() - started) / count / 1_000


def report(number: int) -> str:
    """A New report, as the codec would have made it: header, then fields ascending by tag."""
    now = utc_timestamp(SystemClock().now_ns())
    body = fields(
        (1, "DEMO"), (6, "0"), (11, f"O{number}"), (14, "0"), (17, f"E{number}"),
        (37, f"G{number}"), (38, "0.5"), (39, "0"), (40, "2"), (44, "50000"), (54, "1"),
        (55, "BTC/USDT"), (60, now), (150, "0"), (151, "0.5"),
    )  # fmt: skip
    return frame(GATEWAY, "8", number, body).decode("ascii")


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until something holds."""
    while not holds():  # noqa: ASYNC110 - the turns of the loop are what is measured
        await asyncio.sleep(0)


async def one_round(server: FixServer, delivered: list[object], count: int, batch: int) -> Figures:
    """Orders in, then their reports out; the session logs on with a reset."""
    transport = MemoryTransport()
    connection = Connection(server._door)  # noqa: SLF001 - without a socket
    connection.connection_made(transport)
    connection.data_received(logon(CLIENT, heart_bt_int_s=3600, reset=True))
    session = server.session(NAME)
    await until(lambda: session is not None and session.logged_on)
    chunks = [
        b"".join(
            new_order_single(CLIENT, FORM, msg_seq_num=2 + at + i, cl_ord_id=f"O{at + i}")
            for i in range(batch)
        )
        for at in range(0, count, batch)
    ]
    framer = Framer()
    framing_us = cpu_us(lambda: [framer.feed(chunk) for chunk in chunks], count)
    delivered.clear()
    started = time.process_time_ns()
    for chunk in chunks:
        connection.data_received(chunk)
        await until(lambda: not connection._backlog)  # noqa: SLF001
    feeding_us = (time.process_time_ns() - started) / count / 1_000
    if len(delivered) != count:
        raise SystemExit(f"{len(delivered)} of {count} orders were delivered")
    reports = [report(2 + i) for i in range(count)]

    def release_all() -> None:
        for at in range(0, count, batch):
            first = server.reserve(NAME, batch) or 0
            numbers = range(first, first + batch)
            server.release(NAME, list(zip(numbers, reports[at : at + batch], strict=True)))

    releasing_us = cpu_us(release_all, count)
    if transport.written != count:
        raise SystemExit(f"{transport.written} of {count} reports were written")
    connection.connection_lost(None)
    return framing_us, feeding_us, releasing_us


Figures = tuple[float, float, float]


async def measure(count: int, rounds: int, batch: int) -> Figures:
    """Medians of framing, feeding (framing included) and releasing."""
    delivered: list[object] = []

    def deliver(each: Delivered) -> None:
        if isinstance(each, FixDelivered):
            delivered.append(each)

    with tempfile.TemporaryDirectory() as folder:
        server = FixServer(
            [SessionConfig(name=NAME, version=FixVersion.FIX44, target_comp_id="BENCH")],
            dictionaries=FIX_SPECS,
            data=Path(folder),
            deliver=deliver,
            room=lambda: True,
            clock=SystemClock(),
            remember_refused=lambda _: True,
            sent=NothingSent(),
            fence=1,
        )
        results = [await one_round(server, delivered, count, batch) for _ in range(rounds)]
        await server.stop("done")
        server.close()
    framing, feeding, releasing = (statistics.median(each) for each in zip(*results, strict=True))
    return framing, feeding, releasing


def main() -> None:
    """Print one line per batch size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5_120, help="orders per round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for batch in (1, 2, 16, 64):
        framing, feeding, releasing = asyncio.run(measure(arguments.count, arguments.rounds, batch))
        print(
            f"{batch:3} at a time: framing {framing:.1f} us, bytes to delivered {feeding:.1f} us, "
            f"release to socket {releasing:.1f} us, together {feeding + releasing:.1f} us"
        )


if __name__ == "__main__":
    main()
