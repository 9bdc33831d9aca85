"""Prices of a venue outside the process, from its stream to a client's book."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from fakes.market_reader import MarketReader, pairs_of
from fixgate.doubles.binance import BinanceDouble, Fault, FaultKind
from integration.binance_desk import a_desk
from integration.gateway_process import Gateway
from integration.raw_peer import Peer

BTC = "BTC/USDT"


def let_in(gateway: Gateway) -> None:
    """A session for prices is added while the gateway runs."""
    path = gateway.home / "sessions" / "marketdata.toml"
    path.write_text(path.read_text().replace("enabled = false", "enabled = true"))
    done = gateway.fixgate("reload")
    assert done.returncode == 0, done.stderr


def take_until(peer: Peer, reader: MarketReader, holds: Callable[[], bool]) -> None:
    """Let the reader take what comes until something holds."""
    while not holds():
        said = peer.receive()
        if said[35] in ("W", "X"):
            reader.take(pairs_of(said.raw))


def book_of(double: BinanceDouble) -> object:
    """The exchange's own."""
    depth = double.exchange.engine.depth("BTCUSDT", 200)
    return depth.bids, depth.asks


async def test_a_client_has_the_exchanges_book_and_is_told_when_it_does_not_hold(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, {}) as desk:
        await asyncio.to_thread(let_in, desk.gateway)
        peer, reader = Peer("MARKET44"), MarketReader()

        async def until(holds: Callable[[], bool]) -> None:
            await asyncio.to_thread(take_until, peer, reader, holds)

        try:
            await asyncio.to_thread(peer.log_on, desk.gateway.port)
            body = f"262=a|263=1|264=0|265=1|267=2|269=0|269=1|146=1|55={BTC}|207=BINANCE"
            await asyncio.to_thread(peer.send, "V", body)
            await until(lambda: reader.book() == book_of(desk.double))
            for _ in range(3):
                desk.double.step()
                await until(lambda: reader.book() == book_of(desk.double))
            desk.double.faults.add("GET /api/v3/depth", Fault(kind=FaultKind.HOLD))
            desk.double.hub.cut_market()
            await until(lambda: reader.why_not is not None)
            assert reader.why_not == "no live prices from BINANCE"
            assert reader.book() == ((), ())
            shown = await asyncio.to_thread(desk.gateway.fixgate, "book", BTC, "--venue", "BINANCE")
            assert shown.returncode == 1
            assert "no live prices" in shown.stderr
            desk.double.step()
            await desk.double.faults.wait_held()
            desk.double.faults.release()
            await until(lambda: reader.book() == book_of(desk.double))
            assert reader.why_not is None
        finally:
            peer.hang_up()
