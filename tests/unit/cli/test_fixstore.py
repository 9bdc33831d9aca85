"""What the client must not forget survives, and what is torn is not believed."""

import pytest

from fixgate.cli import fixstore
from fixgate.cli.fixstore import ClientStore, StoreProblem
from unit.cli.peer import logged_on, report

ORDER = [(11, "A1"), (55, "BTC/USDT"), (54, "1"), (38, "0.5"), (40, "1")]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "client" / "TRADER.jsonl"


def _used(path, orders=1):
    store = ClientStore.open(path)
    session = logged_on(store)
    for number in range(orders):
        session.send("D", [(11, f"A{number + 1}"), *ORDER[1:]])
        list(session.receive(report(number + 2, f"A{number + 1}", "0", "0"), 1.0))
    store.close()
    return store


def test_numbers_and_messages_are_there_in_the_next_run(path):
    before = _used(path)

    after = ClientStore.open(path)

    assert (after.next_out, after.next_in) == (before.next_out, before.next_in) == (3, 3)
    assert after.sent(2) is not None
    assert after.sent(2).get(11) == "A1"
    assert after.sent(1) is None
    assert [(ours, each.msg_type) for ours, each in after.history] == [(True, "D"), (False, "8")]
    after.close()


def test_two_processes_cannot_use_one_session(path):
    first = ClientStore.open(path)

    with pytest.raises(StoreProblem, match="another `fixgate order`"):
        ClientStore.open(path)
    first.close()
    ClientStore.open(path).close()


def test_a_line_cut_off_by_a_crash_is_left_out(path):
    _used(path)
    with path.open("ab") as file:
        file.write(b'{"out": 3, "te')

    store = ClientStore.open(path)
    assert store.next_out == 3
    store.save_in(9)
    store.close()

    again = ClientStore.open(path)
    assert again.next_in == 9
    again.close()


def test_damage_elsewhere_is_told_with_what_to_do(path):
    _used(path)
    path.write_bytes(b"rubbish\n" + path.read_bytes())

    with pytest.raises(StoreProblem, match=r"damaged at byte 0; .*--reset-sequence"):
        ClientStore.open(path)


def test_after_a_reset_nothing_from_before_is_sent_again(path):
    _used(path)
    store = ClientStore.open(path)
    store.reset()
    store.close()

    after = ClientStore.open(path)
    assert (after.next_out, after.next_in, after.sent(2)) == (1, 1, None)
    assert len(after.history) == 2
    after.close()


def test_a_long_file_is_written_anew_with_its_latest_messages(path, monkeypatch):
    monkeypatch.setattr(fixstore, "_COMPACT_BYTES", 1_000)
    monkeypatch.setattr(fixstore, "_KEPT", 4)
    before = _used(path, orders=10)
    size = path.stat().st_size

    ClientStore.open(path).close()
    after = ClientStore.open(path)

    assert path.stat().st_size < size
    assert (after.next_out, after.next_in) == (before.next_out, before.next_in)
    assert after.sent(before.next_out - 1).get(11) == "A10"
    assert after.sent(2) is None
    after.close()
