"""Positions and balances of a real gateway: by its commands, across a kill, and without it."""

import asyncio
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from integration.binance_desk import Desk, a_desk
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that runs; what it leaves is audited."""
    one = Gateway(make_home(tmp_path))
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(one.home)


def asked(gateway: Gateway, *arguments: str) -> list[dict[str, str]]:
    """What a command says as JSON."""
    shown = gateway.fixgate(*arguments, "--json")
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)  # type: ignore[no-any-return]


def trade(gateway: Gateway, *order: str) -> None:
    done = gateway.fixgate("order", *order)
    assert done.returncode == 0, done.stderr
    assert "filled" in done.stdout


def as_it_is(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """But for what the market makes of it."""
    return [(each["symbol"], each["account"], each["qty"], each["realised"]) for each in rows]


def test_what_was_traded_is_held_also_after_a_kill(gateway: Gateway) -> None:
    trade(gateway, "buy", "0.5", "BTC/USDT")
    trade(gateway, "sell", "0.2", "BTC/USDT")
    trade(gateway, "sell", "0.01", "BTC/USDT:USDT")
    found = asked(gateway, "positions")
    assert [(each["symbol"], each["qty"]) for each in found] == [
        ("BTC/USDT", "0.3"),
        ("BTC/USDT:USDT", "-0.01"),
    ]
    assert all(each["unrealised"] is not None for each in found)
    gateway.kill()
    assert as_it_is(asked(gateway, "positions")) == as_it_is(found)
    gateway.start()
    assert as_it_is(asked(gateway, "positions")) == as_it_is(found)
    said = gateway.fixgate("reconcile", "--venue", "SIM", "--reason", "a test", "--as", "jane")
    assert (said.returncode, said.stdout.splitlines()[-1]) == (0, "Done: SIM: as our trades say")
    held = {each["asset"]: each["held"] for each in asked(gateway, "balances", "--venue", "SIM")}
    assert held["BTC"] == "1000.3"
    steps = asked(gateway, "positions", "--history", "--symbol", "BTC/USDT")
    assert [each["move"] for each in steps] == ["open", "decrease"]
    before = asked(gateway, "positions", "--at", "2000-01-01T00:00")
    assert before == []


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4"])
def test_a_client_is_told_of_each_change_until_it_has_had_enough(
    gateway: Gateway, version: str
) -> None:
    """Over the wire in both versions, shown to operations; ended by its word, or with it."""
    peer = Peer(f"DEMO4{version[-1]}", version)
    peer.log_on(gateway.port)

    def next_report() -> Said:
        return peer.until(lambda each: each[35] == "AP")[-1]

    def positions_of(session: str) -> int:
        shown = gateway.fixgate("session-status", session, "--json")
        return int(json.loads(shown.stdout)[session]["position_subscriptions"])

    peer.send("AN", "710=S|724=0|263=1")
    answer = peer.until(lambda each: each[35] == "AO")[-1]
    assert (answer[710], answer[728], answer[727]) == ("S", "0", "0")
    assert positions_of(peer.comp_id) == 1
    for qty in ("0.01", "0.02"):
        peer.trade()
        told = next_report()
        assert (told[263], told[325], told[55], told[704]) == ("1", "Y", "BTC/USDT", qty)
        assert told[730], "it is valued"
    peer.send("AN", "710=S|724=0|263=2")
    peer.until(lambda each: each[35] == "AO" and each[728] == "0")
    assert positions_of(peer.comp_id) == 0
    peer.send("AN", "710=S|724=0|263=1")
    assert next_report()[727] == "1"
    peer.hang_up()
    while positions_of(peer.comp_id):
        pass


def test_a_venue_is_not_asked_without_a_gateway_or_a_reason(gateway: Gateway) -> None:
    assert "--reason is required" in gateway.fixgate("reconcile").stderr
    unknown = gateway.fixgate("reconcile", "--venue", "NOWHERE", "--reason", "x")
    assert "no venue is named NOWHERE" in unknown.stderr
    assert gateway.fixgate("positions", "--by", "colour").returncode == 2
    gateway.stop()
    refused = gateway.fixgate("reconcile", "--reason", "x")
    assert (refused.returncode, "and this needs one" in refused.stderr) == (
        1,
        True,
    )


async def said(desk: Desk, *arguments: str) -> str:
    """The last line of a command that must succeed."""
    done = await asyncio.to_thread(desk.gateway.fixgate, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]  # type: ignore[no-any-return]


async def test_binance_and_our_trades_agree_until_somebody_moves_money(tmp_path: Path) -> None:
    """Control 21. Fees in the base currency are no difference; a withdrawal is one of balances."""
    reconcile = ("reconcile", "--venue", "BINANCE", "--reason", "a test")
    async with a_desk(tmp_path, {}) as desk:
        name = a_name("buy")
        body = desk.peer.order_body(name, _207="BINANCE", _38="0.01", _40="1", _44=None)
        await asyncio.to_thread(desk.peer.send, "D", body)
        await asyncio.to_thread(desk.peer.until, lambda each: each[11] == name and each[39] == "2")
        assert await said(desk, *reconcile) == "Done: BINANCE: as our trades say"
        (before,) = await asyncio.to_thread(asked, desk.gateway, "positions")
        bought = Decimal("0.01") - Decimal(before["fees"]["BTC"])
        assert Decimal(before["qty"]) == bought < Decimal("0.01")
        (account,) = desk.double.exchange.accounts.values()
        account.balances.add("BTC", Decimal("-0.001"))
        line = await said(desk, *reconcile)
        assert re.search(r"BTC; by our trades it should be [0-9.]+$", line)
        (same,) = await asyncio.to_thread(asked, desk.gateway, "positions")
        assert same["qty"] == before["qty"]
        assert await said(desk, *reconcile) == "Done: BINANCE: as our trades say"
        # Sold by somebody else on the account.
        account.balances.add("BTC", Decimal("-0.004"))
        account.balances.add("USDT", Decimal("0.004") * Decimal(before["avg_px"]))
        line = await said(desk, *reconcile)
        assert "BTC; by our trades it should be" in line
        assert "BTC/USDT of DEMO is changed by -0.004" in line
        (after,) = await asyncio.to_thread(asked, desk.gateway, "positions")
        assert Decimal(after["qty"]) == bought - Decimal("0.004")
        assert (after["avg_px"], after["realised"]) == (before["avg_px"], before["realised"])
        assert await said(desk, *reconcile) == "Done: BINANCE: as our trades say"
        await asyncio.to_thread(desk.peer.send, "AN", "710=P1|724=0|207=BINANCE")
        *_, report = await asyncio.to_thread(desk.peer.until, lambda each: each[35] == "AP")
        assert Decimal(report[704]) == Decimal(after["qty"])
