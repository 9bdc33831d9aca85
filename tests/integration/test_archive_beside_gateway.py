"""Old days leave the database of a gateway that is trading."""

import asyncio
import shutil
import threading
from pathlib import Path

from integration.gateway_process import Gateway, make_home
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
