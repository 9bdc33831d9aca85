"""The store in PostgreSQL: whose it is, commits without an answer, and what is damaged."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest

from fixgate.adapters.store import JournalFailed, StoreInUse, StoreLost, StoreUnusable
from fixgate.adapters.store.postgres import journal as journal_module
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.opening import PostgresStore, open_postgres
from fixgate.adapters.store.postgres.partitions import DAY_NS, name_of
from fixgate.adapters.store.writer import Watch
from postgres import new_database
from unit.adapters.store.samples import AT_NS, SESSION, Gateway, noted


class Heard:
    """What a journal says of how it fares."""

    def __init__(self, store: PostgresStore) -> None:
        self.said: list[str] = []
        store.journal().watch = Watch(
            interrupted=lambda _: self.said.append("interrupted"),
            resumed=lambda: self.said.append("resumed"),
            lost=lambda _: self.said.append("lost"),
        )


@pytest.fixture
def address() -> PostgresAddress:
    return new_database()


@pytest.fixture
async def store(address: PostgresAddress, tmp_path: Path) -> AsyncIterator[PostgresStore]:
    opened = open_postgres(address, tmp_path / "one")
    yield opened
    await opened.close()


def execute(address: PostgresAddress, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address.conninfo(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def succeed(address: PostgresAddress, folder: Path) -> PostgresStore:
    """Take the store over, as if its holder had not been heard of for long."""
    while True:
        execute(address, "UPDATE gateway_lease SET until = clock_timestamp()")
        try:
            return open_postgres(address, folder)
        except StoreInUse:
            continue  # it was just being heard of


def losing_the_answer(store: PostgresStore, *, happens: bool) -> Callable[[], int]:
    """The next commit loses its connection, before or after the server has done it."""
    durable = store._durable
    commit, calls = durable._commit, []

    def once(connection, text, given):
        calls.append(1)
        if len(calls) > 1:
            commit(connection, text, given)
            return
        commits, good_until_s = durable._commits, durable.good_until_s
        if happens:
            commit(connection, text, given)
            durable._commits, durable.good_until_s = commits, good_until_s
        connection.close()
        raise psycopg.OperationalError("the connection is gone")

    durable._commit = once
    return lambda: len(calls)


@pytest.mark.parametrize("happens", [True, False])
async def test_a_commit_whose_answer_is_lost_happens_once(
    store: PostgresStore, *, happens: bool
) -> None:
    heard = Heard(store)
    batch = Gateway().batch(3)
    attempts = losing_the_answer(store, happens=happens)
    await store.journal().commit(batch)
    assert attempts() >= (1 if happens else 2)
    assert list(store.reader.records()) == batch.records
    await store.journal().commit(noted(batch.records[-1].seq + 1))
    assert store.reader.verify() is None
    assert heard.said == ["interrupted", "resumed"]


async def test_who_has_lost_the_lease_writes_nothing_and_answers_nothing(
    address: PostgresAddress, store: PostgresStore, tmp_path: Path
) -> None:
    heard = Heard(store)
    await store.journal().commit(noted(1))
    successor = succeed(address, tmp_path / "two")
    assert successor.fence == store.fence + 1
    with pytest.raises(StoreLost, match=r"taken over by process \d+ on .* \(fence 2, ours was 1\)"):
        await store.journal().commit(noted(2))
    with pytest.raises(JournalFailed):
        await store.journal().commit(noted(3))
    assert heard.said == ["lost"]
    assert [each.seq for each in successor.reader.records()] == [1]
    await successor.journal().commit(noted(2))
    assert successor.reader.verify() is None
    await successor.close()


async def test_a_holder_that_writes_nothing_notices_that_it_was_replaced(
    address: PostgresAddress, tmp_path: Path
) -> None:
    store = open_postgres(address, tmp_path / "short", lease_s=0.5)
    heard = Heard(store)
    successor = succeed(address, tmp_path / "two")
    async with asyncio.timeout(20):
        while heard.said != ["lost"]:
            await asyncio.sleep(0.01)
    await successor.close()
    await store.close()


async def test_a_holder_that_slept_after_a_commit_asks_before_it_answers(
    address: PostgresAddress,
    store: PostgresStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commit is durable, but by now somebody else may have told the client otherwise."""
    heard = Heard(store)
    await store.journal().commit(noted(1))
    awake = journal_module.now_s
    monkeypatch.setattr(journal_module, "now_s", lambda: awake() + 3_600)
    # Commits wake it for good: it still has the lease.
    commit = store.journal().commit(noted(2))
    async with asyncio.timeout(20):
        while store.reader.last()[0] < 2:
            await asyncio.sleep(0.01)
    assert not commit.done()
    successor = succeed(address, tmp_path / "two")
    with pytest.raises(StoreLost):
        await commit
    assert heard.said[-1] == "lost"
    await successor.close()


