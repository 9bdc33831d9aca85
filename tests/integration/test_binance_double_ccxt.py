"""The Binance double as ccxt sees it: the real library, its production URLs, TLS."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fixgate.doubles.binance import DEMO_API_KEY, DEMO_SECRET, BinanceDouble

ccxt = pytest.importorskip("ccxt.pro")

HOSTS = ("api.binance.com", "ws-api.binance.com", "stream.binance.com")
SYMBOL = "BTC/USDT"
LIMIT_S = 30


class _ToTheDouble(AbstractResolver):
    """Sends the hosts expected to the double; any other is an error."""

    def __init__(self, double: BinanceDouble) -> None:
        self._double = double

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in HOSTS:
            raise OSError(f"{host}:{port} is not expected in this test")
        return [
            ResolveResult(
                hostname=host,
                host=self._double.host,
                port=self._double.port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""


def _certificate(folder: Path) -> Path:
    """A self-signed certificate for the production host names, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "double")])
    now = datetime.now(UTC)  # noqa: TID251 - a certificate is valid in real time
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in HOSTS]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "double.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@asynccontextmanager
async def _ccxt_to_the_double(folder: Path) -> AsyncIterator[tuple[Any, BinanceDouble]]:
    pem = _certificate(folder)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(pem)
    trusting = ssl.create_default_context(cafile=str(pem))
    async with BinanceDouble(ssl_context=serving, step_s=0.05) as double:
        connector = aiohttp.TCPConnector(resolver=_ToTheDouble(double), ssl=trusting)
        async with aiohttp.ClientSession(connector=connector) as session:
            venue = ccxt.binance(
                {
                    "apiKey": DEMO_API_KEY,
                    "secret": DEMO_SECRET,
                    "session": session,
                    "enableRateLimit": False,
                    "options": {
                        "defaultType": "spot",
                        "fetchMarkets": {"types": ["spot"]},
                        "fetchCurrencies": False,
                        "fetchMargins": False,
                    },
                }
            )
            try:
                yield venue, double
            finally:
                await venue.close()


async def test_ccxt_trades_against_the_double_unmodified(tmp_path: Path):
    async with asyncio.timeout(LIMIT_S), _ccxt_to_the_double(tmp_path) as (venue, _):
        markets = await venue.load_markets()
        assert set(markets) == {"BTC/USDT", "ETH/USDT", "SOL/USDT"}
        watching = asyncio.create_task(venue.watch_orders())
        await venue.ensure_user_data_stream_ws_subscribe_signature("spot")
        params = {"clientOrderId": "fixgate1"}
        order = await venue.create_order(SYMBOL, "limit", "buy", 0.5, 45_000, params)
        assert (order["status"], order["clientOrderId"]) == ("open", "fixgate1")
        assert (await watching)[0]["clientOrderId"] == "fixgate1"
        found = await venue.fetch_order(order["id"], SYMBOL)
        assert (found["status"], found["amount"], found["price"]) == ("open", 0.5, 45_000)
        edited = await venue.edit_order(order["id"], SYMBOL, "limit", "buy", 0.4, 45_500)
        assert [each["id"] for each in await venue.fetch_open_orders(SYMBOL)] == [edited["id"]]
        assert (await venue.cancel_order(edited["id"], SYMBOL))["status"] == "canceled"
        trades = asyncio.create_task(venue.watch_my_trades())
        bought = await venue.create_order(SYMBOL, "market", "buy", 0.5)
        assert (bought["status"], bought["filled"]) == ("closed", 0.5)
        assert (await trades)[0]["order"] == bought["id"]
        mine = await venue.fetch_my_trades(SYMBOL)
        assert [each["order"] for each in mine] == [bought["id"]]
        assert (await venue.fetch_balance())["BTC"]["total"] == 100.4995


async def test_ccxt_watches_the_market_of_the_double(tmp_path: Path):
    async with asyncio.timeout(LIMIT_S), _ccxt_to_the_double(tmp_path) as (venue, _):
        await venue.load_markets()
        book = await venue.watch_order_book(SYMBOL)
        assert book["bids"][0][0] < book["asks"][0][0]
        first = book["nonce"]
        while (await venue.watch_order_book(SYMBOL))["nonce"] <= first:
            pass
        assert (await venue.watch_trades(SYMBOL))[0]["symbol"] == SYMBOL
        assert (await venue.watch_bids_asks([SYMBOL]))[SYMBOL]["bid"] > 0
        assert (await venue.fetch_ticker(SYMBOL))["last"] > 0


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((SYMBOL, "limit", "buy", 0.0001, 45_000), "BadRequest"),
        ((SYMBOL, "limit", "sell", 120, 55_000), "InsufficientFunds"),
        ((SYMBOL, "limit", "buy", 0.5, 55_000, {"postOnly": True}), "OrderImmediatelyFillable"),
    ],
)
async def test_ccxt_understands_the_refusals_of_the_double(
    tmp_path: Path, args: tuple[Any, ...], error: str
):
    async with asyncio.timeout(LIMIT_S), _ccxt_to_the_double(tmp_path) as (venue, _):
        await venue.load_markets()
        with pytest.raises(getattr(ccxt, error)):
            await venue.create_order(*args)


async def test_ccxt_places_orders_over_the_websocket_api_of_the_double(tmp_path: Path):
    async with asyncio.timeout(LIMIT_S), _ccxt_to_the_double(tmp_path) as (venue, _):
        await venue.load_markets()
        order = await venue.create_order_ws(SYMBOL, "limit", "sell", 0.5, 52_000)
        assert order["status"] == "open"
        assert (await venue.cancel_order_ws(order["id"], SYMBOL))["status"] == "canceled"
