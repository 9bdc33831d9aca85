"""`fixgate demo`: the command.

Here: its options and its course. Not here: the parts (demo).
"""

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fixgate.cli.console import FAILED, HERE, Home, Problem, load_configuration, say, show

if TYPE_CHECKING:
    from fixgate.cli.demo.trader import RandomTrader

_SESSIONS: Final = (
    ("ALPHA42", "FIX.4.2"),
    ("BRAVO44", "FIX.4.4"),
    ("CHARLIE42", "FIX.4.2"),
    ("DELTA44", "FIX.4.4"),
)
_SHOWN_MAX: Final = 20


def demo(
    seconds: Annotated[float, typer.Option(min=1, help="How long the clients trade.")] = 60.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same intentions.")] = 1,
    rate: Annotated[float, typer.Option(min=0.1, help="Messages per second and client.")] = 20.0,
    home: Home = HERE,
) -> int:
    """Run a gateway and four clients with random orders, and compare what both ends say."""
    configuration = load_configuration(home)
    dictionaries = configuration.path(configuration.gateway.fix.dictionaries)
    with tempfile.TemporaryDirectory(prefix="fixgate-demo-") as folder:
        return asyncio.run(_demo(Path(folder), dictionaries, seconds, seed, rate))


async def _demo(folder: Path, dictionaries: Path, seconds: float, seed: int, rate: float) -> int:
    from fixgate.cli.demo.gateway import (  # noqa: PLC0415 - only here
        GatewayFailed,
        GatewayProcess,
        make_home,
    )

    make_home(folder, dictionaries=dictionaries, seed=seed, sessions=_SESSIONS)
    try:
        gateway = await GatewayProcess.start(folder)
        try:
            host, port = gateway.address
            say(f"The gateway listens on {host}:{port}. {len(_SESSIONS)} clients trade for")
            say(f"{seconds:g} seconds at {rate:g} messages per second each.")
            traders = await _trade((host, port), seconds, seed, rate)
            status = await gateway.stop()
        finally:
            await gateway.kill()
    except GatewayFailed as failed:
        raise Problem(str(failed)) from None
    found = [] if status == 0 else [f"the gateway ended with status {status}: {gateway.last_words}"]
    found += _audited(folder, traders)
    _show(traders, seconds, found)
    return FAILED if found else 0


async def _trade(
    address: tuple[str, int], seconds: float, seed: int, rate: float
) -> "list[RandomTrader]":
    from contextlib import AsyncExitStack  # noqa: PLC0415 - only here
    from random import Random  # noqa: PLC0415 - only here

    from fixgate.adapters.clock import SystemClock  # noqa: PLC0415 - only here
    from fixgate.cli.demo.trader import RandomTrader  # noqa: PLC0415 - only here
    from fixgate.cli.fixclient import FixClient, Refused  # noqa: PLC0415 - only here
    from fixgate.cli.fixsession import Identity  # noqa: PLC0415 - only here
    from fixgate.cli.fixstore import ClientStore  # noqa: PLC0415 - only here

    now_ns = SystemClock().now_ns
    traders = []
    async with AsyncExitStack() as open_clients:
        for number, (name, version) in enumerate(_SESSIONS):
            who = Identity(begin_string=version, sender_comp_id=name, target_comp_id="FIXGATE")
            try:
                client = await FixClient.connect(who, ClientStore(), address, now_ns=now_ns)
            except Refused as refused:
                raise Problem(str(refused)) from None
            await open_clients.enter_async_context(client)
            random = Random(seed * 1_000 + number)  # noqa: S311 - orders, not secrets
            traders.append(RandomTrader(name, client, random, now_ns))
        until_s = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(each.trade(until_s, rate) for each in traders))
    return traders


def _audited(folder: Path, traders: "list[RandomTrader]") -> list[str]:
    from fixgate.adapters.store.reader import Reader  # noqa: PLC0415 - 0.3 s
    from fixgate.cli.demo.audit import differences  # noqa: PLC0415 - with it

    reader = Reader(folder / "var" / "journal.db")
    try:
        found = [line for each in traders for line in differences(reader, each.seen, each.orders)]
    finally:
        reader.close()
    return found + [
        f"{each.seen.session}: order {order.cl_ord_id} is still working"
        for each in traders
        for order in each.still_working
    ]


def _show(traders: "list[RandomTrader]", seconds: float, found: list[str]) -> None:
    from fixgate.cli.demo.summary import summary  # noqa: PLC0415 - only here

    statuses = [order.ord_status for each in traders for order in each.orders]
    for made in summary([each.seen for each in traders], seconds, statuses):
        say()
        show(made)
    say()
    if not found:
        say("Every message was answered, and the journal says what the clients saw.", "green")
        return
    for line in found[:_SHOWN_MAX]:
        say(line, "red")
    if len(found) > _SHOWN_MAX:
        say(f"and {len(found) - _SHOWN_MAX} more", "red")
