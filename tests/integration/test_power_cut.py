"""A power cut: whatever a client has heard is in the journal that is left.

With it goes everything that is not the journal: the sessions' own files, the process, its host.
"""

import os
import shutil
import signal
from pathlib import Path

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.postgres_home import postgres_home
from integration.raw_peer import Peer, Said, a_name
from postgres import new_database, new_server

ORDERS = 40


def trade_until_cut(peer: Peer) -> list[str]:
    """Orders of which only some have been answered when this returns; their ClOrdIDs."""
    names = [a_name("cut") for _ in range(ORDERS)]
    for name in names:
        peer.send("D", peer.order_body(name))
    for _ in range(ORDERS // 4):
        peer.receive()
    return names


def reports(peer: Peer) -> list[Said]:
    return [each for each in peer.received if each[35] == "8"]


def see_it_go_on(again: Gateway, peer: Peer, names: list[str]) -> None:
    """Every report that the client has is promised; every order is answered, none twice."""
    again.start()
    before = reports(peer)
    peer.log_on(again.port)
    peer.all_answered()
    peer.trade()
    assert {each.text for each in before} <= set(audit(again.home).messages)
    news = {each[17]: each[11] for each in reports(peer) if each[150] == "0"}
    assert sorted(name for name in news.values() if name in names) == sorted(names)


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4"])
def test_what_was_reported_is_in_the_files_as_of_the_last_commit(
    tmp_path: Path, version: str
) -> None:
    """SQLite: the database and its log, and nothing else, as they are at that moment."""
    first, again = Gateway(make_home(tmp_path / "one")), Gateway(make_home(tmp_path / "two"))
    peer = Peer(f"DEMO4{version[-1]}", version)
    try:
        first.start()
        peer.log_on(first.port)
        peer.trade()
        names = trade_until_cut(peer)
        assert first._process is not None
        os.kill(first._process.pid, signal.SIGSTOP)
        (again.home / "var").mkdir(mode=0o700)
        for name in ("journal.db", "journal.db-wal"):
            shutil.copy(first.home / "var" / name, again.home / "var" / name)
        first.kill()
        peer.hang_up()
        see_it_go_on(again, peer, names)
    finally:
        first.kill()
        again.kill()
        peer.hang_up()


def test_what_was_reported_survives_postgresql_and_the_gateway_dying_at_once(
    tmp_path: Path,
) -> None:
    """PostgreSQL recovers from its own log; the gateway starts on another data directory."""
    server = new_server()
    address = new_database(server)
    first = Gateway(postgres_home(tmp_path / "one", address, lease_s=1.0))
    again = Gateway(postgres_home(tmp_path / "two", address, lease_s=1.0))
    peer = Peer("TRADER")
    try:
        first.start()
        peer.log_on(first.port)
        peer.trade()
        names = trade_until_cut(peer)
        server.crash()
        first.kill()
        peer.hang_up()
        server.start()
        see_it_go_on(again, peer, names)
        assert again.stop() == 0
    finally:
        first.kill()
        again.kill()
        peer.hang_up()
        server.stop()
