"""Market data sessions of a real gateway: subscribed, rebuilt, refused, slow, and gone."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.market_reader import MarketReader, pairs_of
from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import LIMIT_S, Peer, a_name, sending_time

BTC, ETH = "BTC/USDT", "ETH/USDT"
Side = tuple[tuple[Decimal, Decimal], ...]


def standing(home: Path) -> None:
    """The market moves only by the orders it gets."""
    path = home / "config" / "venues.toml"
    path.write_text(path.read_text().replace("step_ms = 250", "step_ms = 0"))


def sessions(home: Path) -> None:
    """One in each version."""
    path = home / "sessions" / "marketdata.toml"
    text = path.read_text().replace("enabled = false", "enabled = true")
    path.write_text(text)
    deaf = text.replace("MARKET44", "DEAF44").replace("stalled_s = 30.0", "stalled_s = 1.0")
    (home / "sessions" / "deaf44.toml").write_text(deaf)
    text = text.replace("MARKET44", "MARKET42")
    (home / "sessions" / "marketdata42.toml").write_text(text.replace("FIX.4.4", "FIX.4.2"))


@pytest.fixture(params=["FIX.4.2", "FIX.4.4"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    one = Gateway(make_home(tmp_path_factory.mktemp("home")))
    standing(one.home)
    sessions(one.home)
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(one.home)
    assert not [each for each in one.errors if "Traceback" in each], one.errors


def logged_on(gateway: Gateway, comp_id: str, version: str) -> Iterator[Peer]:
    """A client that begins at 1, and leaves."""
    one = Peer(comp_id, version)
    one.log_on(gateway.port, "98=0|108=30|141=Y")
    yield one
    one.hang_up()


@pytest.fixture
def reader(gateway: Gateway, version: str) -> Iterator[Peer]:
    yield from logged_on(gateway, f"MARKET{version[4]}{version[6]}", version)


@pytest.fixture
def trader(gateway: Gateway) -> Iterator[Peer]:
    yield from logged_on(gateway, "DEMO44", "FIX.4.4")


def ask(
    peer: Peer,
    md_req_id: str,
    *symbols: str,
    wish: str = "1",
    depth: int = 0,
    update: str | None = "1",
    types: str = "01",
    more: str = "",
) -> None:
    """A MarketDataRequest."""
    body = f"262={md_req_id}|263={wish}|264={depth}|"
    body += "" if update is None else f"265={update}|"
    body += more + f"267={len(types)}|" + "".join(f"269={each}|" for each in types)
    body += f"146={len(symbols)}|" + "|".join(f"55={each}" for each in symbols)
    peer.send("V", body)


def until(peer: Peer, reader: MarketReader, holds: Callable[[], bool]) -> None:
    """Let the reader take what comes until something holds."""
    while not holds():
        said = peer.receive()
        if said[35] in ("W", "X"):
            reader.take(pairs_of(said.raw))


def venue_book(gateway: Gateway, symbol: str = BTC, levels: int = 200) -> tuple[Side, Side]:
    """The book as the gateway has it."""
    named = ("--venue", "SIM", "--levels", str(levels), "--json")
    done = gateway.fixgate("book", symbol, *named)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["books"]
    return tuple(  # type: ignore[return-value] # two sides
        tuple((Decimal(px), Decimal(qty)) for px, qty in found[side]) for side in ("bids", "offers")
    )


def rest(trader: Peer, px: str) -> str:
    """An order that rests in the book."""
    cl_ord_id = a_name()
    trader.send("D", trader.order_body(cl_ord_id, _44=px))
    trader.until(lambda said: said[11] == cl_ord_id and said[39] == "0")
    return cl_ord_id


def cancel(trader: Peer, cl_ord_id: str) -> None:
    """Take it out again."""
    trader.send("F", f"11={a_name()}|41={cl_ord_id}|54=1|55={BTC}|60={sending_time()}")
    trader.until(lambda said: said[39] == "4")


def rejected(peer: Peer) -> tuple[str, str]:
    """281 and 58 of the next MarketDataRequestReject."""
    said = peer.until(lambda said: said[35] == "Y")[-1]
    return said[281], said[58]


def test_a_book_rebuilt_from_w_and_x_is_the_venues(
    gateway: Gateway, reader: Peer, trader: Peer
) -> None:
    rebuilt = MarketReader()
    ask(reader, "book", BTC)
    until(reader, rebuilt, lambda: rebuilt.snapshots == 1)
    assert rebuilt.book() == venue_book(gateway)
    for px in ("48000", "48001", "47999.5"):
        rest(trader, px)
    trader.trade()
    cancel(trader, rest(trader, "48002"))
    book = venue_book(gateway)
    until(reader, rebuilt, lambda: rebuilt.book() == book)
    assert rebuilt.snapshots == 1
    assert rebuilt.changes >= 1


def test_a_depth_of_one_follows_the_best_prices_only(
    gateway: Gateway, reader: Peer, trader: Peer
) -> None:
    rebuilt = MarketReader()
    ask(reader, "top", BTC, depth=1)
    until(reader, rebuilt, lambda: rebuilt.snapshots == 1)
    assert [len(side) for side in rebuilt.book()] == [1, 1]
    bid = rebuilt.book()[0][0][0]
    rest(trader, "47000")  # far below: nobody is told
    better = str(bid + Decimal("0.5"))
    mine = rest(trader, better)
    until(reader, rebuilt, lambda: rebuilt.book()[0][0][0] == Decimal(better))
    assert rebuilt.book() == venue_book(gateway, levels=1)
    assert rebuilt.changes == 1
    cancel(trader, mine)
    until(reader, rebuilt, lambda: rebuilt.book()[0][0][0] == bid)


def test_a_full_refresh_each_time_is_sent_to_who_asks_for_it(
    gateway: Gateway, reader: Peer, trader: Peer
) -> None:
    rebuilt = MarketReader()
    ask(reader, "full", BTC, depth=5, update="0")
    until(reader, rebuilt, lambda: rebuilt.snapshots == 1)
    trader.trade()
    book = venue_book(gateway, levels=5)
    until(reader, rebuilt, lambda: rebuilt.book() == book)
    assert (rebuilt.changes, rebuilt.snapshots) == (0, 2)


def test_trades_are_told_with_price_size_and_time(reader: Peer, trader: Peer) -> None:
    rebuilt = MarketReader()
    ask(reader, "trades", BTC, types="2")
    until(reader, rebuilt, lambda: rebuilt.snapshots == 1)
    before = len(rebuilt.trades)
    fill = trader.trade()
    until(reader, rebuilt, lambda: len(rebuilt.trades) > before)
    assert rebuilt.trades[before] == (Decimal(fill[31]), Decimal(fill[32]))
    assert re.search(r"\x01272=\d{8}\x01273=\d\d:\d\d:\d\d\.\d{3}\x01", reader.received[-1].text)
    assert rebuilt.left_out == 0


def test_a_snapshot_is_sent_once_and_its_id_is_free_again(reader: Peer, trader: Peer) -> None:
    for _ in range(2):
        ask(reader, "once", BTC, ETH, wish="0", update=None)
        symbols = {reader.until(lambda said: said[35] == "W")[-1][55] for _ in range(2)}
        assert symbols == {BTC, ETH}
    trader.trade()
    reader.send("1", "112=now")
    assert [each[35] for each in reader.until(lambda said: said[112] == "now")] == ["0"]


def test_after_an_unsubscription_nothing_comes(reader: Peer, trader: Peer) -> None:
    ask(reader, "a", BTC)
    reader.until(lambda said: said[35] == "W")
    ask(reader, "a", BTC, wish="2")
    trader.trade()
    ask(reader, "b", ETH, wish="0")
    assert [each[262] for each in reader.until(lambda said: said[35] == "W")] == ["b"]
    ask(reader, "a", BTC, wish="2")
    assert rejected(reader) == ("", "there is no subscription a")


def test_what_cannot_be_served_is_refused_and_says_why(reader: Peer) -> None:
    ask(reader, "a", "NO/SUCH")
    assert rejected(reader) == ("0", "NO/SUCH is not known at SIM")
    ask(reader, "a", BTC + "|207=NOWHERE")
    assert rejected(reader) == ("0", f"{BTC} is not known at NOWHERE")
    ask(reader, "a", BTC)
    reader.until(lambda said: said[35] == "W")
    ask(reader, "a", ETH)
    assert rejected(reader) == ("1", "MDReqID (262) a is in use")
    ask(reader, "b", BTC, depth=201)
    assert rejected(reader)[0] == "5"
    ask(reader, "b", BTC, types="017")
    assert rejected(reader)[0] == "8"
    ask(reader, "b", BTC, more="266=N|")
    assert rejected(reader)[0] == "7"
    reader.send("V", f"262={'x' * 65}|263=1|264=0|265=1|267=1|269=0|146=1|55={BTC}")
    said = reader.until(lambda said: said[35] == "3")[-1]
    assert (said[371], said[373]) == ("262", "5")


def test_orders_are_not_taken_on_it_and_prices_not_on_an_order_session(
    reader: Peer, trader: Peer, version: str
) -> None:
    reader.send("D", reader.order_body(a_name()))
    said = reader.until(lambda said: said[35] == "j")[-1]
    assert said[380] == ("3" if version == "FIX.4.2" else "6")
    ask(trader, "a", BTC)
    said = trader.until(lambda said: said[35] == "j")[-1]
    assert (said[372], said[380]) == ("V", "6")


def test_what_was_sent_is_not_sent_again_but_its_numbers_are_filled(
    gateway: Gateway, reader: Peer, trader: Peer
) -> None:
    rebuilt = MarketReader()
    ask(reader, "a", BTC)
    until(reader, rebuilt, lambda: rebuilt.snapshots == 1)
    trader.trade()
    book = venue_book(gateway)
    until(reader, rebuilt, lambda: rebuilt.book() == book)
    last = int(reader.received[-1][34])
    reader.send("2", "7=1|16=0")
    filled = reader.until(lambda said: said[35] == "4" and int(said[36]) > last)
    assert {(each[35], each[43]) for each in filled} == {("4", "Y")}


def test_numbers_go_on_after_a_kill_and_a_client_that_is_back_subscribes_again(
    gateway: Gateway, reader: Peer, trader: Peer
) -> None:
    ask(reader, "a", BTC)
    reader.until(lambda said: said[35] == "W")
    trader.trade()
    last = int(reader.until(lambda said: said[35] == "X")[-1][34])
    reader.hang_up()
    gateway.kill()
    gateway.start()
    answer = reader.log_on(gateway.port)
    assert int(answer[34]) > last
    reader.send("2", f"7={last + 1}|16=0")
    reader.until(lambda said: said[35] == "4" and int(said[36]) > int(answer[34]))
    ask(reader, "a", BTC)
    reader.until(lambda said: said[35] == "W")


def test_the_record_has_the_requests_and_a_digest_of_what_was_sent(
    gateway: Gateway, reader: Peer, trader: Peer
) -> None:
    ask(reader, "a", BTC)
    reader.until(lambda said: said[35] == "W")
    trader.trade()
    reader.until(lambda said: said[35] == "X")
    reader.log_out()
    done = gateway.fixgate("log", "--session", reader.comp_id, "--format", "json", "--last", "9")
    assert "263=1" in done.stdout, done.stdout
    assert len(re.findall("SHA-256", done.stdout)) >= 1, done.stdout


def test_the_command_shows_a_book_and_says_what_it_needs(gateway: Gateway) -> None:
    (bid, _), *_ = venue_book(gateway)[0]
    shown = gateway.fixgate("book", BTC, "--venue", "SIM", "--levels", "3")
    assert shown.returncode == 0, shown.stderr
    assert f"{BTC} at SIM" in shown.stdout
    assert str(bid) in shown.stdout
    every = gateway.fixgate("book", BTC, "--levels", "1")
    assert every.returncode == 0, every.stderr
    assert [f"{BTC} at {each}, " in every.stdout for each in ("SIM", "SIM2")] == [True, True]
    for arguments, status, why in (
        (("NO/SUCH",), 1, "NO/SUCH is not known at any venue"),
        ((BTC, "--venue", "X"), 2, "no venue X; there are: SIM, SIM2"),
        (("NO/SUCH", "--venue", "SIM"), 1, "NO/SUCH is not known at SIM"),
    ):
        done = gateway.fixgate("book", *arguments)
        assert (done.returncode, done.stdout) == (status, ""), done
        assert why in done.stderr


def test_a_quickfix_client_finds_every_message_in_order_and_rebuilds_the_book(
    gateway: Gateway, trader: Peer, version: str, tmp_path: Path
) -> None:
    comp_id = f"MARKET{version[4]}{version[6]}"
    script = Path(__file__).parent / "price_initiator.py"
    command = [sys.executable, str(script), str(gateway.port), comp_id, version, str(tmp_path), BTC]
    rebuilt = MarketReader()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        try:

            def take() -> None:
                said = json.loads(client.stdout.readline())
                entries = [pair for each in said["entries"] for pair in each.items()]
                rebuilt.take([("35", said["type"]), ("268", str(len(said["entries"]))), *entries])

            take()
            assert (rebuilt.snapshots, rebuilt.book()) == (1, venue_book(gateway))
            mine = rest(trader, "48010")
            fill = trader.trade()
            cancel(trader, mine)
            book = venue_book(gateway)
            while rebuilt.book() != book or (Decimal(fill[31]), Decimal(fill[32])) not in (
                rebuilt.trades
            ):
                take()
        finally:
            client.communicate("end\n", timeout=LIMIT_S)


def test_who_does_not_read_is_disconnected_and_nobody_else_notices(
    gateway: Gateway, reader: Peer, trader: Peer
) -> None:
    """It has subscribed to more than its socket holds, and takes nothing."""
    deaf = Peer("DEAF44")
    deaf.log_on(gateway.port, "98=0|108=30|141=Y")
    for number in range(400):
        ask(deaf, f"deaf{number}", BTC, update="0")
    rebuilt = MarketReader()
    ask(reader, "book", BTC)
    gone = threading.Event()

    def trade() -> None:
        while not gone.is_set():
            trader.trade()

    def watch() -> None:
        limit = time.monotonic() + 3 * LIMIT_S
        while time.monotonic() < limit and not gone.is_set():
            log = gateway.fixgate("log", "--session", "DEAF44", "--last", "3", "--format", "json")
            if "does not read" in log.stdout:
                gone.set()

    threads = [threading.Thread(target=each) for each in (trade, watch)]
    for each in threads:
        each.start()
    try:
        until(reader, rebuilt, gone.is_set)
    finally:
        gone.set()
        for each in threads:
            each.join()
        deaf.hang_up()
    book = venue_book(gateway)
    until(reader, rebuilt, lambda: rebuilt.book() == book)


def test_a_moving_market_is_followed_by_many_subscriptions_at_once(tmp_path: Path) -> None:
    """Each book, however it was conflated, is one that the venue had, and in the end the last."""
    gateway = Gateway(make_home(tmp_path))
    sessions(gateway.home)
    path = gateway.home / "config" / "venues.toml"
    path.write_text(path.read_text().replace("step_ms = 250", "step_ms = 20"))
    gateway.start()
    peer = Peer("MARKET44")
    try:
        peer.log_on(gateway.port)
        readers = {f"{n}": MarketReader() for n in range(300)}
        for md_req_id in readers:
            ask(peer, md_req_id, (BTC, ETH)[int(md_req_id) % 2], depth=int(md_req_id) % 9 + 1)
        while any(each.changes < 5 for each in readers.values()):
            said = peer.receive()
            if said[35] in ("W", "X"):
                reader = readers[said[262]]
                reader.take(pairs_of(said.raw))
                bids, offers = reader.book()
                assert len(bids) == len(offers) == int(said[262]) % 9 + 1
                assert bids[0][0] < offers[0][0]
        assert all(each.snapshots == 1 for each in readers.values())
    finally:
        peer.hang_up()
        gateway.kill()
    assert not [each for each in gateway.errors if "Traceback" in each], gateway.errors
