"""Old days leave the database of a gateway that is trading."""

import asyncio
import shutil
import threading
from pathlib import Path

from integration.gateway_process import Gateway, make_home
from integration.raw_peer import Peer, Said
from unit.adapters.store.journals import a_journal_of

DAYS = ("2026-01-05", "2026-01-06")


def test_a_gateway_goes_on_trading_while_its_old_days_are_dropped(tmp_path: Path):
    home = make_home(tmp_path / "home")
    made = asyncio.run(a_journal_of(tmp_path, *DAYS, orders=2_000))
    (home / "var").mkdir()
    shutil.move(made, home / "var" / "journal.db")
    gateway = Gateway(home)
    try:
        gateway.start()
        trading = Trading(gateway)
        trading.start()
        done = gateway.fixgate("archive", "--keep-days", "1", "--reason", "test")
        trading.join()

        assert done.returncode == 0, done.stderr
        assert f"Dropped       {DAYS[0]} to {DAYS[1]}, records 1 to 40,000" in done.stdout
        assert trading.failed == []
        verified = gateway.fixgate("verify")
        assert "all as written" in verified.stdout, verified.stderr
        assert (
            gateway.fixgate("log", "--day", DAYS[0], "--type", "D").stdout.count("ClOrdID") == 2_000
        )
        assert gateway.stop() == 0
        gateway.start()
        assert gateway.fixgate("verify").returncode == 0
    finally:
        gateway.kill()


def test_a_resend_request_into_a_dropped_day_is_gap_filled_up_to_the_first_report_kept(
    tmp_path: Path,
):
    home = make_home(tmp_path / "home")
    made = asyncio.run(a_journal_of(tmp_path, *DAYS))  # records 1 to 30 and 31 to 60
    (home / "var").mkdir()
    shutil.move(made, home / "var" / "journal.db")
    gateway = Gateway(home)
    try:
        gateway.start()
        peer = Peer("DEMO44", next_out=61)
        assert _numbers(_all_again(peer, gateway.port)) == _reports(1, 60)
        assert gateway.fixgate(
            "hold", "add", "--from", DAYS[1], "--to", DAYS[1], "--reason", "test"
        )
        done = gateway.fixgate("archive", "--keep-days", "1", "--reason", "test")
        assert f"Dropped       {DAYS[0]}, records 1 to 30" in done.stdout, done.stderr

        first, *rest = _all_again(peer, gateway.port)
        kept = _reports(31, 60)
        assert (first[35], first[34], first[123], first[36]) == ("4", "1", "Y", str(kept[0]))
        assert _numbers(rest) == kept
    finally:
        gateway.kill()


def _reports(first: int, last: int) -> list[int]:
    """The numbers of the reports that the journal's orders led to."""
    return [each for each in range(first, last + 1) if each % 10 in (6, 9)]


def _all_again(peer: Peer, port: int) -> list[Said]:
    """Log on, ask for everything, and log out; what came again."""
    last = int(peer.log_on(port)[34])
    peer.send("2", "7=1|16=0")
    said = peer.until(lambda each: each[36] == str(last + 1))
    peer.log_out()
    return [each for each in said if each[43] == "Y"]


def _numbers(said: list[Said]) -> list[int]:
    return [int(each[34]) for each in said if each[35] == "8"]


class Trading(threading.Thread):
    """Orders, one after the other."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self.gateway = gateway
        self.failed: list[str] = []

    def run(self) -> None:
        for _ in range(5):
            done = self.gateway.fixgate("order", "buy", "1", "BTC/USDT", "--limit", "50000")
            if done.returncode:
                self.failed.append(done.stdout + done.stderr)
