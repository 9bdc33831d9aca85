"""What it costs to prove, search and decide again what was recorded.

Here: prove(), the figures that are promised; measure(), over a journal that a gateway has written:
records verified a second, FIX messages decided again and compared, the state folded, messages
searched, records archived.
Not here: writing the journal (servers, load_client).

Run: python -m benchmarks.records HOME DATA_DIR
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import servers
from benchmarks.figures import Figure, Sizes, load
from benchmarks.load_session import LoadFailed
from fixgate.adapters.store.archive.copying import write_range
from fixgate.adapters.store.archive.files import days_in
from fixgate.adapters.store.ledger import Ledger, Span
from fixgate.adapters.store.raw import DatabaseRecords
from fixgate.adapters.store.searching import Wanted, found
from fixgate.application.replay import Replay, fold
from fixgate.bootstrap import parts
from fixgate.bootstrap.loading import load as load_configuration
from fixgate.bootstrap.settings import Configuration
from fixgate.bootstrap.stores import open_to_read
from fixgate.domain.ids import Ids
from fixgate.domain.state import State

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measured:
    """Rates, each a second; and whether everything was as it should be."""

    records: int
    messages: int
    verified_per_s: float
    verified_archived_per_s: float
    messages_replayed_per_s: float
    records_replayed_per_s: float
    folded_per_s: float
    searched_per_s: float
    archived_per_s: float
    archived_bytes_per_record: float
    sound: bool


def _timed(what: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    result = what()
    return result, time.perf_counter() - began


def _nothing(_: int) -> None:
    """Nobody watches."""


def measure(configuration: Configuration) -> Measured:
    """Measure over the journal of a configuration; nothing in it is changed."""
    reader = open_to_read(configuration)
    try:
        ledger = Ledger(reader.meta("epoch"), database=DatabaseRecords(reader.connection))
        return _measure(configuration, ledger)
    finally:
        reader.close()


def _measure(configuration: Configuration, ledger: Ledger) -> Measured:
    span = ledger.span() or Span(1, 0)
    records = span.last
    verified, verify_s = _timed(ledger.verify)
    gc.disable()  # as the command does
    replay = Replay(_state(configuration, ledger), parts.codec(configuration))
    differences, replay_s = _timed(
        lambda: sum(1 for _ in replay.differences(ledger.records(1, records)))
    )
    state = _state(configuration, ledger)
    _, fold_s = _timed(lambda: fold(state, ledger.happened(1, records, progress=_nothing)))
    gc.enable()
    messages, search_s = _timed(lambda: sum(1 for _ in found(ledger, Wanted())))
    with tempfile.TemporaryDirectory(prefix="fixgate-bench-") as folder:
        path = Path(folder) / "journal-day.parquet"
        _, archive_s = _timed(
            lambda: write_range(ledger, span, path, name="day", progress=_nothing)
        )
        size = path.stat().st_size
        archive = Ledger(ledger.epoch, archived=days_in(Path(folder)))
        again, again_s = _timed(archive.verify)
    return Measured(
        records=records,
        messages=messages,
        verified_per_s=records / verify_s,
        verified_archived_per_s=records / again_s,
        messages_replayed_per_s=messages / replay_s,
        records_replayed_per_s=records / replay_s,
        folded_per_s=records / fold_s,
        searched_per_s=messages / search_s,
        archived_per_s=records / archive_s,
        archived_bytes_per_record=size / records,
        sound=verified.fault is None and again.fault is None and not differences,
    )


def _state(configuration: Configuration, ledger: Ledger) -> State:
    most = configuration.gateway.journal.terminal_orders_in_memory
    return State(Ids(ledger.epoch), terminal_max=most)


def prove(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """What it takes to verify a journal, and to decide again all that was decided."""
    made = servers.home(folder, sessions=1)
    server = servers.gateway(made, folder / "data")
    load("throughput", server, orders=sizes.long_run // 5, until_filled=True)
    server.stop()
    command = [sys.executable, "-m", "benchmarks.records", str(made), str(folder / "data")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=servers.ROOT, timeout=1_800
    )
    if done.returncode:
        raise LoadFailed(f"the journal is not sound: {done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    database, archive = found["verified_per_s"], found["verified_archived_per_s"]
    yield Figure(
        f"Records verified a second, of {found['records']:,}",
        "at least 50,000",
        f"{database:,.0f} in SQLite, {archive:,.0f} in the archive",
        min(database, archive) >= 50_000,
    )
    minutes = 1_000_000 / found["messages_replayed_per_s"] / 60
    yield Figure(
        "A day of 1,000,000 FIX messages, decided again and compared",
        "under 10 minutes",
        f"{minutes:.1f} minutes ({found['messages_replayed_per_s']:,.0f} messages a second, "
        f"{found['folded_per_s']:,.0f} records a second to get to its beginning)",
        minutes < 10,
    )


def main() -> int:
    """Print what was measured, as one JSON object."""
    home, data = sys.argv[1:]
    result = measure(load_configuration(Path(home), {"FIXGATE_DATA_DIR": data}))
    print(json.dumps(asdict(result), indent=2))
    return 0 if result.sound else 1


if __name__ == "__main__":
    sys.exit(main())
