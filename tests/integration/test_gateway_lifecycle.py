"""A gateway is stopped, killed, started wrongly, and started again: what its clients see.

Real processes and sockets. At the end of every test the journal is verified and replayed.
"""

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgate.adapters.store.reader import Reader
from fixgate.domain.inputs import Started
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name, frame

VERSIONS = ("FIX.4.2", "FIX.4.4")
REPORTS = ("8", "9")


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


@pytest.fixture(params=VERSIONS)
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    one = Peer(f"DEMO4{request.param[-1]}", request.param)
    yield one
    one.hang_up()


def received_reports(peer: Peer) -> dict[int, Said]:
    """By number; what came twice must be the same, but for its marks of repetition."""
    found: dict[int, Said] = {}
    for each in peer.received:
        if each[35] in REPORTS:
            number = int(each[34])
            if number in found:
                assert each[43] == "Y"
                assert essence(each) == essence(found[number])
            found.setdefault(number, each)
    return found


def essence(said: Said | str) -> list[str]:
    """What a report says, without header, length and checksum."""
    text = said if isinstance(said, str) else said.text
    header = {"8", "9", "10", "34", "35", "43", "49", "52", "56", "122"}
    return [each for each in text.split("\x01") if each.partition("=")[0] not in header]


@pytest.mark.parametrize("answers_before", [1, 333])
def test_killed_in_a_stream_of_orders_it_answers_each_exactly_once(
    gateway: Gateway, peer: Peer, answers_before: int
) -> None:
    """Issue: the client goes on with its numbers, and resends what it is asked for."""
    orders = 400
    peer.log_on(gateway.port)
    names = [a_name("k") for _ in range(orders)]
    for name in names:
        peer.send("D", peer.order_body(name, _38="0.01"))
    for _ in range(answers_before):
        peer.receive()
    gateway.kill()
    peer.closed()

    gateway.start()
    peer.log_on(gateway.port)
    peer.all_answered()

    reports = received_reports(peer)
    news = Counter(each[11] for each in reports.values() if each[150] == "0")
    assert news == Counter(names)
    exec_ids = Counter(
        each[17] for each in reports.values() if each[35] == "8" and each[37] != "NONE"
    )
    assert set(exec_ids.values()) == {1}
    assert gateway.stop() == 0
    promised = dict(audit(gateway.home).reports_of(peer.comp_id))
    assert promised.keys() == reports.keys()
    for number, said in reports.items():
        assert essence(promised[number]) == essence(said)
    reader = Reader(gateway.home / "var" / "journal.db")
    stored = {str(each.order.cl_ord_id) for each in reader.recent_orders(10_000)}
    reader.close()
    assert stored == set(names)


def test_killed_again_and_again_it_neither_loses_nor_repeats(gateway: Gateway, peer: Peer) -> None:
    names: list[str] = []
    for round_ in range(4):
        peer.log_on(gateway.port)
        if round_:
            peer.all_answered()
        for _ in range(50):
            names.append(a_name("r"))
            peer.send("D", peer.order_body(names[-1], _40="1", _44=None, _59="3", _38="0.01"))
        peer.receive()
        gateway.kill()
        peer.closed()
        gateway.start()
    peer.log_on(gateway.port)
    peer.all_answered()

    reports = received_reports(peer).values()
    assert Counter(each[11] for each in reports if each[39] == "2") == Counter(names)
    assert {each[14] for each in reports if each[39] == "2"} == {"0.01"}


def test_asked_to_stop_it_logs_out_with_a_reason_and_exits_0(gateway: Gateway, peer: Peer) -> None:
    peer.log_on(gateway.port)
    peer.trade()
    resting = a_name()
    peer.send("D", peer.order_body(resting))
    peer.until(lambda said: said[11] == resting)
    gateway.request_stop()

    logout = peer.receive()
    assert (logout[35], logout[58]) == ("5", "Fixgate is stopping")
    peer.send("5")
    assert peer.closed() == []
    assert gateway.wait() == 0
    assert gateway.errors == []

    gateway.start()
    peer.log_on(gateway.port)
    peer.trade()
    peer.send("H", f"11={resting}|54=1|55=BTC/USDT")
    assert peer.until(lambda said: said[11] == resting)[-1][39] == "0"


def test_a_client_that_does_not_answer_the_logout_does_not_keep_it(
    gateway: Gateway, peer: Peer
) -> None:
    peer.log_on(gateway.port)
    assert gateway.stop() == 0
    assert [each[35] for each in peer.closed()] == ["5"]


