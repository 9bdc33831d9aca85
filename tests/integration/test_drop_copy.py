"""Drop copy sessions: an independent copy of every execution report, complete after any outage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name

COMMON = (6, 14, 37, 38, 39, 54, 151)  # of a report and its copy, in every version


@pytest.fixture(params=["FIX.4.2", "FIX.4.4"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def gateway(tmp_path: Path, version: str) -> Iterator[Gateway]:
    one = Gateway(make_home(tmp_path))
    path = one.home / "sessions" / "dropcopy.toml"
    text = path.read_text().replace("enabled = false", "enabled = true")
    path.write_text(text.replace("FIX.4.4", version))
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(one.home)


@pytest.fixture
def copier(version: str) -> Iterator[Peer]:
    one = Peer("DROPCOPY", version)
    yield one
    one.hang_up()


def reports(peer: Peer) -> dict[str, Said]:
    """The execution reports that a peer has, by ExecID."""
    return {each[17]: each for each in peer.received if each[35] == "8"}


def same(copies: dict[str, Said], originals: dict[str, Said], comp_id: str) -> None:
    """Each copy is the report it copies, on behalf of that client."""
    for exec_id, original in originals.items():
        copy = copies[exec_id]
        assert copy[115] == comp_id
        assert original[115] == ""
        assert [copy[tag] for tag in COMMON] == [original[tag] for tag in COMMON]
        assert (copy[11], copy[60]) == (original[11], original[60])


def test_every_report_is_copied_live_after_an_outage_and_after_a_kill(
    gateway: Gateway, copier: Peer
) -> None:
    first, second = Peer("DEMO44"), Peer("DEMO42", "FIX.4.2")
    copier.log_on(gateway.port)
    first.log_on(gateway.port)
    second.log_on(gateway.port)
    first.trade()
    second.trade()
    everything = len(reports(first)) + len(reports(second))
    while len(reports(copier)) < everything:
        copier.receive()
    copier.hang_up()  # what happens now it must get afterwards
    first.trade()
    second.send("D", second.order_body(a_name(), _38="-1"))
    second.ask()
    first.hang_up()
    second.hang_up()
    gateway.kill()
    gateway.start()
    first.log_on(gateway.port)
    first.all_answered()
    first.trade()
    second.log_on(gateway.port)
    second.all_answered()
    copier.log_on(gateway.port)
    copier.send("2", "7=1|16=0")
    everything = len(reports(first)) + len(reports(second))
    while len(reports(copier)) < everything:
        copier.receive()
    copies = reports(copier)
    same(copies, reports(first), "DEMO44")
    same(copies, reports(second), "DEMO42")
    assert len(copies) == len(reports(first)) + len(reports(second))
    for peer in (first, second):
        peer.hang_up()


def test_a_drop_copy_session_sends_no_orders(gateway: Gateway, copier: Peer) -> None:
    copier.log_on(gateway.port)
    copier.send("D", copier.order_body(a_name()))
    said = copier.receive()
    assert (said[35], said[380]) in (("j", "6"), ("j", "3"), ("j", "0"))


def test_a_drop_copy_session_is_told_the_trades_of_those_it_covers(
    gateway: Gateway, copier: Peer
) -> None:
    first, second = Peer("DEMO44"), Peer("DEMO42", "FIX.4.2")
    for peer in (first, second):
        peer.log_on(gateway.port)
        peer.trade()
        peer.hang_up()
    fills = {
        each[17]: peer.comp_id
        for peer in (first, second)
        for each in peer.received
        if each[35] == "8" and each[32]
    }
    copier.log_on(gateway.port)
    copier.send("AD", "568=T1|569=0")
    told: dict[str, str] = {}
    while len(told) < len(fills):
        said = copier.receive()
        if said[35] == "AE":
            told[said[571]] = said[115]
    assert told == fills
