"""The kill switch while the database is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgate.adapters.store.postgres.address import PostgresAddress
from integration.gateway_process import Gateway
from integration.journal_check import audit
from integration.posted import Posted, posted  # noqa: F401 - a fixture
from integration.postgres_home import Link, postgres_home
from integration.raw_peer import Peer, a_name
from postgres import new_database, server


@pytest.fixture
def link() -> Iterator[Link]:
    made = Link(server().port)
    yield made
    made.close()


@pytest.fixture
def gateway(tmp_path: Path, link: Link) -> Iterator[Gateway]:
    address = new_database()
    url = address.url.replace(f":{server().port}/", f":{link.port}/")
    one = Gateway(postgres_home(tmp_path, PostgresAddress(url, address.password)))
    yield one
    one.kill()


def test_it_cancels_while_the_database_is_away_and_is_journaled_when_it_is_back(
    gateway: Gateway, link: Link
) -> None:
    gateway.start()
    peer = Peer("DEMO44")
    peer.log_on(gateway.port)
    name = a_name()
    peer.send("D", peer.order_body(name))
    assert peer.until(lambda each: each[11] == name)[-1][39] == "0"
    link.cut()
    gateway.wait_until_said("order intake interrupted")
    away = gateway.fixgate("status")
    assert away.returncode == 1
    assert "AWAY: no orders are taken" in away.stdout
    assert "logged on" in gateway.fixgate("sessions", "DEMO44").stdout

    killed = gateway.fixgate("kill-switch", "on", "gateway", "--reason", "a test")
    assert killed.returncode == 0, killed.stderr
    assert "1 open order canceled directly" in killed.stdout

    link.mend()
    gateway.wait_until_said("order intake resumed")
    canceled = peer.until(lambda each: each[11] == name and each[39] == "4")[-1]
    assert (canceled[150], canceled[14]) == ("4", "0")
    peer.log_out()
    assert gateway.stop() == 0
    assert "kill_switch_on" in gateway.fixgate("actions").stdout
    audit(gateway.home)


def test_that_the_database_is_away_is_told_at_once_and_on_record_when_it_is_back(
    gateway: Gateway,
    link: Link,
    posted: Posted,  # noqa: F811 - it is used so
) -> None:
    posted.tell(gateway.home)
    gateway.start()
    link.cut()
    gateway.wait_until_said("order intake interrupted")
    assert posted.next("journal")["text"] == "The journal is away: orders are refused"
    link.mend()
    gateway.wait_until_said("order intake resumed")
    posted.next("journal well")
    listed = gateway.fixgate("alerts", "list").stdout
    assert "The journal is away: orders are refused" in listed
    assert gateway.stop() == 0
    assert posted.alerts.empty(), "each is told once"
    audit(gateway.home)