async def test_a_holder_that_slept_and_still_has_the_lease_goes_on(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    awake, slept = journal_module.now_s, [3_600.0]
    monkeypatch.setattr(journal_module, "now_s", lambda: awake() + slept[0])
    commit = store.journal().commit(noted(1))
    async with asyncio.timeout(20):
        while store.reader.last()[0] < 1:
            await asyncio.sleep(0.01)
    assert not commit.done()
    slept[0] = 0.0
    await commit


async def test_a_store_in_use_is_left_as_it_is(
    address: PostgresAddress, store: PostgresStore, tmp_path: Path
) -> None:
    await store.journal().commit(noted(1))
    with pytest.raises(StoreInUse, match="is in use by process"):
        open_postgres(address, tmp_path / "two")
    with pytest.raises(StoreInUse, match="is in use by process"):
        open_postgres(new_database(), tmp_path / "one")  # the same data directory
    await store.journal().commit(noted(2))


async def test_the_next_process_need_not_wait_for_the_lease_of_one_that_ended_in_order(
    address: PostgresAddress, tmp_path: Path
) -> None:
    for fence in (1, 2, 3):
        store = open_postgres(address, tmp_path, lease_s=60)
        assert store.fence == fence
        await store.close()


async def test_each_day_has_a_partition_of_its_own(
    address: PostgresAddress, store: PostgresStore
) -> None:
    for seq, day in enumerate((0, 0, 1, 5), 1):
        await store.journal().commit(noted(seq, at_ns=AT_NS + day * DAY_NS))
    found = execute(
        address, "SELECT tableoid::regclass::text, count(*) FROM journal GROUP BY 1 ORDER BY 1"
    )
    first = AT_NS // DAY_NS
    assert found == [(name_of(first), 2), (name_of(first + 1), 1), (name_of(first + 5), 1)]
    assert [each.seq for each in store.reader.records()] == [1, 2, 3, 4]
    assert list(store.reader.sent_numbers(SESSION)) == []


async def damaged(address: PostgresAddress, folder: Path, statement: str) -> str:
    """Do something to a store of three days, and hear what is said of it."""
    store = open_postgres(address, folder)
    for seq, day in enumerate((0, 1, 2), 1):
        await store.journal().commit(noted(seq, at_ns=AT_NS + day * DAY_NS))
    await store.close()
    execute(address, f"SET session_replication_role = replica; {statement}")
    before = execute(address, "SELECT * FROM gateway_lease")
    with pytest.raises(StoreUnusable) as refused:
        open_postgres(address, folder)
    assert execute(address, "SELECT * FROM gateway_lease") == before
    return str(refused.value)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (f"DROP TABLE {name_of(AT_NS // DAY_NS + 1)}", "records 2 to 2 are missing"),
        (f"DROP TABLE {name_of(AT_NS // DAY_NS)}", "records 1 to 1 are missing"),
        ("UPDATE journal SET payload = payload || ' '", "record 1 is not as written"),
        ("DROP TABLE fix_messages", "fix_messages"),
        ("DELETE FROM meta WHERE name = 'epoch'", "epoch"),
    ],
)
async def test_a_damaged_store_is_refused_and_left_as_it_is(
    address: PostgresAddress, tmp_path: Path, statement: str, said: str
) -> None:
    assert f"{address}: is damaged: " in (found := await damaged(address, tmp_path, statement))
    assert said in found


async def test_a_server_that_would_lose_what_it_acknowledged_is_refused(
    address: PostgresAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fixgate.adapters.store.postgres import opening

    asked = opening._one
    monkeypatch.setattr(
        opening, "_one", lambda c, query: "off" if "fsync" in query else asked(c, query)
    )
    with pytest.raises(StoreUnusable, match="has fsync turned off"):
        open_postgres(address, tmp_path)


async def test_closing_while_the_database_is_away_ends_soon(
    address: PostgresAddress, tmp_path: Path
) -> None:
    store = open_postgres(address, tmp_path)
    heard = Heard(store)
    store._durable._address = PostgresAddress("postgresql://127.0.0.1:1/gone")
    losing_the_answer(store, happens=False)
    commit = store.journal().commit(noted(1))
    async with asyncio.timeout(20):
        while not heard.said:
            await asyncio.sleep(0.01)
        await store.close()
    with pytest.raises(JournalFailed, match="closed while the database was away"):
        await commit


async def test_a_database_that_has_lost_commits_is_not_written_to(
    address: PostgresAddress, store: PostgresStore
) -> None:
    """Somebody put back an old copy, or a standby took over that had not received everything."""
    await store.journal().commit(noted(1))
    await store.journal().commit(noted(2))
    execute(
        address,
        "SET session_replication_role = replica; DELETE FROM journal WHERE seq = 2;"
        " UPDATE gateway_lease SET commits = commits - 1",
    )
    losing_the_answer(store, happens=False)
    with pytest.raises(JournalFailed, match="durable commits are no longer there"):
        await store.journal().commit(noted(3))
