"""The journal cannot grow any more: intake stops, everybody is told, nothing is lost.

A limit on the size of files (RLIMIT_FSIZE) is put on the running gateway from outside. It fails a
write beyond it just as a full disk does, and needs neither root nor a file system of its own.
"""

from pathlib import Path

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name

VERSIONS = ("FIX.4.2", "FIX.4.4")
EXIT_JOURNAL = 74
ROOM_BYTES = 1_000_000
AT_ONCE = 8
ROUNDS_MAX = 1_000


def send_until_told_to_go(peer: Peer) -> list[Said]:
    """Orders that rest, several at once, until the gateway logs out; everything it said."""
    said: list[Said] = []
    for _ in range(ROUNDS_MAX):
        # So that a batch is on its way to disk, and another waits, when it fails.
        for _ in range(AT_ONCE):
            peer.send("D", peer.order_body(a_name("disk")))
        for _ in range(AT_ONCE):
            said.append(peer.receive())
            if said[-1][35] == "5":
                return said + peer.closed()
    pytest.fail("the journal never failed")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_full_disk_stops_intake_and_loses_no_acknowledgement(
    tmp_path: Path, version: str
) -> None:
    gateway = Gateway(make_home(tmp_path))
    peer = Peer(f"DEMO4{version[-1]}", version)
    other = Peer("TRADER")
    try:
        gateway.start()
        peer.log_on(gateway.port)
        other.log_on(gateway.port)
        other.trade()
        gateway.limit_files(ROOM_BYTES)

        said = send_until_told_to_go(peer)
        status = gateway.wait()

        refused = {each[379] for each in said if each[35] == "j"}
        acknowledged = {each[11] for each in said if each[35] == "8"}
        assert refused
        assert acknowledged
        assert not refused & acknowledged
        for each in said:
            if each[35] == "j":
                assert (each[380], each[372]) == ("4", "D")
                assert "Order intake stopped" in each[58]
        (logout,) = [each for each in said if each[35] == "5"]
        assert "Order intake stopped" in logout[58]
        farewell = other.closed()
        assert "Order intake stopped" in farewell[-1][58]
        assert status == EXIT_JOURNAL
        assert any("JOURNAL FAILED, order intake stopped" in each for each in gateway.errors)
        promised = {text for _, text in audit(gateway.home).reports_of(peer.comp_id)}
        assert {each.text for each in said if each[35] == "8"} <= promised

        gateway.start()
        peer.log_on(gateway.port)
        later = peer.all_answered()

        # Answered after the restart: those in between, which had no answer. Nobody else.
        assert not {each[11] for each in later if each[35] == "8"} & refused
        sent = {body.split("|")[1][3:] for kind, body in peer.sent.values() if kind == "D"}
        reports = [each for each in peer.received if each[35] == "8" and each[150] == "0"]
        answered = [each[11] for each in reports if each[43] != "Y"]
        assert len(answered) == len(set(answered))
        assert set(answered) == sent - refused
        for name in sorted(refused)[:3]:
            peer.send("H", f"11={name}|54=1|55=BTC/USDT")
            status_report = peer.until(lambda each, name=name: each[11] == name)[-1]
            assert (status_report[39], status_report[37]) == ("8", "NONE")
        other.log_on(gateway.port)
        other.all_answered()
        other.trade()
        assert gateway.stop() == 0
        audit(gateway.home)
    finally:
        gateway.kill()
        peer.hang_up()
        other.hang_up()
