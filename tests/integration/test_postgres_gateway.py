"""A real gateway over a real PostgreSQL: trading, losing the database, losing the lease."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixgate.adapters.store.postgres.address import PostgresAddress
from integration.gateway_process import Gateway
from integration.journal_check import audit
from integration.postgres_home import Link, postgres_home
from integration.raw_peer import ClosedError, Peer, Said, a_name
from postgres import PASSWORD, PostgresServer, new_database, new_server, server

EXIT_JOURNAL = 74
LIMIT_S = 60.0
VERSIONS = ("FIX.4.2", "FIX.4.4")


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


_PEERS: list[Peer] = []


def a_peer(comp_id: str, version: str = "FIX.4.4", *, next_out: int = 1) -> Peer:
    """A client whose connection ends with the test."""
    _PEERS.append(Peer(comp_id, version, next_out=next_out))
    return _PEERS[-1]


@pytest.fixture(autouse=True)
def no_connection_is_left() -> Iterator[None]:
    yield
    while _PEERS:
        _PEERS.pop().hang_up()


@pytest.fixture
def link() -> Iterator[Link]:
    made = Link(server().port)
    yield made
    made.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    made = new_server()
    yield made
    made.thaw()
    made.crash()


@pytest.fixture
def gateways() -> Iterator[list[Gateway]]:
    made: list[Gateway] = []
    yield made
    for each in made:
        if each._process is not None:
            each._process.send_signal(signal.SIGCONT)
        each.kill()


def through(link: Link, address: PostgresAddress) -> PostgresAddress:
    """The same database by another way."""
    return PostgresAddress(
        address.url.replace(f":{server().port}/", f":{link.port}/"), address.password
    )


def order(peer: Peer) -> str:
    name = a_name("pg")
    peer.send("D", peer.order_body(name))
    return name


def come_back(peer: Peer, gateway: Gateway) -> Said:
    """Log on, as soon as the gateway has seen the last connection end."""
    until, number = time.monotonic() + LIMIT_S, peer.next_out
    while True:
        peer.next_out = number
        try:
            return peer.log_on(gateway.port)
        except ClosedError:
            assert time.monotonic() < until


def answer_to(peer: Peer, name: str) -> Said:
    """The first report or rejection of an order."""
    return peer.until(lambda each: name in (each[11], each[379]))[-1]


def test_everything_that_reads_the_journal_reads_postgresql(
    tmp_path: Path, gateways: list[Gateway]
) -> None:
    gateway = Gateway(postgres_home(tmp_path, new_database()))
    gateways.append(gateway)
    gateway.start()
    peer = a_peer("TRADER")
    peer.log_on(gateway.port)
    fill = peer.trade()
    resting = order(peer)
    assert answer_to(peer, resting)[39] in ("0", "A")

    orders = gateway.fixgate("orders")
    assert orders.returncode == 0, orders.stderr
    assert {fill[11], resting} <= set(orders.stdout.split())
    sessions = gateway.fixgate("sessions")
    assert "TRADER" in sessions.stdout, sessions.stderr
    executions = gateway.fixgate("executions", fill[37])
    assert fill[17] in executions.stdout, executions.stderr
    log = gateway.fixgate("log", "--last", "50")
    assert f"ClOrdID(11)={fill[11]}" in log.stdout, log.stderr

    peer.log_out()
    assert gateway.stop() == 0
    only_open = gateway.fixgate("orders", "--open").stdout
    assert resting in only_open
    assert fill[11] not in only_open
    verified = gateway.fixgate("verify")
    assert verified.returncode == 0, verified.stderr
    audit(gateway.home)
    shown = "\n".join([*gateway.lines, *gateway.errors])
    assert "postgresql://postgres@127.0.0.1" in shown
    assert PASSWORD not in shown


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_that_goes_away_stops_intake_and_one_that_is_back_resumes_it(
    tmp_path: Path, gateways: list[Gateway], link: Link, version: str
) -> None:
    gateway = Gateway(postgres_home(tmp_path, through(link, new_database())))
    gateways.append(gateway)
    gateway.start()
    peer = a_peer(f"DEMO4{version[-1]}", version)
    peer.log_on(gateway.port)
    peer.trade()

    link.cut()
    gateway.wait_until_said("order intake interrupted")
    refused = [order(peer) for _ in range(3)]
    for name in refused:
        said = answer_to(peer, name)
        assert (said[35], said[380], said[372]) == ("j", "4", "D")
        assert "Order intake interrupted" in said[58]

    link.mend()
    gateway.wait_until_said("order intake resumed")
    peer.trade()
    accepted = order(peer)
    assert answer_to(peer, accepted)[39] in ("0", "A")
    # What was refused was journaled as that, and is not known as an order.
    for name in refused:
        peer.send("H", f"11={name}|54=1|55=BTC/USDT")
        assert answer_to(peer, name)[39] == "8"
    peer.log_out()
    assert gateway.stop() == 0
    found = audit(gateway.home)
    for name in refused:
        assert [each for each in found.messages if f"\x0111={name}\x01" in each]


def test_orders_on_their_way_when_the_database_goes_are_answered_when_it_is_back(
    tmp_path: Path, gateways: list[Gateway], own_server: PostgresServer
) -> None:
    """It is killed again and again in the middle of commits, and recovers from its own log."""
    address = new_database(own_server)
    gateway = Gateway(postgres_home(tmp_path, address))
    gateways.append(gateway)
    gateway.start()
    peer = a_peer("TRADER")
    peer.log_on(gateway.port)
    names: list[str] = []
    for round_ in range(1, 4):
        names += [order(peer) for _ in range(30)]
        own_server.crash()
        names += [order(peer) for _ in range(5)]
        gateway.wait_until_said("order intake interrupted", round_)
        own_server.start()
        gateway.wait_until_said("order intake resumed", round_)
    peer.trade()
    peer.ask()
    answers = {
        name: [each for each in peer.received if name in (each[11], each[379])] for name in names
    }
    for name, said in answers.items():
        kinds = [each[35] for each in said]
        assert kinds in (["8"], ["j"]), (name, [each.shown() for each in said])
    peer.log_out()
    assert gateway.stop() == 0
    known = set(audit(gateway.home).messages)
    assert {each.text for each in peer.received if each[35] == "8"} <= known


def test_who_asks_for_what_it_missed_while_the_database_is_away_gets_it_when_it_is_back(
    tmp_path: Path, link: Link, gateways: list[Gateway]
) -> None:
    """However often it came and went meanwhile, as clients do that get no answer."""
    gateway = Gateway(postgres_home(tmp_path, through(link, new_database())))
    gateways.append(gateway)
    gateway.start()
    peer = a_peer("TRADER")
    peer.log_on(gateway.port)
    fill = peer.trade()
    peer.hang_up()
    link.cut()
    gateway.wait_until_said("order intake interrupted")
    for _ in range(12):
        come_back(peer, gateway)
        peer.send("2", "7=1|16=0")
        peer.hang_up()
    last = int(come_back(peer, gateway)[34])
    peer.send("2", "7=1|16=0")

    link.mend()

    again = peer.until(lambda said: said[36] == str(last + 1))
    assert fill[17] in [each[17] for each in again if each[43] == "Y"]
    peer.log_out()
    assert gateway.stop() == 0
    audit(gateway.home)


def test_a_database_that_does_not_answer_stops_intake_as_well(
    tmp_path: Path, gateways: list[Gateway], link: Link
) -> None:
    gateway = Gateway(postgres_home(tmp_path, through(link, new_database())))
    gateways.append(gateway)
    gateway.start()
    peer = a_peer("TRADER")
    peer.log_on(gateway.port)
    peer.trade()
    link.hang()
    gateway.wait_until_said("order intake interrupted")
    refused = order(peer)
    assert answer_to(peer, refused)[35] == "j"
    link.cut()
    link.mend()
    gateway.wait_until_said("order intake resumed")
    peer.trade()
    peer.log_out()
    assert gateway.stop() == 0
    audit(gateway.home)


def test_what_was_refused_is_not_taken_by_the_next_process(
    tmp_path: Path, gateways: list[Gateway], link: Link
) -> None:
    """The gateway is killed before the journal is back; its client asks it to forget nothing."""
    gateway = Gateway(postgres_home(tmp_path, through(link, new_database())))
    gateways.append(gateway)
    gateway.start()
    peer = a_peer("TRADER")
    peer.log_on(gateway.port)
    peer.trade()
    link.cut()
    gateway.wait_until_said("order intake interrupted")
    refused = order(peer)
    assert answer_to(peer, refused)[35] == "j"
    gateway.kill()
    link.mend()
    gateway.start()
    peer.log_on(gateway.port)
    peer.all_answered()
    peer.send("H", f"11={refused}|54=1|55=BTC/USDT")
    assert answer_to(peer, refused)[39] == "8"
    peer.trade()
    assert gateway.stop() == 0
    audit(gateway.home)


def test_a_second_gateway_on_one_database_is_refused_and_touches_nothing(
    tmp_path: Path, gateways: list[Gateway]
) -> None:
    address = new_database()
    first = Gateway(postgres_home(tmp_path / "one", address))
    gateways.append(first)
    first.start()
    other = Gateway(postgres_home(tmp_path / "two", address))
    refused = other.fixgate("run")
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert f"is in use by process {first._process.pid} on " in line
    assert PASSWORD not in line
    peer = a_peer("TRADER")
    peer.log_on(first.port)
    peer.trade()
    assert first.stop() == 0
    audit(first.home)


def test_a_standby_takes_over_and_the_paused_one_that_wakes_up_says_nothing_more(
    tmp_path: Path, gateways: list[Gateway]
) -> None:
    address = new_database()
    first = Gateway(postgres_home(tmp_path / "one", address))
    second = Gateway(postgres_home(tmp_path / "two", address, more="standby = true\n"))
    gateways += [first, second]
    first.start()
    peer = a_peer("TRADER")
    peer.log_on(first.port)
    peer.trade()
    resting = order(peer)
    assert answer_to(peer, resting)[39] in ("0", "A")

    second.start(wait=False)
    wait_for(lambda: any(line.startswith("Standby") for line in list(second.lines)))
    first_pid = first._process.pid
    os.kill(first_pid, signal.SIGSTOP)
    late = order(peer)  # lies in the socket of the one that sleeps
    second.listening()

    successor = a_peer("TRADER", next_out=peer.next_out)
    successor.sent = peer.sent
    successor.received = list(peer.received)
    successor.log_on(second.port)
    successor.all_answered()
    assert [each for each in successor.received if each[11] == late and each[35] == "8"]
    successor.trade()

    os.kill(first_pid, signal.SIGCONT)
    assert first.wait() == EXIT_JOURNAL
    assert first.has_said("STORE LOST")
    assert first.has_said("taken over by process")
    with pytest.raises(ClosedError):
        answer_to(peer, late)
    successor.trade()
    assert second.stop() == 0
    found = audit(second.home)
    news = [each for each in found.messages if f"\x0111={late}\x01" in each and "\x01150=0" in each]
    assert len(news) == 1


def test_a_killed_gateway_is_started_again_without_waiting_for_its_lease(
    tmp_path: Path, gateways: list[Gateway]
) -> None:
    gateway = Gateway(postgres_home(tmp_path, new_database(), lease_s=60.0))
    gateways.append(gateway)
    gateway.start()
    gateway.kill()
    gateway.start()
    assert gateway.stop() == 0


def test_a_standby_on_one_data_directory_takes_over_when_the_first_one_ends(
    gateways: list[Gateway], tmp_path: Path
) -> None:
    """SQLite as well: whoever has the lock of the data directory has the journal."""
    from integration.gateway_process import make_home

    home = make_home(tmp_path)
    first, second = Gateway(home), Gateway(home)
    gateways += [first, second]
    first.start()
    second.start("--standby", wait=False)
    wait_for(lambda: any("is in use by process" in line for line in list(second.lines)))
    first.kill()
    second.listening()
    peer = a_peer("TRADER")
    peer.log_on(second.port)
    peer.trade()
    assert second.stop() == 0


def test_a_standby_that_is_stopped_while_it_waits_ends_in_order(
    gateways: list[Gateway], tmp_path: Path
) -> None:
    address = new_database()
    first = Gateway(postgres_home(tmp_path / "one", address))
    second = Gateway(postgres_home(tmp_path / "two", address))
    gateways += [first, second]
    first.start()
    second.start("--standby", wait=False)
    wait_for(lambda: any(line.startswith("Standby") for line in list(second.lines)))
    assert second.stop() == 0
    assert first.stop() == 0