def listing(folder: Path) -> dict[str, bytes]:
    """Every file and what is in it."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def run_in_vain(gateway: Gateway, **environ: str) -> str:
    """Start a gateway that cannot; the one line it says."""
    done = gateway.fixgate("run", environ=environ)
    assert done.returncode in (1, 2), done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("fixgate: "), done.stderr
    return done.stderr


@pytest.fixture
def idle(tmp_path: Path) -> Gateway:
    """A home in which nothing runs."""
    return Gateway(make_home(tmp_path))


def test_a_port_in_use_is_said(idle: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        idle.port = taken.getsockname()[1]
        said = run_in_vain(idle)
    assert f"127.0.0.1:{idle.port}" in said


def test_a_second_gateway_on_the_same_data_touches_nothing(gateway: Gateway) -> None:
    client = Peer("TRADER")
    client.log_on(gateway.port)
    client.trade()
    before = audit(gateway.home).records

    said = run_in_vain(gateway, FIXGATE_FIX__PORT="0")

    assert "journal" in said
    # The first one goes on meanwhile: its clock may note something, and nothing else happens.
    records = audit(gateway.home).records
    assert records[: len(before)] == before
    assert not [each for each in records[len(before) :] if isinstance(each.payload, Started)]
    client.trade()
    client.log_out()


def test_a_data_folder_that_cannot_be_written_is_said(idle: Gateway) -> None:
    # A file where a folder is needed: it stops root as well, whom permissions do not.
    blocked = idle.home / "blocked"
    blocked.write_text("not a folder")

    said = run_in_vain(idle, FIXGATE_DATA_DIR=str(blocked))

    assert "blocked" in said
    assert blocked.read_text() == "not a folder"


def test_a_data_folder_where_nobody_may_write_is_said(idle: Gateway) -> None:
    assert "/proc" in run_in_vain(idle, FIXGATE_DATA_DIR="/proc/fixgate")


def test_a_journal_that_is_none_is_said_and_left_alone(idle: Gateway) -> None:
    data = idle.home / "var"
    data.mkdir()
    (data / "journal.db").write_bytes(b"this is no database, and nobody may replace it" * 100)
    before = (data / "journal.db").read_bytes()

    said = run_in_vain(idle)

    assert "journal.db" in said
    assert (data / "journal.db").read_bytes() == before


WRONG = {
    "a key that does not exist": ("config/gateway.toml", "colour = 'red'\n", "colour"),
    "no TOML": ("config/venues.toml", "[[venue\n", "venues.toml"),
    "a session for a venue that is not there": (
        "sessions/demo44.toml",
        "name = 'A'\nversion = 'FIX.4.4'\ntarget_comp_id = 'A'\ndefault_venue = 'MARS'\n",
        "MARS",
    ),
    "a version that is not served": (
        "sessions/demo44.toml",
        "name = 'A'\nversion = 'FIX.5.0'\ntarget_comp_id = 'A'\ndefault_venue = 'SIM'\n",
        "version",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_configuration_is_said_in_one_line(idle: Gateway, name: str) -> None:
    path, text, named = WRONG[name]
    (idle.home / path).write_text(text)

    said = run_in_vain(idle)

    assert Path(path).name in said
    assert named in said
    assert not (idle.home / "var").exists()


def test_a_dictionary_that_is_missing_is_said_in_one_line(idle: Gateway) -> None:
    (idle.home / "fix_specs" / "FIX44.xml").unlink()

    said = run_in_vain(idle)

    assert "FIX44.xml" in said
    assert "listen" not in said


def test_a_dictionary_that_is_damaged_is_said_in_one_line(idle: Gateway) -> None:
    (idle.home / "fix_specs" / "FIX44.xml").write_text("<fix major='4'")

    assert "FIX44.xml" in run_in_vain(idle)


@pytest.mark.parametrize("version", VERSIONS)
def test_passwords_are_nowhere_in_what_the_gateway_writes(idle: Gateway, version: str) -> None:
    right, wrong = "open sesame 7f3a", "open barley 9c1d"
    stored = idle.fixgate("hash", stdin=right + "\n").stdout.strip()
    path = idle.home / "sessions" / f"demo4{version[-1]}.toml"
    path.write_text(path.read_text() + f'\nusername = "jane"\npassword_hash = "{stored}"\n')
    client = Peer(f"DEMO4{version[-1]}", version)
    try:
        idle.start()
        for body in (f"553=jane|554={wrong}", f"553=eve|554={right}", f"554={right}|553=eve"):
            client.connect(idle.port)
            client.send("A", f"98=0|108=30|{body}")
            assert client.closed() == []
            client.next_out = 1
        # Cut off in the middle, and garbled.
        logon = client.inside("A", f"98=0|108=30|553=jane|554={right}")
        for data in (frame(version, logon)[:-20], frame(version, logon)[:-4] + b"999\x01"):
            client.connect(idle.port)
            client.write(data)
            client.hang_up()
        client.log_on(idle.port, f"98=0|108=30|553=jane|554={right}")
        client.trade()
        client.send("A", f"98=0|108=30|553=jane|554={wrong}")  # a second Logon, refused
        client.closed()
        assert idle.stop() == 0
        audit(idle.home)
    finally:
        idle.kill()
        client.hang_up()

    written = listing(idle.home / "var")
    written["stderr"] = "\n".join(idle.errors).encode()
    written["stdout"] = "\n".join(idle.lines).encode()
    for name, content in written.items():
        assert right.encode() not in content, name
        assert wrong.encode() not in content, name
