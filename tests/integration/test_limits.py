"""Limits of a real gateway: who changes them, when they hold, and what a restart leaves of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name

REASON = ("--reason", "a test")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    one = Gateway(make_home(tmp_path))
    try:
        yield one
    finally:
        one.kill()
    audit(one.home)


@pytest.fixture
def peer() -> Iterator[Peer]:
    one = Peer("DEMO44", "FIX.4.4")
    yield one
    one.hang_up()


def limit(gateway: Gateway, text: str) -> None:
    (gateway.home / "config" / "risk.toml").write_text(text)


def ordered(peer: Peer, qty: str) -> Said:
    """What is said first to an order of ``qty``."""
    name = a_name()
    peer.send("D", peer.order_body(name, _38=qty))
    return peer.until(lambda each: each[11] == name)[-1]


def test_a_reload_takes_limits_over_with_a_reason_and_journals_who_and_what(
    gateway: Gateway, peer: Peer
) -> None:
    limit(gateway, "[default]\norder_qty_max = 1\n")
    gateway.start()
    peer.log_on(gateway.port)
    refused = ordered(peer, "2")
    assert (refused[39], refused[103]) == ("8", "3")
    assert refused[58] == "OrderQty (38) 2 is above the maximum order quantity 1"

    limit(gateway, "[default]\norder_qty_max = 3\n")
    without = gateway.fixgate("reload")
    assert without.returncode == 1
    assert "default order_qty_max: 1 -> 3" in without.stdout
    assert ordered(peer, "2")[39] == "8"
    done = gateway.fixgate("reload", *REASON, "--as", "jane")
    assert "limits: changed (default order_qty_max: 1 -> 3)" in done.stdout, done.stderr
    assert ordered(peer, "2")[39] == "0"
    acted = gateway.fixgate("actions").stdout
    assert "set_limits" in acted
    assert "jane (" in acted

    limit(gateway, "[default]\norder_qty_max = none\n")
    assert "risk.toml" in gateway.fixgate("check").stderr
    limit(gateway, "[default]\norder_qty_maximum = 3\n")
    assert "risk.toml:2: default.order_qty_maximum" in gateway.fixgate("check").stderr
    limit(gateway, "[default]\norder_qty_max = 3\n")
    assert gateway.fixgate("check").returncode == 0


def test_with_four_eyes_a_change_holds_when_a_second_person_agrees_and_over_a_kill(
    gateway: Gateway, peer: Peer
) -> None:
    limit(gateway, "four_eyes = true\n[default]\norder_qty_max = 1\n")
    gateway.start()
    peer.log_on(gateway.port)
    # Whoever takes the second person out of the file has changed nothing.
    limit(gateway, "four_eyes = false\n[default]\norder_qty_max = 9\n")
    assert gateway.fixgate("reload", *REASON).returncode == 1
    nameless = gateway.fixgate("limits", "propose", *REASON)
    assert (nameless.returncode, "needs --as" in nameless.stderr) == (2, True)
    proposed = gateway.fixgate("limits", "propose", *REASON, "--as", "jane")
    assert proposed.returncode == 0, proposed.stderr
    assert "order_qty_max: 1 -> 9" in proposed.stdout
    assert ordered(peer, "2")[39] == "8"
    same = gateway.fixgate("limits", "approve", *REASON, "--as", "jane")
    assert "another must approve it" in same.stderr

    gateway.kill()
    peer.hang_up()
    gateway.start()
    peer.log_on(gateway.port)
    peer.all_answered()
    assert ordered(peer, "2")[39] == "8"
    assert "two persons" in gateway.fixgate("alerts", "list").stdout
    approved = gateway.fixgate("limits", "approve", *REASON, "--as", "john")
    assert approved.returncode == 0, approved.stderr
    assert ordered(peer, "2")[39] == "0"
    shown = json.loads(gateway.fixgate("limits", "show", "--json").stdout)
    assert shown["in_force"]["approved_by"].startswith("john (")
    assert shown["in_force"]["four_eyes"] is False
    assert shown["proposed"] is None


def test_credit_counts_what_was_open_and_traded_before_a_kill(gateway: Gateway, peer: Peer) -> None:
    path = gateway.home / "sessions" / "demo44.toml"
    path.write_text(path.read_text().replace("limits.", "limits.credit_max = 100000\nlimits.", 1))
    gateway.start()
    peer.log_on(gateway.port)
    assert ordered(peer, "1")[39] == "0"  # 48,000 open
    assert peer.trade()[39] == "2"  # some 500 traded
    gateway.kill()
    peer.hang_up()
    gateway.start()
    peer.log_on(gateway.port)
    peer.all_answered()
    refused = ordered(peer, "1.08")
    assert (refused[39], refused[103]) == ("8", "3")
    assert "session DEMO44 has open and traded today" in refused[58]
    assert ordered(peer, "1.05")[39] == "0"
