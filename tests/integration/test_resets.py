"""The sequence numbers begin again at 1, and no report is lost by it (scenario X12).

Real processes and sockets. At the end of every test the journal is verified and replayed.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgate.adapters.store.reader import Reader
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import LIMIT_S, Peer, a_name

RESET = "98=0|108=30|141=Y"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that runs; what it leaves is audited."""
    one = Gateway(make_home(tmp_path))
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(one.home)


@pytest.fixture(params=("FIX.4.2", "FIX.4.4"))
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    one = Peer(f"DEMO4{request.param[-1]}", request.param)
    yield one
    one.hang_up()


def an_order_that_ends_while_its_client_is_away(gateway: Gateway, peer: Peer) -> str:
    """It rests for a second; the venue then lets it expire, and nobody is there to hear."""
    name = a_name("x")
    now_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
    expires = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(now_ns // 1_000_000_000 + 2))
    peer.send("D", peer.order_body(name, _59="6", _126=expires))
    peer.until(lambda said: said[11] == name and said[39] == "0")
    peer.hang_up()
    until(lambda: status_of(gateway, name) == "C")
    return name


def until(holds) -> None:
    limit = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.05)


def status_of(gateway: Gateway, name: str) -> str:
    """OrdStatus (39) as the store has it."""
    reader = Reader(gateway.home / "var" / "journal.db")
    try:
        found = [each.order for each in reader.recent_orders(50) if each.order.cl_ord_id == name]
        return found[0].ord_status.value if found else ""
    finally:
        reader.close()


def begin_anew(gateway: Gateway, peer: Peer) -> None:
    """Log on with a reset of both sides."""
    peer.next_out = 1
    assert peer.log_on(gateway.port, RESET)[34] == "1"


def test_a_client_that_resets_gets_what_it_missed_under_a_new_number(
    gateway: Gateway, peer: Peer
) -> None:
    peer.log_on(gateway.port)
    name = an_order_that_ends_while_its_client_is_away(gateway, peer)

    begin_anew(gateway, peer)
    report = peer.until(lambda said: said[11] == name)[-1]

    assert (report[39], report[97], report[43]) == ("C", "Y", "")
    assert int(report[34]) > 1
    assert gateway.stop() == 0
    sent = [text for _, text in audit(gateway.home).reports_of(peer.comp_id)]
    with_its_id = [text for text in sent if f"\x0117={report[17]}\x01" in text]
    assert len(with_its_id) == 2  # under its first number, and under this one


def test_what_was_missed_survives_a_kill_and_then_a_reset(gateway: Gateway, peer: Peer) -> None:
    peer.log_on(gateway.port)
    name = an_order_that_ends_while_its_client_is_away(gateway, peer)
    gateway.kill()
    gateway.start()

    begin_anew(gateway, peer)
    report = peer.until(lambda said: said[11] == name)[-1]

    assert (report[39], report[97]) == ("C", "Y")


@pytest.mark.parametrize("running", [True, False])
def test_a_reset_by_operations_sends_once_more_what_the_client_had_not_got(
    gateway: Gateway, peer: Peer, *, running: bool
) -> None:
    """Also when the gateway does not run, or is killed before the client is back."""
    peer.log_on(gateway.port)
    heard = a_name("h")
    peer.send("D", peer.order_body(heard))
    got = peer.until(lambda said: said[11] == heard and said[39] == "0")[-1]
    name = an_order_that_ends_while_its_client_is_away(gateway, peer)
    if not running:
        gateway.kill()
    said = gateway.fixgate("reset-session", peer.comp_id, "--reason", "test")
    assert said.returncode == 0, said.stderr
    gateway.kill()
    gateway.start()

    again = Peer(peer.comp_id, peer.version)
    last = int(again.log_on(gateway.port)[34])
    assert last > 1  # what was owed has the numbers before
    again.send("2", "7=1|16=0")
    owed = [each for each in again.until(lambda said: said[36] == str(last + 1)) if each[35] == "8"]

    assert [(each[11], each[39], each[97]) for each in owed[-1:]] == [(name, "C", "Y")]
    assert int(owed[0][34]) == 1
    again.log_out()
    sent = [text for _, text in audit(gateway.home).reports_of(peer.comp_id)]
    assert len([text for text in sent if f"\x0117={owed[-1][17]}\x01" in text]) == 2
    # After a kill a report may be sent once more that had arrived, but never as if it were new.
    assert all(each[97] == "Y" for each in owed)
    assert got[34] not in {each[34] for each in owed if each[97] != "Y"}
    again.hang_up()


def test_a_higher_number_set_offline_leaves_what_was_missed_to_be_asked_for(
    gateway: Gateway, peer: Peer
) -> None:
    peer.log_on(gateway.port)
    name = an_order_that_ends_while_its_client_is_away(gateway, peer)
    assert gateway.stop() == 0
    said = gateway.fixgate("reset-session", peer.comp_id, "--sender", "500", "--reason", "test")
    assert said.returncode == 0, said.stderr
    gateway.start()

    begin_anew(gateway, peer)
    report = peer.until(lambda said: said[11] == name)[-1]

    assert (report[39], report[97]) == ("C", "Y")
