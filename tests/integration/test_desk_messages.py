"""The messages about many orders, lists, trades and securities, over sockets and with a journal.

The client is strings on a socket; the gateway is a process, and is killed in the middle.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name, sending_time

VERSIONS = {"FIX.4.2": "DEMO42", "FIX.4.4": "DEMO44"}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    one = Gateway(make_home(tmp_path))
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(one.home)


@pytest.fixture(params=list(VERSIONS))
def desk(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Peer]:
    one = Peer(VERSIONS[request.param], request.param)
    one.log_on(gateway.port)
    yield one
    one.hang_up()


def resting(desk: Peer) -> str:
    """A buy order that works, below the market."""
    name = a_name()
    desk.send("D", desk.order_body(name, _44="45000"))
    desk.until(lambda said: said[11] == name and said[150] == "0")
    return name


def until(desk: Peer, msg_type: str) -> Said:
    return desk.until(lambda said: said[35] == msg_type)[-1]


def many(desk: Peer, msg_type: str, count: int) -> list[Said]:
    return [until(desk, msg_type) for _ in range(count)]


def test_a_mass_cancel_cancels_and_a_mass_status_then_finds_nothing(desk: Peer) -> None:
    names = {resting(desk), resting(desk)}
    desk.send("AF", "584=S1|585=7")
    statuses = many(desk, "8", 2)
    assert {each[11] for each in statuses} == names
    assert [(each[911], each[912]) for each in statuses] == [("2", "N"), ("2", "Y")]
    mass = a_name()
    desk.send("q", f"11={mass}|530=7|60={sending_time()}")
    report = until(desk, "r")
    assert (report[531], report[533], report[534]) == ("7", "2", "2")
    canceled: set[str] = set()
    while canceled != names:
        said = desk.receive()
        if said[150] == "4":
            assert said[11] == mass
            canceled.add(said[41])
    desk.send("AF", "584=S2|585=7")
    assert until(desk, "8")[911] == "0"


def test_a_bracket_outlives_a_kill_and_its_exits_begin_when_the_entry_is_filled(
    desk: Peer, gateway: Gateway
) -> None:
    entry, high, low = a_name(), a_name(), a_name()
    common = "55=BTC/USDT|38=0.5|59=1|1=DEMO"
    bid = "394=3|" if desk.version == "FIX.4.2" else ""
    orders = (
        f"11={entry}|67=1|54=1|40=2|44=45000|{common}|11={high}|67=2|54=2|40=2|44=55000|{common}"
        f"|11={low}|67=3|54=2|40=4|99=45500|44=45000|{common}"
    )
    # The count's delimiter is the first tag of an entry, whatever the order of the rest.
    desk.send("E", f"66=L1|{bid}68=3|1385=2|73=3|{orders}")
    taken = until(desk, "N")
    assert (taken[66], taken[429], taken[431]) == ("L1", "1", "2"), taken.shown()
    held = many(desk, "8", 2)
    assert {each[11] for each in held} == {high, low}
    desk.until(lambda said: said[11] == entry and said[150] == "0")
    gateway.kill()
    desk.hang_up()
    gateway.start()
    desk.log_on(gateway.port)
    desk.all_answered()
    # The market comes to the entry: it is replaced to a price that trades.
    replace = a_name()
    hand = "21=1|" if desk.version == "FIX.4.2" else ""
    desk.send(
        "G",
        f"11={replace}|41={entry}|{hand}55=BTC/USDT|54=1|38=0.5|40=2|44=53000|59=1"
        f"|60={sending_time()}",
    )
    working: set[str] = set()
    while working != {high, low}:
        said = desk.receive()
        if said[150] in ("L", "D") and said[11] in (high, low):
            working.add(said[11])
    desk.send("K", f"66=L1|60={sending_time()}")
    assert until(desk, "N")[431] == "4"
    ended: set[str] = set()
    while ended != {high, low}:
        said = desk.receive()
        if said[150] == "4":
            ended.add(said[11])


def is_last(said: Said, req_id: str) -> bool:
    """Whether nothing more comes about a request for trades."""
    return said[568] == req_id and (said[912] == "Y" or said[750] in ("1", "2"))


def test_a_request_for_trades_is_answered_whenever_the_gateway_dies(
    desk: Peer, gateway: Gateway
) -> None:
    """By all of its trades, or by a refusal after the restart."""
    desk.trade()
    for number in range(4):
        desk.send("AD", f"568=K{number}|569=0")
        if number % 2:
            desk.until(lambda each, name=f"K{number}": each[568] == name)
        gateway.kill()
        desk.closed()
        gateway.start()
        desk.log_on(gateway.port)
        desk.all_answered()
        while not any(is_last(each, f"K{number}") for each in desk.received):
            desk.receive()


def test_exits_of_a_perpetual_only_reduce_and_outlive_a_kill(desk: Peer, gateway: Gateway) -> None:
    name = a_name()
    exits = {"_20003": "40000", "_20004": "58000"}
    perpetual = {"_55": "BTC/USDT:USDT", "_40": "1", "_44": None, "_59": "1"}
    desk.send("D", desk.order_body(name, _38="0.01", **perpetual, **exits))
    held = many(desk, "8", 2)
    assert [each[11] for each in held] == [f"{name}.SL", f"{name}.TP"], held[0].shown()
    assert {each[77] for each in held} == {"C"}
    list_id = held[0][66]
    armed = desk.until(lambda said: said[11] == f"{name}.TP" and said[636] == "Y")[-1]
    assert (armed[38], armed[44], armed[54]) == ("0.01", "58000", "2")
    gateway.kill()
    desk.hang_up()
    gateway.start()
    desk.log_on(gateway.port)
    desk.all_answered()
    desk.send("M", f"66={list_id}")
    told = until(desk, "N")
    assert (told[431], told[73]) == ("3", "3"), told.shown()
    desk.send("K", f"66={list_id}|60={sending_time()}")
    assert until(desk, "N")[431] == "4"
    ended: set[str] = set()
    while ended != {f"{name}.SL", f"{name}.TP"}:
        said = desk.receive()
        if said[150] == "4":
            ended.add(said[11])


def test_the_trades_of_the_day_and_the_securities_are_told(desk: Peer, gateway: Gateway) -> None:
    desk.trade()
    fills = {each[17] for each in desk.received if each[35] == "8" and each[32]}
    gateway.kill()
    desk.hang_up()
    gateway.start()
    desk.log_on(gateway.port)
    desk.all_answered()
    desk.send("AD", f"568=T1|569=1|580=1|75={sending_time()[:8]}")
    ack = until(desk, "AQ")
    assert (ack[749], ack[750], ack[748]) == ("0", "0", str(len(fills)))
    told = many(desk, "AE", len(fills))
    assert {each[571] for each in told} == fills
    assert told[-1][912] == "Y"
    desk.send("x", "320=X1|559=4")
    listed = until(desk, "y")
    assert (listed[560], listed[893]) == ("0", "Y")
    assert int(listed[393]) >= 4


def test_a_replay_of_it_all_decides_and_writes_the_same(desk: Peer, gateway: Gateway) -> None:
    resting(desk)
    desk.trade()
    desk.send("AD", "568=T1|569=0")
    until(desk, "AQ")
    desk.send("q", f"11={a_name()}|530=7|60={sending_time()}")
    until(desk, "r")
    desk.ask()
    gateway.kill()

    command = [sys.executable, "-m", "fixgate.cli", "replay", "--verify", "--home", gateway.home]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
