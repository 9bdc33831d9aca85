"""What making orders durable costs: CPU per order, orders per second, time of a commit.

Each order is ten journal records, three FIX messages, two executions, two venue calls, the order
and its ClOrdID. Run: python -m benchmarks.journal [--orders N]. The event loop is idle, or burns
some microseconds of Python for each order, as the real one does; then the two threads contend
for the interpreter, and the switch interval decides how dearly.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

from fixgate.adapters.store import open_store
from fixgate.application.ports.journal import Batch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from unit.adapters.store.samples import FixedClock, Gateway

IN_FLIGHT = 4


def burn(microseconds: float) -> None:
    """Keep the interpreter busy."""
    until = time.perf_counter_ns() + int(microseconds * 1000)
    while time.perf_counter_ns() < until:
        pass


def thread_cpu(native: int | None) -> float:
    """CPU seconds of a thread of this process."""
    return time.clock_gettime(time.pthread_getcpuclockid(native or 0))


def size_of(folder: Path) -> int:
    """Bytes in a folder."""
    return sum(each.stat().st_size for each in folder.iterdir())


async def run(batches: list[Batch], orders: int, busy_us: float) -> None:
    """Commit all batches, four in flight, and print what it took."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        store = open_store(Path(folder) / "journal.sqlite", FixedClock())
        journal = store.journal()
        waits: deque[asyncio.Future[None]] = deque()
        took: list[float] = []
        per_batch = orders / len(batches)
        writer = journal._thread.ident  # noqa: SLF001 - a benchmark may look inside
        start, cpu = time.perf_counter(), time.process_time()
        for batch in batches:
            began = time.perf_counter()
            future = journal.commit(batch)
            future.add_done_callback(
                lambda _, began=began: took.append(time.perf_counter() - began)  # type: ignore[misc]
            )
            waits.append(future)
            burn(busy_us * per_batch)
            while len(waits) >= IN_FLIGHT:
                await waits.popleft()
            await asyncio.sleep(0)
        for future in waits:
            await future
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        writing = thread_cpu(writer)
        size = size_of(Path(folder))
        await asyncio.sleep(0)
        await store.close()
        took.sort()
        print(
            f"  {per_batch:4.0f}/batch busy {busy_us:3.0f} us, switch"
            f" {sys.getswitchinterval() * 1e6:5.0f} us: {orders / wall:7,.0f} orders/s"
            f" {orders * 10 / wall:8,.0f} records/s; CPU/order writer {writing / orders * 1e6:5.1f}"
            f" all {cpu / orders * 1e6:5.1f} us; commit p50 {took[len(took) // 2] * 1e3:6.2f}"
            f" p99 {took[int(len(took) * 0.99)] * 1e3:6.2f} max {took[-1] * 1e3:6.2f} ms;"
            f" {size / orders / 1e3:.1f} kB/order"
        )


def main() -> None:
    """Print one line for each arrangement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    wanted: int = parser.parse_args().orders
    for per_batch in (1, 10, 50):
        count = max(1, min(wanted, 200 * per_batch if per_batch == 1 else wanted) // per_batch)
        count = max(count, 2_000) if per_batch == 1 else count
        for busy_us, interval in ((0.0, 5e-3), (60.0, 5e-3), (60.0, 1e-3), (60.0, 2e-4)):
            gateway = Gateway()
            batches = [gateway.batch(per_batch) for _ in range(count)]
            sys.setswitchinterval(interval)
            asyncio.run(run(batches, count * per_batch, busy_us))
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
