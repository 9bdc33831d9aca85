"""What is done to a journal is found, and named: control 25."""

import pytest

from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.ledger import Span
from fixgate.adapters.store.raw import DatabaseRecords
from fixgate.adapters.store.reader import Reader
from fixgate.adapters.store.verifying import verify
from unit.adapters.store.journals import Tamper, a_journal, ledger
from unit.adapters.store.samples import AT_NS


@pytest.fixture
async def path(tmp_path):
    return await a_journal(tmp_path)


def found(path, span=None):
    one = ledger(path)
    try:
        return one.verify(span)
    finally:
        one.close()


def fault(path, span=None):
    said = found(path, span).fault
    return None if said is None else (said.what, said.seq, said.through)


async def test_a_journal_as_written_has_no_fault_and_its_head_is_the_last_record(path):
    whole = found(path)

    assert whole.fault is None
    assert (whole.records, whole.last_seq, whole.last_at_ns) == (30, 30, AT_NS)
    with Tamper(path) as tamper:
        assert whole.last_hash == tamper.row(30)["hash"]


@pytest.mark.parametrize("seq", [1, 17, 30])
@pytest.mark.parametrize(
    "change",
    [
        {"payload": '{"nothing":1}'},
        {"at_ns": 7},
        {"session": None},
        {"kind": "other.v1"},
        {"cause": 3},
        {"hash": bytes(32)},
        {"prev_hash": bytes(32)},
        {"at_ns": "seven"},
        {"payload": b"\x00"},
    ],
)
async def test_an_altered_record_is_named(path, seq, change):
    with Tamper(path) as tamper:
        tamper.set(seq, **change)

    assert fault(path) == ("altered", seq, seq)


async def test_a_record_whose_hash_was_computed_again_is_named_all_the_same(path):
    with Tamper(path) as tamper:
        tamper.set(12, payload='{"forged":1}')
        tamper.rehash(12)

    assert fault(path) == ("altered", 12, 12)


async def test_a_fault_tells_time_and_kind_of_the_record(path):
    with Tamper(path) as tamper:
        kind = tamper.row(12)["kind"]
        tamper.set(12, payload="{}")

    said = found(path).fault
    assert said is not None
    assert (said.at_ns, said.kind) == (AT_NS, kind)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 9), (14, 14), (14, 29)])
async def test_removed_records_are_named(path, first, last):
    with Tamper(path) as tamper:
        tamper.remove(first, last)

    assert fault(path) == ("removed", first, last)


@pytest.mark.parametrize("count", [1, 4])
async def test_removed_records_are_named_when_the_rest_was_numbered_again(path, count):
    with Tamper(path) as tamper:
        tamper.remove(14, 13 + count)
        tamper.move(14 + count, -count)

    assert fault(path) == ("removed", 14, 13 + count)


@pytest.mark.parametrize("rehashed", [True, False])
async def test_an_inserted_record_is_named(path, rehashed):
    with Tamper(path) as tamper:
        tamper.move(14, 1)
        row = tamper.row(13)
        tamper.insert(**{**row, "seq": 14, "prev_hash": row["hash"], "payload": '{"new":1}'})
        if rehashed:
            tamper.rehash(14)

    assert fault(path) == ("inserted", 14, 14)


async def test_a_record_that_cannot_be_read_is_named(path):
    with Tamper(path) as tamper:
        tamper.db.execute("UPDATE journal SET payload = CAST(x'ff' AS TEXT) WHERE seq = 20")

    said = found(path)
    assert said.fault is not None
    assert (said.fault.what, said.fault.seq, said.last_seq) == ("unreadable", 20, 19)


async def test_a_page_of_zeros_in_the_place_of_records_is_said(path):
    zeros = [(0, None, None, None, None, None, None, None)]
    said = verify([zeros], after_seq=7, tip=b"x" * 32).fault
    assert said is not None
    assert (said.what, said.seq, said.detail) == (
        "unreadable", 8, "what is in its place is no record",
    )  # fmt: skip


async def test_a_range_is_checked_to_follow_what_stands_before_it(path):
    assert fault(path, Span(11, 20)) is None
    with Tamper(path) as tamper:
        tamper.set(10, hash=bytes(32))

    assert fault(path, Span(11, 20)) == ("altered", 11, 11)
    assert fault(path, Span(12, 20)) is None


async def test_a_range_whose_end_is_missing_says_so(path):
    assert fault(path, Span(25, 33)) == ("removed", 31, 33)


async def test_a_journal_of_another_epoch_is_not_taken_for_this_one(path):
    reader = Reader(path)
    other = ledger(path)
    other.epoch = "AAAAAA"
    assert reader.meta("epoch") != "AAAAAA"
    assert genesis("AAAAAA") != genesis(reader.meta("epoch"))
    said = other.verify().fault
    reader.close()
    other.close()
    assert said is not None
    assert said.seq == 1


async def test_the_first_record_of_a_time_is_found(tmp_path):
    path = await a_journal(tmp_path)
    with Tamper(path) as tamper:
        for seq in range(1, 31):
            tamper.set(seq, at_ns=1_000 * seq)
    reader = Reader(path)
    records = DatabaseRecords(reader.connection)

    assert [records.first_at(each) for each in (0, 1_000, 1_001, 30_000, 30_001)] == [
        1,
        1,
        2,
        30,
        None,
    ]
    reader.close()
