"""Alerts of a real gateway: in the table, at a webhook, and acknowledged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.posted import Posted, posted  # noqa: F401 - a fixture
from integration.raw_peer import Peer, a_name


@pytest.fixture
def gateway(tmp_path: Path, posted: Posted) -> Iterator[Gateway]:  # noqa: F811 - it is used so
    one = Gateway(make_home(tmp_path))
    posted.tell(one.home, "reject_orders_min = 5")
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(one.home)


def test_too_many_refused_orders_are_an_alert_everywhere_once_and_can_be_acknowledged(
    gateway: Gateway,
    posted: Posted,  # noqa: F811 - it is used so
) -> None:
    peer = Peer("DEMO44", "FIX.4.4")
    peer.log_on(gateway.port)
    for _ in range(8):
        peer.send("D", peer.order_body(a_name(), _55="NO/SUCH"))
    assert posted.next("reject rate")["about"] == "DEMO44"
    for _ in range(8):
        peer.send("D", peer.order_body(a_name(), _55="NO/SUCH"))
    peer.all_answered()
    listed = gateway.fixgate("alerts", "list").stdout
    (line,) = [each for each in listed.splitlines() if "reject rate" in each]
    number = line.split()[0]
    done = gateway.fixgate("alerts", "acknowledge", number, "--reason", "client is told")
    assert done.returncode == 0, done.stderr
    assert "client is told" in gateway.fixgate("alerts", "list").stdout
    assert "reject rate" not in gateway.fixgate("alerts", "list", "--open").stdout
    peer.hang_up()
    assert posted.alerts.empty()


@pytest.mark.parametrize(
    ("msg_type", "body"),
    [("3", "45={}|372=8|373=5|58=no such tag"), ("j", "45={}|372=8|380=0|58=no such tag")],
)
def test_a_client_that_rejects_our_report_is_an_alert_once_and_gets_no_answer(
    gateway: Gateway,
    posted: Posted,  # noqa: F811 - it is used so
    msg_type: str,
    body: str,
) -> None:
    peer = Peer("DEMO44", "FIX.4.4")
    peer.log_on(gateway.port)
    peer.send("D", peer.order_body(a_name()))
    number = peer.receive()[34]
    peer.all_answered()
    for _ in range(3):
        peer.send(msg_type, body.format(number))
    told = posted.next("rejected by client")
    assert told["about"] == "DEMO44"
    assert told["text"] == f"DEMO44 rejected our message {number}: no such tag"
    assert {each[35] for each in peer.all_answered()} <= {"0", "8"}
    peer.hang_up()
    assert posted.alerts.empty()
