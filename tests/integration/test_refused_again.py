"""A gateway that is killed when it has just refused what came: nothing stays unanswered."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.desk import Desk
from fakes.desk import make_home as desks_home
from fixgate.adapters.store.stop_file import StopFile
from fixgate.domain.ids import SessionName
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name
from unit.adapters.store.journals import noon_of

NAME = SessionName("DEMO44")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway; what it leaves is audited."""
    one = Gateway(make_home(tmp_path))
    yield one
    one.kill()
    audit(one.home)


@pytest.fixture
def peer() -> Iterator[Peer]:
    one = Peer("DEMO44")
    yield one
    one.hang_up()


def stop_file(gateway: Gateway) -> StopFile:
    return StopFile(gateway.home / "var" / "refused.stop")


def refused_and_killed(gateway: Gateway, peer: Peer, count: int) -> list[str]:
    """Orders that came when the journal had failed; the process died before it said so."""
    gateway.start()
    peer.log_on(gateway.port)
    peer.trade()
    gateway.kill()
    peer.closed()
    names = [a_name("lost") for _ in range(count)]
    for name in names:
        peer.sent[peer.next_out] = "D", peer.order_body(name)
        peer.next_out += 1
    stop_file(gateway).write({NAME: peer.next_out - 1})
    return names


def accepted(peer: Peer) -> Said:
    name = a_name("new")
    peer.send("D", peer.order_body(name))
    answer = peer.until(lambda each: name in (each[11], each[379]))[-1]
    assert (answer[35], answer[150]) == ("8", "0"), answer.shown()
    return answer


def test_what_was_refused_is_refused_again_when_the_client_sends_it_again(
    gateway: Gateway, peer: Peer
) -> None:
    """Issue: every order that a client sent is answered."""
    names = refused_and_killed(gateway, peer, 3)
    gateway.start()
    peer.log_on(gateway.port)
    said = [each for each in peer.all_answered() if each[35] == "j"]
    assert [each[379] for each in said] == names
    for each in said:
        assert (each[380], each[372], each[97]) == ("4", "D", "Y"), each.shown()
        assert peer.sent[int(each[45])][1].split("|")[1] == f"11={each[379]}"
    accepted(peer)

    # The refusals are in the journal now: they can be asked for, and are not made again.
    peer.hang_up()
    gateway.kill()
    gateway.start()
    assert stop_file(gateway).read().refused_through == {}
    peer.log_on(gateway.port)
    assert not [each for each in peer.all_answered() if each[35] == "j"]
    peer.send("2", f"7={said[0][34]}|16={said[-1][34]}")
    again = [peer.until(lambda each: each[35] == "j")[-1] for _ in names]
    assert [(each[34], each[379], each[43]) for each in again] == [
        (each[34], each[379], "Y") for each in said
    ]
    accepted(peer)


@pytest.mark.parametrize("how", ["running", "stopped", "logon"])
def test_after_a_reset_the_same_numbers_are_other_messages(
    gateway: Gateway, peer: Peer, how: str
) -> None:
    refused_and_killed(gateway, peer, 9)
    if how != "stopped":
        gateway.start()
    if how != "logon":
        done = gateway.fixgate("reset-session", NAME, "--reason", "a test")
        assert done.returncode == 0, done.stderr
    if how == "stopped":
        gateway.start()
    peer.next_out = 1
    peer.log_on(gateway.port, "98=0|108=30" + ("|141=Y" if how == "logon" else ""))
    accepted(peer)
    peer.hang_up()
    gateway.kill()
    gateway.start()
    peer.log_on(gateway.port)
    accepted(peer)


async def trades_wanted(desk: Desk) -> int:
    """A process that ends while it looks trades up; the client's next number."""
    await desk.start(noon_of("2026-03-01"))
    await desk.send("AD", "568=R1|569=0")
    await desk.stop()
    assert [each.req_id for each in desk.wanted] == ["R1"]
    return desk.client._in + 1


def test_who_had_asked_for_trades_is_told_to_ask_again(tmp_path: Path) -> None:
    home = desks_home(tmp_path / "home")
    next_out = asyncio.run(trades_wanted(Desk(home / "var" / "journal.sqlite")))
    gateway, peer = Gateway(home), Peer("CLIENT", next_out=next_out)
    try:
        for _ in range(2):  # and once only
            gateway.start()
            peer.log_on(gateway.port)
            peer.all_answered()
            (told,) = [each for each in peer.received if each[35] == "AQ"]
            assert (told[568], told[750]) == ("R1", "2")
            assert "ask again" in told[58]
            peer.hang_up()
            gateway.kill()
    finally:
        gateway.kill()
        peer.hang_up()
