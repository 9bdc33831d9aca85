import asyncio
import fcntl
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import pytest

from fixgate.adapters.store import StoreUnusable, open_store
from fixgate.adapters.store.opening import Store

from .samples import AT_NS, EPOCH, FixedClock, Gateway, database


def opened(folder: Path) -> Store:
    return open_store(database(folder), FixedClock())


async def a_closed_store(folder: Path) -> Path:
    store = opened(folder)
    await store.journal().commit(Gateway().batch(5))
    await store.close()
    return database(folder)


def contents(path: Path) -> dict[str, str]:
    """Every file of the store with what it holds; the lock is not part of the store."""
    files = (each for each in path.parent.iterdir() if each.suffix != ".lock")
    return {each.name: sha256(each.read_bytes()).hexdigest() for each in files}


def refusal(path: Path) -> str:
    """What open_store says of a store that cannot be used, having changed nothing."""
    before = contents(path)
    with pytest.raises(StoreUnusable) as refused:
        open_store(path, FixedClock())
    assert contents(path) == before
    text = str(refused.value)
    assert "\n" not in text
    return text


async def test_a_new_store_knows_when_and_by_what_it_was_made(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert re.fullmatch("[0-9A-Z]{6}", store.epoch)
    assert store.epoch == EPOCH
    assert store.reader.meta("created_ns") == str(AT_NS)
    assert store.reader.meta("schema_version") == "3"
    assert "SQLite" in store.reader.meta("versions")
    await store.close()


async def test_the_epoch_stays(tmp_path: Path) -> None:
    class Later:
        def now_ns(self) -> int:
            return AT_NS + 10**15

    await a_closed_store(tmp_path)
    store = open_store(database(tmp_path), Later())
    assert store.epoch == EPOCH
    await store.close()


async def test_nobody_else_may_look(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.journal().commit(Gateway().batch())
    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode) for each in database(tmp_path).parent.iterdir()
    }
    assert set(modes.values()) == {0o600}, modes
    assert len(modes) >= 3
    assert stat.S_IMODE(database(tmp_path).parent.stat().st_mode) == 0o700
    await store.close()


async def test_commits_wait_for_the_disk(tmp_path: Path) -> None:
    store = opened(tmp_path)
    connection = store.journal()._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    await store.close()


