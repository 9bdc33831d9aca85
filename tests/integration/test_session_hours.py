"""Hours and resets in a gateway that runs: jobs, Logouts, numbers that begin again."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, a_name
from integration.test_resets import an_order_that_ends_while_its_client_is_away

SESSION = """
name = "TIMED"
version = "FIX.4.4"
target_comp_id = "TIMED"
default_venue = "SIM"
accounts = ["DEMO"]
default_account = "DEMO"
[schedule]
time_zone = "UTC"
"""


def now() -> datetime:
    return datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)


def resets(at: datetime) -> str:
    return f'reset = "daily"\nreset_at = "{at:%H:%M:%S}"\n'


def closes(at: datetime) -> str:
    """Open for a week until a moment that is near, and again an hour later."""
    opens = at + timedelta(hours=1)
    return (
        f'[[schedule.open]]\ndays = ["{opens:%a}"]\nopens = "{opens:%H:%M:%S}"\n'
        f'closes = "{at:%H:%M:%S}"\ncloses_on = "{at:%a}"\n'
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path)


@pytest.fixture
def gateway(home: Path) -> Iterator[Gateway]:
    """Not started yet; what it leaves is audited."""
    one = Gateway(home)
    yield one
    one.kill()
    audit(home)


@pytest.fixture
def peer() -> Iterator[Peer]:
    """The client."""
    one = Peer("TIMED")
    yield one
    one.hang_up()


@pytest.fixture
def again() -> Iterator[Peer]:
    """The same client, having forgotten everything."""
    one = Peer("TIMED")
    yield one
    one.hang_up()


def configure(home: Path, schedule: str) -> None:
    (home / "sessions" / "timed.toml").write_text(SESSION + schedule)


def test_at_the_boundary_the_client_is_logged_out_and_numbers_begin_at_1(
    home: Path, gateway: Gateway, peer: Peer
) -> None:
    configure(home, "")
    gateway.start()
    peer.log_on(gateway.port)
    peer.trade()
    configure(home, resets(now() + timedelta(seconds=8)))
    assert gateway.fixgate("reload").returncode == 0
    shown = gateway.fixgate("jobs")
    assert shown.returncode == 0, shown.stderr
    assert "reset TIMED" in shown.stdout
    said = peer.until(lambda each: each[35] == "5")
    assert said[-1][58] == "The sequence numbers begin again at 1; log on again"
    peer.send("5")
    peer.closed()

    peer.next_out = 1
    while True:  # the numbers begin again in the moment after the connection has ended
        peer.connect(gateway.port)
        peer.send("A", "98=0|108=30")
        if peer.closed_at_once():
            peer.next_out = 1
            continue
        break
    answer = peer.received[-1]
    assert (answer[35], answer[34]) == ("A", "1")
    assert peer.trade()[34] != "1"
    assert "in order" in gateway.fixgate("jobs").stdout


def test_a_report_that_nobody_got_goes_out_again_after_a_reset_that_nobody_saw(
    home: Path, gateway: Gateway, peer: Peer, again: Peer
) -> None:
    """The boundary passes while neither the client nor the gateway is there."""
    configure(home, "")
    gateway.start()
    peer.log_on(gateway.port)
    name = an_order_that_ends_while_its_client_is_away(gateway, peer)
    gateway.kill()
    boundary = now() + timedelta(seconds=2)  # however slow the machine was until here
    configure(home, resets(boundary))
    while now() < boundary:
        time.sleep(0.05)
    gateway.start()

    again.log_on(gateway.port)
    said = again.all_answered()
    while not any(each[11] == name for each in said):
        said.append(again.receive())
    (missed,) = [each for each in said if each[11] == name]
    assert (missed[39], missed[97]) == ("C", "Y")
    assert int(missed[34]) < 10
    shown = gateway.fixgate("actions").stdout
    assert "reset_session" in shown
    assert "schedule" in shown

    # The numbers go on from there, also after another kill.
    gateway.kill()
    gateway.start()
    answer = again.log_on(gateway.port)
    assert (answer[35], int(answer[34]) < 1_000) == ("A", True)
    again.trade()


def test_at_the_end_of_its_hours_a_client_is_logged_out_and_its_orders_stay(
    home: Path, gateway: Gateway, peer: Peer
) -> None:
    configure(home, "")
    gateway.start()
    peer.log_on(gateway.port)
    name = a_name()
    peer.send("D", peer.order_body(name))
    configure(home, closes(now() + timedelta(seconds=5)))
    assert gateway.fixgate("reload").returncode == 0
    assert "hours TIMED" in gateway.fixgate("jobs").stdout
    said = peer.until(lambda each: each[35] == "5")
    assert said[-1][58].startswith("The session is closed; it opens ")
    peer.send("5")
    peer.closed()

    peer.connect(gateway.port)
    peer.send("A", "98=0|108=30")
    (refused,) = peer.closed()
    assert refused[35] == "5"
    assert refused[58].startswith("The session is closed; it opens ")
    assert name in gateway.fixgate("orders", "--open").stdout


def test_closed_days_are_archived_by_a_job_of_their_own(home: Path, gateway: Gateway) -> None:
    configure(home, "")
    path = home / "config" / "gateway.toml"
    due = now() + timedelta(seconds=15)
    path.write_text(path.read_text().replace("02:00:00", f"{due:%H:%M:%S}", 1))
    gateway.start()
    assert "archive" in gateway.fixgate("jobs").stdout
    limit = time.monotonic() + 60
    while "in order" not in (shown := gateway.fixgate("jobs").stdout):
        assert time.monotonic() < limit, shown
