"""What the tables say of the journal is true: of orders open at an instant, and of every row."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.core import EPOCH, FakeCore
from fixgate.adapters.store import open_store
from fixgate.adapters.store.archive.copying import write_range
from fixgate.adapters.store.archive.files import day_path, days_in
from fixgate.adapters.store.comparing import Comparison
from fixgate.adapters.store.ledger import Ledger, Span
from fixgate.adapters.store.open_at import open_at
from fixgate.adapters.store.raw import DatabaseRecords
from fixgate.adapters.store.reader import Reader
from fixgate.application.ports.journal import Batch
from fixgate.application.replay import fold
from fixgate.domain.ids import Ids
from fixgate.domain.order import Order
from fixgate.domain.routing import Criterion, RoutingPolicy
from fixgate.domain.state import State
from property.core_routed import AGE_MS_MAX, NAMES, OTHERS, RoutedTruth
from property.core_truthful import Step, Truth, truths
from unit.adapters.store.journals import Tamper
from unit.adapters.store.samples import FixedClock

SECOND_NS = 1_000_000_000
POLICY = RoutingPolicy(
    name="default", by=Criterion.LISTED, venues=NAMES, book_age_ms_max=AGE_MS_MAX
)
gaps = st.lists(st.integers(0, 100), min_size=1, max_size=20)


def lived(truth: Truth, script: list[Step], seconds: list[int]) -> list[Batch]:
    """What a gateway makes durable of a script, with some seconds between its steps."""
    core, pause = truth.core, cycle(seconds)

    def wait() -> None:
        core.at_ns += next(pause) * SECOND_NS

    truth.run(script, wait)
    return core.batches


@contextmanager
def written(batches: list[Batch], archived: int) -> Iterator[Ledger]:
    """A journal, of which so many records are in the archive alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "journal.sqlite"
        asyncio.run(_commit(path, batches))
        reader = Reader(path)
        database = DatabaseRecords(reader.connection)
        if archived:
            span = Span(1, archived)
            whole = Ledger(EPOCH, database=database)
            write_range(whole, span, day_path(folder, "2026-03-02"), name="", progress=_nobody)
            with Tamper(path) as tamper:
                tamper.remove(span.first, span.last)
        yield Ledger(EPOCH, archived=days_in(folder), database=database)
        reader.close()


async def _commit(path: Path, batches: list[Batch]) -> None:
    store = open_store(path, FixedClock())
    await asyncio.gather(*(store.journal().commit(each) for each in batches))
    await store.close()


def _nobody(_: int) -> None:
    """Watches."""


def by_every_event(ledger: Ledger, through: int) -> list[Order]:
    """The same from all that happened."""
    state = State(Ids(EPOCH))
    fold(state, ledger.happened(1, through, progress=_nobody))
    return sorted(state.open_orders(), key=lambda order: order.order_id)


def compare(batches: list[Batch], archived: float, instants: list[float]) -> None:
    records = [each for batch in batches for each in batch.records]
    last, first_ns, last_ns = records[-1].seq, records[0].at_ns, records[-1].at_ns
    with written(batches, int(archived * last)) as ledger:
        assert ledger.connection is not None
        for each in instants:
            at_ns = first_ns + int(each * (last_ns - first_ns))
            through = ledger.first_at(at_ns + 1) - 1
            found = open_at(
                ledger, ledger.connection, at_ns=at_ns, through=through, progress=_nobody
            )
            assert found == by_every_event(ledger, through)
        comparison = Comparison(ledger, ledger.connection, State(Ids(EPOCH)))
        assert list(comparison.differences(last, _nobody)) == []
        assert comparison.rows


MODEST = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
parts = st.one_of(st.just(0.0), st.floats(0, 0.9))
times = st.lists(st.floats(0, 1), min_size=3, max_size=6)


@MODEST
@given(truths(restarts=True), gaps, parts, times)
def test_the_orders_open_at_an_instant_are_those_that_every_event_before_it_makes(
    script: list[Step], seconds: list[int], archived: float, instants: list[float]
) -> None:
    """Whatever happened to them since, also where their days are in the archive alone."""
    compare(lived(Truth(FakeCore()), script, seconds), archived, instants)


@MODEST
@given(truths(restarts=True), gaps, parts, times)
def test_the_same_holds_for_orders_in_parts(
    script: list[Step], seconds: list[int], archived: float, instants: list[float]
) -> None:
    truth = RoutedTruth(FakeCore(others=OTHERS, policies=(POLICY,)))
    compare(lived(truth, script, seconds), archived, instants)
