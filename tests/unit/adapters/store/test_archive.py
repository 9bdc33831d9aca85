"""Closed days leave the database for Parquet, and prove themselves there: control 27."""

import sqlite3
from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest

from fixgate.adapters.store.archive.actions import Actions
from fixgate.adapters.store.archive.closing import Archive, archive_closed_days
from fixgate.adapters.store.archive.files import ArchiveUnusable, checksum_path, day_path, days_in
from fixgate.adapters.store.dropping import writing_engine
from fixgate.adapters.store.ledger import Ledger, Span
from fixgate.adapters.store.opening import open_store
from fixgate.adapters.store.raw import DatabaseRecords
from fixgate.adapters.store.reader import MessageFilter, Reader
from unit.adapters.store.journals import Tamper, a_journal_of, noon_of
from unit.adapters.store.samples import EPOCH, FixedClock, Gateway

DAYS = ("2026-03-01", "2026-03-02", "2026-03-04")
NOW_NS = noon_of("2026-03-05")


class Place:
    """A journal, its archive, and what is done to them."""

    def __init__(self, path, folder) -> None:
        self.path = path
        self.folder = folder
        self.reader = Reader(path)

    def archive(self) -> Archive:
        return Archive(self.folder, self.reader.connection, self.reader.meta("epoch"))

    def run(self, *, now_ns=NOW_NS, keep_days=None):
        return archive_closed_days(
            self.archive(),
            writing_engine(self.path),
            now_ns=now_ns,
            keep_days=keep_days,
            by="jane",
            reason="daily",
        )

    def ledger(self, *, database: bool = True) -> Ledger:
        records = DatabaseRecords(self.reader.connection) if database else None
        return Ledger(EPOCH, archived=days_in(self.folder), database=records)

    def count(self, table: str) -> int:
        db = sqlite3.connect(self.path)
        try:
            return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        finally:
            db.close()


@pytest.fixture
async def place(tmp_path) -> Iterator[Place]:
    one = Place(await a_journal_of(tmp_path, *DAYS), tmp_path / "archive")
    yield one
    one.reader.close()


async def test_every_day_that_is_over_is_archived_and_the_last_record_stays_where_it_is(place):
    done = place.run()

    # The last day has no record after it, so that it may still grow.
    assert [each.day for each in done.archived] == ["2026-03-01", "2026-03-02"]
    assert [(each.label.first_seq, each.label.last_seq) for each in days_in(place.folder)] == [
        (1, 30),
        (31, 60),
    ]
    assert place.run().archived == ()
    assert place.count("journal") == 90


async def test_a_day_that_is_not_over_is_not_archived(place):
    assert [each.day for each in place.run(now_ns=noon_of("2026-03-02")).archived] == ["2026-03-01"]


async def test_an_archived_day_holds_every_record_as_it_was_and_what_it_is_found_by(place):
    before = list(place.ledger().raw(1, 30))
    place.run()
    (first, _) = days_in(place.folder)

    assert [tuple(each) for page in first.pages(1, 30) for each in page] == [*map(tuple, before)]
    table = pq.read_table(first.path).to_pylist()
    orders = [each for each in table if each["msg_type"] == "D"]
    assert [each["cl_ord_id"] for each in orders] == ["C000000001", "C000000002", "C000000003"]
    assert {each["direction"] for each in orders} == {"in"}


async def test_what_is_older_than_the_rule_keeps_is_dropped_and_the_chain_goes_on(place):
    done = place.run(keep_days=2)

    assert [each.day for each in done.dropped] == ["2026-03-01", "2026-03-02"]
    assert done.records_dropped == 60
    assert (place.count("journal"), place.count("fix_messages")) == (30, 9)
    assert place.reader.verify() is None
    whole = place.ledger().verify()
    assert (whole.fault, whole.records) == (None, 90)
    assert place.ledger(database=False).verify().records == 60


async def test_the_rule_keeps_the_days_it_is_told_to(place):
    assert [each.day for each in place.run(keep_days=3).dropped] == ["2026-03-01"]
    assert place.run(keep_days=3).dropped == ()


async def test_orders_names_and_session_numbers_stay_and_the_gateway_goes_on(place):
    place.run(keep_days=1)
    for table, count in (("orders", 9), ("cl_ord_ids", 9), ("executions", 18), ("sessions", 1)):
        assert place.count(table) == count

    store = open_store(place.path, FixedClock())
    gateway = Gateway(last_seq=90)
    gateway.orders = 9
    try:
        assert store.recall().by_cl_ord_id(gateway.session, "C000000001") is not None
        await store.journal().commit(gateway.batch())
    finally:
        await store.close()
    assert place.ledger().verify().records == 100
    assert place.reader.verify() is None


