"""What a thousand subscriptions to prices cost those who send orders.

Here: beside_prices(), the same load of orders with and without subscribers, in turns, on one
gateway; and the reader, a process that subscribes, takes what comes and throws it away.
Not here: the load of orders (load_client).

Run: python -m benchmarks.run --only prices
"""

from __future__ import annotations

import argparse
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks import servers
from benchmarks.figures import Figure, Sizes, load
from benchmarks.fix_wire import Identity, fields, frame, logon
from benchmarks.load_session import CHUNK_BYTES, TIMEOUT_S, LoadFailed

SESSIONS: Final = 10
SUBSCRIPTIONS: Final = 1_000
_SNAPSHOT: Final = b"\x0135=W\x01"
_CHANGE: Final = b"\x0135=X\x01"


def beside_prices(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """All subscribe to the ten best levels of the symbol that is traded, at 100 ms."""
    made = servers.home(folder, sessions=1)
    template = (servers.ROOT / "sessions" / "marketdata.toml").read_text()
    template = template.replace("enabled = false", "enabled = true")
    for name in _names():
        (made / "sessions" / f"{name}.toml").write_text(template.replace("MARKET44", name))
    server = servers.gateway(made, folder / "data")
    ratios: dict[str, list[float]] = {"throughput": [], "cpu": [], "p50": []}
    changes: list[float] = []
    try:
        for _ in range(sizes.rounds):
            alone = _measured(server, sizes)
            reader = _Reader(server.port)
            beside = _measured(server, sizes)
            changes.append(reader.stop())
            for name, each in ratios.items():
                each.append(beside[name] / alone[name])
    finally:
        server.stop()
    took = statistics.median(changes)
    for name, what, least, most in (
        ("throughput", "Orders per second", 0.8, None),
        ("p50", "Round trip to the New report, p50", None, 1.2),
        ("cpu", "Processor time per order, prices included", None, 1.2),
    ):
        ratio = statistics.median(ratios[name])
        kept = ratio >= least if least is not None else ratio <= (most or 0)
        promised = f"at least {least}" if least is not None else f"at most {most}"
        yield Figure(
            f"{what}, beside {SUBSCRIPTIONS:,} subscriptions, to alone",
            f"{promised} x",
            f"{ratio:.2f} ({took:,.0f} price messages a second)",
            kept,
        )


def _measured(server: servers.Server, sizes: Sizes) -> dict[str, float]:
    full = load("throughput", server, orders=sizes.orders, warm_up=500, until_filled=True)
    trip = load("latency", server, orders=sizes.latency_orders, warm_up=200)
    return {
        "throughput": full["orders_per_s"],
        "cpu": full["server_cpu_us_per_order"],
        "p50": trip["p50_us"],
    }


def _names() -> list[str]:
    return [f"MARKET{number:02d}" for number in range(SESSIONS)]


class _Reader:
    """The reader's process, which has its first snapshots when this is made."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "benchmarks.market_data", f"--port={port}"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=servers.ROOT
        )
        said = self._process.stdout
        if said is None or said.readline() != "subscribed\n":
            raise LoadFailed("the reader of prices did not get its snapshots")

    def stop(self) -> float:
        """End it; how many messages a second it got."""
        counted, _ = self._process.communicate("stop\n", timeout=TIMEOUT_S)
        return float(counted)


def read_prices(port: int) -> None:
    """Subscribe on all sessions, then take what comes until a line arrives on stdin."""
    sockets = [_subscribed(port, name) for name in _names()]
    waiting = selectors.DefaultSelector()
    for each in sockets:
        waiting.register(each, selectors.EVENT_READ)
    waiting.register(sys.stdin, selectors.EVENT_READ)
    snapshots = changes = 0
    began = 0.0
    while True:
        for key, _ in waiting.select():
            if not isinstance(key.fileobj, socket.socket):
                print(changes / (time.monotonic() - began), flush=True)
                return
            chunk = key.fileobj.recv(CHUNK_BYTES)
            if not chunk:
                raise LoadFailed("the gateway closed a market data session")
            changes += chunk.count(_CHANGE)
            if snapshots < SUBSCRIPTIONS:
                snapshots += chunk.count(_SNAPSHOT)
                if snapshots == SUBSCRIPTIONS:
                    changes, began = 0, time.monotonic()
                    print("subscribed", flush=True)


def _subscribed(port: int, name: str) -> socket.socket:
    identity = Identity(begin_string="FIX.4.4", sender_comp_id=name, target_comp_id="FIXGATE")
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    connection.sendall(logon(identity, heart_bt_int_s=3_600, reset=True))
    if b"\x0135=A\x01" not in connection.recv(CHUNK_BYTES):
        raise LoadFailed(f"{name} cannot log on")
    for number in range(SUBSCRIPTIONS // SESSIONS):
        wanted = fields((262, f"S{number}"), (263, "1"), (264, "10"), (265, "1"))
        types = fields((267, "2"), (269, "0"), (269, "1"))
        body = wanted + types + fields((146, "1"), (55, "BTC/USDT"))
        connection.sendall(frame(identity, "V", number + 2, body))
    return connection


def main(arguments: Sequence[str] | None = None) -> int:
    """Be the reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    read_prices(parser.parse_args(arguments).port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
