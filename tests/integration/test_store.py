"""The store with a real disk, other processes, and many orders."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from itertools import repeat
from pathlib import Path

import pytest

from fixgate.adapters.store import (
    JournalFailed,
    MessageFilter,
    Reader,
    SqliteJournal,
    StopFile,
    Store,
    StoreRecall,
    open_store,
)
from fixgate.application.ports.journal import Batch, FixRow, Record
from fixgate.domain.ids import ClOrdID, SessionName
from unit.adapters.store.samples import (
    AT_NS,
    SESSION,
    FixedClock,
    Gateway,
    a_message,
    a_trade,
    an_order,
    database,
    noted,
)

OTHER = SessionName("DEMO42")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(database(tmp_path), FixedClock())
    yield store
    await store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_fails_the_journal_and_the_stop_file_can_still_be_written(
    small_disk: Path,
) -> None:
    stop = StopFile(small_disk / "stop")
    store = open_store(small_disk / "journal.sqlite", FixedClock())
    journal = store.journal()
    with pytest.raises(JournalFailed, match="full"):
        await commit_for_ever(journal)
    durable = journal.last_seq
    assert durable > 0
    with pytest.raises(JournalFailed):
        await journal.commit(noted(durable + 1))
    fill_up(small_disk / "rest")
    stop.write({SESSION: 12_345})
    assert stop.read().refused_through == {SESSION: 12_345}
    assert [each.seq for each in store.reader.records()] == list(range(1, durable + 1))
    await store.close()
    stop.close()
    (small_disk / "rest").unlink()
    store = open_store(small_disk / "journal.sqlite", FixedClock())
    assert store.journal().last_seq == durable
    assert store.reader.verify() is None
    await store.close()


async def commit_for_ever(journal: SqliteJournal) -> None:
    gateway = Gateway()
    while True:
        await journal.commit(gateway.batch(5))


def fill_up(path: Path) -> None:
    """Leave no byte free on the disk."""
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        file.writelines(repeat(b"x" * 4096))


def by_another_process(path: Path) -> str:
    """How many records and orders a reader in a process of its own sees."""
    script = (
        "import sys; from pathlib import Path; from fixgate.adapters.store import Reader;"
        "reader = Reader(Path(sys.argv[1]));"
        "print(len(list(reader.records())), len(reader.recent_orders(100)), reader.verify())"
    )
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


async def test_another_process_reads_while_the_gateway_writes_and_when_none_runs(
    tmp_path: Path,
) -> None:
    store = open_store(database(tmp_path), FixedClock())
    gateway = Gateway()
    await store.journal().commit(gateway.batch(2))
    assert await asyncio.to_thread(by_another_process, database(tmp_path)) == "20 2 None"
    await store.journal().commit(gateway.batch(2))
    assert await asyncio.to_thread(by_another_process, database(tmp_path)) == "40 4 None"
    await store.close()
    assert await asyncio.to_thread(by_another_process, database(tmp_path)) == "40 4 None"


async def test_ten_thousand_open_orders_are_read_in_two_seconds(store: Store) -> None:
    gateway, seq = Gateway(last_seq=10_000), 0
    for _ in range(20):
        batch = Batch(at_ns=AT_NS)
        for _ in range(500):
            seq += 1
            order = an_order(seq, cl_ord_id=f"C{seq}", cum_qty="0.1")
            batch.orders[order.order_id] = order
            batch.names.append((SESSION, order.cl_ord_id, order.order_id))
            trade_id, exec_id = f"T{seq}", f"{order.order_id}-0"
            batch.executions.append(a_trade(order, trade_id, qty="0.1", exec_id=exec_id))
        await store.journal().commit(batch)
    gateway.orders = 100_000
    await store.journal().commit(gateway.batch(500))  # filled: not among the open ones
    began = time.perf_counter()
    found = store.reader.open_orders()
    took = time.perf_counter() - began
    assert len(found) == 10_000
    assert took < 2
    for number, each in enumerate(found, 1):
        assert each.order is not None
        assert each.cl_ord_ids == (ClOrdID(f"C{number}"),) == (each.order.cl_ord_id,)
        assert [trade.trade_id for trade in each.executions] == [f"T{number}"]


async def test_a_name_older_than_the_filters_cap_is_found_all_the_same(store: Store) -> None:
    gateway = Gateway()
    await store.journal().commit(gateway.batch(50))
    recall = StoreRecall(store.path, names_max=10)
    assert not recall.complete
    for number in range(1, 51):
        assert recall.by_cl_ord_id(SESSION, ClOrdID(f"C{number:09d}")) is not None
    assert recall.by_cl_ord_id(SESSION, ClOrdID("NEVER")) is None
    recall.close()
    recall = StoreRecall(store.path, names_max=50)
    assert recall.complete
    recall.close()


async def test_an_altered_record_is_found_by_its_number(store: Store, tmp_path: Path) -> None:
    await store.journal().commit(Gateway().batch(3))
    tamper(store.path, "UPDATE journal SET at_ns = at_ns + 1 WHERE seq = 17")
    assert store.reader.verify() == 17


async def test_a_removed_record_is_found_by_its_number(store: Store) -> None:
    await store.journal().commit(Gateway().batch(3))
    tamper(store.path, "DELETE FROM journal WHERE seq IN (1, 17)")
    assert store.reader.verify() == 1


async def test_a_record_slipped_in_is_found(store: Store) -> None:
    await store.journal().commit(noted(1))
    await store.journal().commit(noted(3))
    tamper(
        store.path,
        "INSERT INTO journal SELECT 2, at_ns, kind, session, cause, payload, prev_hash, hash"
        " FROM journal WHERE seq = 1",
    )
    assert store.reader.verify() == 2


def tamper(path: Path, statement: str) -> None:
    """Change the journal as somebody with the file in his hands can."""
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('DROP TRIGGER journal_no_update'); c.execute('DROP TRIGGER journal_no_delete');"
        "c.execute(sys.argv[2]); c.commit()"
    )
    subprocess.run([sys.executable, "-c", script, str(path), statement], check=True)


def a_batch_of_messages() -> Batch:
    """Twelve messages of two sessions and of nobody, a second apart."""
    batch = Batch(at_ns=AT_NS)
    for seq in range(1, 13):
        session = (SESSION, OTHER, None)[seq % 3]
        at_ns = AT_NS + seq * 10**9
        name = f"C{seq % 2}"
        message = a_message(seq, msg_type="D8"[seq % 2], cl_ord_id=name, out=bool(seq % 2))
        batch.records.append(Record(seq, at_ns, session, None, message))
        row = FixRow(
            seq, at_ns, session, message.direction.value, message.msg_type, seq, cl_ord_id=name
        )
        row.order_id = an_order(seq).order_id if seq % 4 == 0 else None
        batch.fix_messages.append(row)
    return batch


@pytest.mark.parametrize(
    ("wanted", "seqs"),
    [
        (MessageFilter(), list(range(1, 13))),
        (MessageFilter(session=SESSION), [3, 6, 9, 12]),
        (MessageFilter(session=SESSION, since_ns=AT_NS + 6 * 10**9), [6, 9, 12]),
        (MessageFilter(until_ns=AT_NS + 3 * 10**9), [1, 2, 3]),
        (MessageFilter(cl_ord_id="C0", session=OTHER), [4, 10]),
        (MessageFilter(order_id=an_order(8).order_id), [8]),
        (MessageFilter(direction="out"), [1, 3, 5, 7, 9, 11]),
        (MessageFilter(msg_type="D", since_ns=AT_NS + 10 * 10**9), [10, 12]),
        (MessageFilter(msg_type="F"), []),
    ],
)
async def test_messages_are_found_by_what_is_known_of_them(
    store: Store, wanted: MessageFilter, seqs: list[int]
) -> None:
    batch = a_batch_of_messages()
    await store.journal().commit(batch)
    found = store.reader.messages(wanted, 100)
    assert [each.row.seq for each in found] == seqs
    texts = {each.seq: each.payload for each in batch.records}
    assert all(each.message == texts[each.row.seq] for each in found)
    followed, reached = store.reader.messages_after(0, wanted)
    assert (followed, reached) == (found, 12)
    assert store.reader.messages_after(12, wanted) == ([], 12)


async def test_the_newest_messages_come_last(store: Store) -> None:
    await store.journal().commit(a_batch_of_messages())
    assert [each.row.seq for each in store.reader.messages(MessageFilter(), 3)] == [10, 11, 12]
    mine = MessageFilter(session=SESSION)
    assert [each.row.seq for each in store.reader.messages(mine, 2)] == [9, 12]


async def test_messages_come_in_the_order_of_the_journal_whatever_their_times(
    store: Store,
) -> None:
    await store.journal().commit(noted(1, at_ns=AT_NS + 5))
    await store.journal().commit(noted(2, at_ns=AT_NS + 3))
    await store.journal().commit(noted(3, at_ns=AT_NS + 4))
    found = store.reader.messages(MessageFilter(session=SESSION), 10)
    assert [each.row.seq for each in found] == [1, 2, 3]


async def test_following_goes_on_where_it_stopped(store: Store) -> None:
    await store.journal().commit(a_batch_of_messages())
    mine, seen, seq = MessageFilter(session=SESSION), [], 0
    while True:
        found, reached = store.reader.messages_after(seq, mine, look_at=5)
        seen += [each.row.seq for each in found]
        if reached == seq:
            break
        seq = reached
    assert seen == [3, 6, 9, 12]


async def test_an_orders_reports_and_calls_are_found_by_its_id(store: Store) -> None:
    gateway, batch = Gateway(), Batch(at_ns=AT_NS)
    orders = [gateway.filled_order(batch) for _ in range(3)]
    await store.journal().commit(batch)
    order = orders[1]
    reports = store.reader.executions(order.order_id)
    assert [each.exec_type for each in reports] == ["0", "F"]
    assert reports == [each for each in batch.executions if each.order_id == order.order_id]
    calls = store.reader.venue_calls(order.order_id)
    assert [(each.call, each.outcome) for each in calls] == [
        ("submit", None),
        ("submit", "accepted"),
    ]
    assert [each.order for each in store.reader.recent_orders(2)] == [orders[2], orders[1]]
    assert store.reader.recent_orders(5, working=True) == []
    assert store.reader.recent_orders(5, session=OTHER) == []


async def test_a_long_run_keeps_the_log_short(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixgate.adapters.store.checkpoint.LONG_BYTES", 500_000)
    gateway, log = Gateway(), store.path.with_name(store.path.name + "-wal")
    for _ in range(600):
        await store.journal().commit(gateway.batch(5))
    assert log.stat().st_size < 10_000_000
    assert store.path.stat().st_size > 10_000_000
    reader = Reader(store.path)
    assert reader.last()[0] == 30_000
    assert reader.verify() is None
    reader.close()