async def test_a_record_that_was_not_archived_can_still_not_be_deleted(place):
    place.run(keep_days=1)
    db = sqlite3.connect(place.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("DELETE FROM journal WHERE seq = 61")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE journal SET payload = '{}' WHERE seq = 61")
    db.close()


async def test_a_day_on_hold_and_those_after_it_are_not_dropped(place):
    actions = Actions(place.folder)
    number = actions.hold("2026-03-01", "2026-03-01", by="jane", reason="case 7", at_ns=NOW_NS)

    done = place.run(keep_days=1)

    assert (done.dropped, [each.day for each in done.held]) == ((), list(DAYS[:2]))
    Actions(place.folder).release(number, by="jane", reason="closed", at_ns=NOW_NS)
    assert len(place.run(keep_days=1).dropped) == 2


async def test_what_was_done_is_on_record_and_a_changed_line_shows(place):
    place.run(keep_days=1)
    actions = Actions(place.folder)
    assert [each["action"] for each in actions.lines] == [
        "archived",
        "archived",
        "dropped from the database",
    ]
    assert {(each["by"], each["reason"]) for each in actions.lines} == {("jane", "daily")}

    file = place.folder / "actions.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    for changed in (lines[1:], [lines[0].replace("jane", "june"), *lines[1:]], ["rubbish\n"]):
        file.write_text("".join(changed))
        with pytest.raises(ArchiveUnusable, match="line 1"):
            Actions(place.folder)


async def test_nothing_is_dropped_when_an_archived_day_is_missing_or_altered(place):
    place.run()
    path = day_path(place.folder, DAYS[0])
    whole = path.read_bytes()

    path.unlink()
    with pytest.raises(ArchiveUnusable, match="lacks records from 1 on"):
        place.archive().check(60)

    path.write_bytes(whole)
    checksum_path(path).unlink()
    table = pq.read_table(path)
    forged = table.to_pylist()
    forged[4]["payload"] = "{}"
    pq.write_table(table.from_pylist(forged, schema=table.schema), path)
    with pytest.raises(ArchiveUnusable, match="record 5 is altered"):
        place.run(keep_days=1)
    assert place.count("journal") == 90


async def test_a_journal_that_was_altered_is_not_archived(place):
    with Tamper(place.path) as tamper:
        tamper.set(7, payload="{}")

    with pytest.raises(ArchiveUnusable, match="record 7 is altered"):
        place.run()
    assert days_in(place.folder) == []
    assert not [each for each in place.folder.iterdir() if each.suffix == ".new"]


async def test_a_missing_day_of_the_archive_is_named(place):
    place.run(keep_days=1)
    day_path(place.folder, DAYS[1]).unlink()

    fault = place.ledger().verify().fault
    assert fault is not None
    assert (fault.what, fault.seq, fault.through) == ("removed", 31, 60)
    assert place.ledger().gap(31) == (
        "nothing between day 2026-03-01 and the database is there, database and archive"
    )


@pytest.mark.parametrize("at", [0.02, 0.1, 0.5, 0.75])
async def test_a_flipped_bit_in_the_archive_is_found(place, at):
    place.run(keep_days=1)
    path = day_path(place.folder, DAYS[0])
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 0x10
    path.write_bytes(content)

    assert _what_is_wrong(place)


def _what_is_wrong(place) -> str | None:
    try:
        fault = place.ledger().verify().fault
    except ArchiveUnusable as problem:
        return str(problem)
    return None if fault is None else fault.what


@pytest.mark.parametrize("content", ["", "00 journal\n"])
async def test_a_file_that_differs_from_its_checksum_is_in_doubt(place, content):
    place.run(keep_days=1)
    checksum_path(day_path(place.folder, DAYS[0])).write_text(content)

    fault = place.ledger().verify().fault
    assert fault is not None
    assert (fault.what, fault.seq, fault.through) == ("in doubt", 1, 30)


async def test_a_torn_file_in_the_archive_is_refused_by_name(place):
    place.run()
    path = day_path(place.folder, DAYS[0])
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ArchiveUnusable, match=r"journal-2026-03-01\.parquet: cannot be read"):
        days_in(place.folder)


async def test_an_altered_copy_is_found_while_the_database_still_has_the_day(place):
    place.run()
    path = day_path(place.folder, DAYS[0])
    checksum_path(path).unlink()
    table = pq.read_table(path)
    forged = table.to_pylist()
    forged[29]["payload"] = "{}"
    pq.write_table(table.from_pylist(forged, schema=table.schema), path)

    assert place.ledger().verify().fault is None
    found = [each.fault for _, each in place.ledger().verify_copies(Span(1, 90))]
    assert [(each.what, each.seq) for each in found if each] == [("altered", 30)]


async def test_messages_of_days_in_the_database_are_found_as_before(place):
    place.run(keep_days=1)
    assert len(place.reader.messages(MessageFilter(), 100)) == 9
