"""`fixgate double`: a server on this machine that plays a venue.

Here: the command and what it tells the person. Not here: the server (doubles).
"""

import asyncio
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import HERE, Home, Problem, load_configuration, say, usage

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from fixgate.doubles.binance import BinanceDouble

_HOW = """\
Binance spot is played at {url} (host names are ignored). Stop it with Ctrl-C.

To trade on it, put this into config/venues.toml in place of the venue named BINANCE:

    [[venue]]
    kind = "ccxt"
    name = "BINANCE"
    exchange = "binance"
    environment = "testnet"
    api_key_env = "BINANCE_API_KEY"
    api_secret_env = "BINANCE_API_SECRET"
    symbols = ["BTC/USDT", "ETH/USDT"]
    redirect_host = "{host}"
    redirect_port = {port}
    redirect_ca_file = "{ca_file}"

and start the gateway with the key and secret that this server takes:

    BINANCE_API_KEY={key} BINANCE_API_SECRET={secret} make run

Then: .venv/bin/fixgate order buy 0.01 BTC/USDT --limit 50000 --tif gtc --venue BINANCE"""


def double(
    venue: Annotated[str, typer.Argument(help="binance")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = 8443,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    home: Home = HERE,
) -> None:
    """Start a server that speaks a venue's protocol, to try the real adapter offline."""
    if venue != "binance":
        usage(f"there is no double of {venue}; there is: binance")
    folder = (load_configuration(home).data_dir / "double").resolve()
    from fixgate.cli.certificate import (  # noqa: PLC0415 - 0.2 s
        BINANCE_HOSTS,
        ca_file,
        venue_certificate,
    )

    now = datetime.fromtimestamp(SystemClock().now_ns() // 1_000_000_000, tz=UTC)
    try:
        context = venue_certificate(folder, BINANCE_HOSTS, now)
    except OSError as error:
        raise Problem(f"{folder}: {error.strerror or error}") from None
    try:
        asyncio.run(_serve(host, port, context, ca_file(folder)))
    except OSError as error:
        raise Problem(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


async def _serve(host: str, port: int, context: "ssl.SSLContext", ca: "Path") -> None:
    from fixgate.doubles.binance import (  # noqa: PLC0415 - aiohttp, 0.3 s
        DEMO_API_KEY,
        DEMO_SECRET,
        run,
    )

    def ready(server: "BinanceDouble") -> None:
        say(
            _HOW.format(
                url=server.url,
                host=host,
                port=server.port,
                ca_file=ca,
                key=DEMO_API_KEY,
                secret=DEMO_SECRET,
            )
        )

    serving = asyncio.ensure_future(run(host, port, ssl_context=context, ready=ready))
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, serving.cancel)
    await asyncio.wait({serving})
    if not serving.cancelled():
        serving.result()