async def test_a_store_in_use_is_named_with_the_process_that_has_it(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with pytest.raises(StoreUnusable, match=f"journal.sqlite: is in use by process {os.getpid()}"):
        opened(tmp_path)
    await store.close()
    await opened(tmp_path).close()


async def test_a_lock_left_by_a_dead_process_is_no_hindrance(tmp_path: Path) -> None:
    path = await a_closed_store(tmp_path)
    (path.parent / "journal.lock").write_text("99999\n")
    await opened(tmp_path).close()


async def test_the_lock_is_one_that_other_programs_can_see(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with (
        (database(tmp_path).parent / "journal.lock").open() as lock,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    await store.close()


async def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    path = await a_closed_store(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    assert refusal(path) == f"{path}: has schema version 7; this release reads version 3"


async def test_a_version_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    path = await a_closed_store(tmp_path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE meta SET value = '4' WHERE name = 'schema_version'")
    connection.close()
    assert "is damaged" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"hello" * 1000, b"SQLite format 3\x00"])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    assert refusal(path) == f"{path}: is not a SQLite database"


def test_a_folder_in_the_place_of_the_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.mkdir()
    with pytest.raises(StoreUnusable, match="cannot be read"):
        open_store(path, FixedClock())


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE journal(seq)")
    connection.close()
    assert refusal(path) == f"{path}: is a SQLite database but not a journal of Fixgate"


async def test_a_lost_database_is_not_replaced_while_its_log_is_there(tmp_path: Path) -> None:
    path = await a_closed_store(tmp_path)
    path.unlink()
    log = path.with_name("journal.sqlite-wal")
    log.write_bytes(b"something")
    assert refusal(path) == f"{log}: is there without journal.sqlite, to which it belongs"


def tried(path: Path) -> tuple[Store | None, str]:
    """The store, or why it is refused."""
    try:
        return open_store(path, FixedClock()), ""
    except StoreUnusable as problem:
        return None, str(problem)


async def a_killed_store(folder: Path) -> Path:
    """The files as a killed process leaves them: the last commits are in the log only."""
    store = opened(folder / "living")
    await store.journal().commit(Gateway().batch(5))
    shutil.copytree(store.path.parent, database(folder).parent)
    await store.close()
    return database(folder)


@pytest.mark.parametrize("left", [a_closed_store, a_killed_store])
async def test_every_flipped_bit_of_the_header_is_refused_or_harmless(
    tmp_path: Path, left: Callable[[Path], Awaitable[Path]]
) -> None:
    path = await left(tmp_path)
    whole = {each: each.read_bytes() for each in path.parent.iterdir()}
    refused = 0
    for bit in range(100 * 8):
        for each in path.parent.iterdir():
            each.unlink()
        for each, content in whole.items():
            each.write_bytes(content)
        flipped = bytearray(whole[path])
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        store, refusal_text = tried(path)
        if store is None:
            refused += 1
            assert str(path) in refusal_text
            assert path.read_bytes() == flipped
        else:
            assert len(list(store.reader.records())) == 50
            assert store.reader.verify() is None
            await store.close()
    assert refused > 16 * 8  # the magic alone


async def test_a_damaged_last_record_is_refused(tmp_path: Path) -> None:
    path = await a_closed_store(tmp_path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DROP TRIGGER journal_no_update")
    connection.execute("UPDATE journal SET payload = payload || ' ' WHERE seq = 50")
    connection.close()
    assert refusal(path) == f"{path}: is damaged: record 50 is not as written"


async def test_a_cut_off_database_is_refused(tmp_path: Path) -> None:
    path = await a_closed_store(tmp_path)
    path.write_bytes(path.read_bytes()[:8192])
    assert "is damaged" in refusal(path) or "cannot be used" in refusal(path)


async def test_a_database_whose_last_page_is_torn_is_refused_and_not_touched(
    tmp_path: Path,
) -> None:
    path = await a_closed_store(tmp_path)
    torn = path.read_bytes()[:-3_000]
    path.write_bytes(torn)
    assert refusal(path) == f"{path}: is damaged: its last page is torn"
    assert path.read_bytes() == torn


async def test_a_damaged_record_before_the_last_is_refused(tmp_path: Path) -> None:
    path = await a_closed_store(tmp_path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DROP TRIGGER journal_no_update")
    connection.execute("UPDATE journal SET at_ns = at_ns + 1 WHERE seq = 41")
    connection.close()
    assert refusal(path) == f"{path}: is damaged: record 41 is not as written"


def test_a_folder_that_cannot_be_made_or_written_is_named() -> None:
    with pytest.raises(StoreUnusable, match=r"^/proc/self/fixgate: cannot be made"):
        open_store(Path("/proc/self/fixgate/journal.sqlite"), FixedClock())
    with pytest.raises(StoreUnusable, match=r"^/proc/self[/:].*cannot be written"):
        open_store(Path("/proc/self/journal.sqlite"), FixedClock())


async def test_a_start_cut_off_while_making_the_store_leaves_nothing_in_the_way(
    tmp_path: Path,
) -> None:
    path = database(tmp_path)
    path.parent.mkdir()
    path.with_name("journal.sqlite.new").write_bytes(b"half of it")
    store = opened(tmp_path)
    assert not path.with_name("journal.sqlite.new").exists()
    await store.close()


async def test_too_many_batches_waiting_fail_the_journal_but_not_what_waits(
    tmp_path: Path,
) -> None:
    store = opened(tmp_path)
    journal = store.journal()
    journal._waiting_max = 3
    gateway = Gateway()
    futures = [journal.commit(gateway.batch()) for _ in range(5)]
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert results[:3] == [None] * 3
    assert all("3 batches wait for the disk" in str(each) for each in results[3:])
    assert journal.last_seq == 30
    await store.close()
