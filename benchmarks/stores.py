"""What the journal's database costs: PostgreSQL beside SQLite, in one run.

Here: throughput of the gateway on both, the cost of a commit up to a million stored orders, a
start after a kill, and the takeover by a standby. PostgreSQL is a real one on the same machine,
with its own defaults but for memory; every commit is synced by both databases.
Not here: the other figures (run).
"""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import servers
from benchmarks.figures import Figure, Sizes, load
from fixgate.adapters.store.opening import open_store
from fixgate.adapters.store.postgres.opening import open_postgres

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from postgres import PASSWORD, PostgresServer, new_database, new_server
from unit.adapters.store.samples import FixedClock, Gateway

if TYPE_CHECKING:
    from fixgate.adapters.store.postgres.address import PostgresAddress
    from fixgate.adapters.store.store import Store

_IN_FLIGHT: Final = 4
_PER_BATCH: Final = 50
_LEASE_S: Final = 5.0


def _environ(address: PostgresAddress) -> dict[str, str]:
    return {
        "FIXGATE_JOURNAL__URL": address.url,
        "FIXGATE_JOURNAL__PASSWORD_ENV": "BENCHMARK_PASSWORD",
        "FIXGATE_JOURNAL__LEASE_S": str(_LEASE_S),
        "BENCHMARK_PASSWORD": PASSWORD,
    }


def _server() -> PostgresServer:
    return new_server(settings="shared_buffers=256MB max_wal_size=4GB")


def against_sqlite(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """The same orders through a gateway on PostgreSQL and one on SQLite, in turns."""
    database = _server()
    made = servers.home(folder, sessions=1)
    ours = {
        "sqlite": servers.gateway(made, folder / "sqlite"),
        "postgresql": servers.gateway(
            made, folder / "postgresql", environ=_environ(new_database(database))
        ),
    }
    found: dict[str, list[float]] = {name: [] for name in ours}
    for _ in range(sizes.rounds):
        for name, server in ours.items():
            result = load("throughput", server, orders=sizes.orders, warm_up=500, until_filled=True)
            found[name].append(float(result["orders_per_s"]))
    for server in ours.values():
        server.stop()
    database.stop()
    ratios = [b / a for a, b in zip(found["sqlite"], found["postgresql"], strict=True)]
    ratio = statistics.median(ratios)
    mine, other = (statistics.median(found[name]) for name in ("postgresql", "sqlite"))
    yield Figure(
        "Orders per second on PostgreSQL, New and Filled, durable",
        "at least 0.7 x SQLite",
        f"{ratio:.2f} ({mine:,.0f}/s to {other:,.0f}/s)",
        ratio >= 0.7,
    )


def to_a_million(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Whether a commit costs the same however many orders are stored. Rows only, no gateway."""
    database = _server()
    stores: dict[str, Store] = {}

    async def measure() -> dict[str, float]:
        stores["PostgreSQL"] = open_postgres(new_database(database), folder / "postgresql")
        stores["SQLite"] = open_store(folder / "sqlite" / "journal.db", FixedClock())
        ratios = {name: await _late_to_early(store, sizes.stored) for name, store in stores.items()}
        for store in stores.values():
            await store.close()
        return ratios

    for name, ratio in asyncio.run(measure()).items():
        yield Figure(
            f"Orders stored per second, {name}, the last 5 % of {sizes.stored:,} to the first",
            "at least 0.85",
            f"{ratio:.2f}",
            ratio >= 0.85,
        )
    database.stop()


async def _late_to_early(store: Store, orders: int) -> float:
    gateway = Gateway()
    part = orders // 20
    await _store(store, gateway, part // 4)  # files grow to a size of their own first
    early = await _store(store, gateway, part)
    while gateway.orders < orders - part:
        await _store(store, gateway, min(part, orders - part - gateway.orders))
    late = await _store(store, gateway, part)
    return late / early


async def _store(store: Store, gateway: Gateway, orders: int) -> float:
    """Orders per second."""
    waits: deque[asyncio.Future[None]] = deque()
    began = time.perf_counter()
    for _ in range(max(1, orders // _PER_BATCH)):
        waits.append(store.journal().commit(gateway.batch(_PER_BATCH)))
        while len(waits) >= _IN_FLIGHT:
            await waits.popleft()
    while waits:
        await waits.popleft()
    return orders / (time.perf_counter() - began)


def start_after_kill(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """How long a start takes when much is stored, and part of it is open; on both databases."""
    database = _server()
    made = servers.home(folder, sessions=1)
    over = sizes.left_open * 20 - sizes.left_open
    for name, environ in (
        ("PostgreSQL", _environ(new_database(database))),
        ("SQLite", {}),
    ):
        data = folder / name
        server = servers.gateway(made, data, environ=environ)
        load("throughput", server, orders=over, until_filled=True)
        load("throughput", server, orders=sizes.left_open, side="buy", buy_price="45000")
        server.stop(signal.SIGKILL)
        again = servers.gateway(made, data, environ=environ)
        again.stop()
        yield Figure(
            f"Start after kill -9, {name}, {over + sizes.left_open:,} orders stored,"
            f" {sizes.left_open:,} of them open",
            "under 10 s",
            f"{again.ready_s:.1f} s",
            again.ready_s < 10,
        )
    database.stop()


def take_over(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """From the end of a paused node's lease until the standby accepts clients."""
    database = _server()
    address = new_database(database)
    name = address.url.rpartition("/")[2]
    made = servers.home(folder, sessions=1)
    first = servers.gateway(made, folder / "first", environ=_environ(address))
    load("throughput", first, orders=sizes.open_orders, side="buy", buy_price="45000")
    second = servers.start(
        made, folder / "second", environ=_environ(address), options=["--standby"]
    )
    for line in second.stdout or ():
        if line.startswith("Standby"):
            break
    os.kill(first.pid, signal.SIGSTOP)
    ((left_s,),) = database.execute(
        "SELECT extract(epoch FROM until - clock_timestamp())::float8 FROM gateway_lease", name
    )
    ends = time.monotonic() + float(str(left_s))
    servers.port_of(second)
    took_s = time.monotonic() - ends
    os.kill(first.pid, signal.SIGCONT)
    status = first.process.wait(60)
    second.send_signal(signal.SIGTERM)
    second.wait(60)
    database.stop()
    yield Figure(
        f"Takeover by a second node after the lease ended, {sizes.open_orders:,} orders open",
        "under 5 s",
        f"{took_s:.1f} s; the first, woken up, stopped with status {status}",
        took_s < 5 and status == 74,
    )


def main() -> None:
    """Compare only the commits of both databases: quick, and without a gateway."""
    database = _server()

    async def compare() -> None:
        for name in ("SQLite", "PostgreSQL"):
            with tempfile.TemporaryDirectory(dir=".") as folder:
                place = Path(folder)
                store: Store = (
                    open_store(place / "journal.db", FixedClock())
                    if name == "SQLite"
                    else open_postgres(new_database(database), place)
                )
                gateway = Gateway()
                await _store(store, gateway, 2_000)
                print(f"  {name:10} {await _store(store, gateway, 20_000):8,.0f} orders/s")
                await store.close()

    asyncio.run(compare())


if __name__ == "__main__":
    main()
