"""`fixgate order`: send one order over FIX, or talk to the gateway.

Here: the command, and what it does with one order. Not here: the conversation (interactive).
"""

import asyncio
import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import (
    FAILED,
    HERE,
    Home,
    Problem,
    load_configuration,
    say,
    session_named,
    usage,
)
from fixgate.cli.ticket import BadTicket, Ticket, make_ticket

if TYPE_CHECKING:
    from fixgate.bootstrap.settings import Configuration, SessionFile
    from fixgate.cli.desk import Desk
    from fixgate.cli.fixsession import Identity

SESSION: Final = "TRADER"
"""Whose orders they are where nothing else is said."""

ANSWER_S: Final = 30.0
"""How long an answer is waited for. The order lives on when it does not come."""

ResetSequence = Annotated[
    bool,
    typer.Option("--reset-sequence", help="Both sides begin again at 1 (141=Y)."),
]


def order(  # noqa: PLR0917 - typer gives every option by its name
    side: Annotated[str | None, typer.Argument(help="buy or sell; nothing: interactive.")] = None,
    qty: Annotated[str | None, typer.Argument(help="Quantity in the base currency.")] = None,
    symbol: Annotated[str | None, typer.Argument(help="Such as BTC/USDT.")] = None,
    limit: Annotated[str | None, typer.Option(help="Limit price; without: market.")] = None,
    stop: Annotated[str | None, typer.Option(help="Stop price.")] = None,
    tif: Annotated[str | None, typer.Option(help="day, gtc, ioc, fok or gtd.")] = None,
    expire: Annotated[
        str | None, typer.Option(help="For gtd: 2030-12-31, or 2030-12-31T16:00 in UTC.")
    ] = None,
    post_only: Annotated[bool, typer.Option("--post-only", help="Never take.")] = False,  # noqa: FBT002
    trail: Annotated[
        str | None, typer.Option(help="Trailing stop: its distance, as 500, 50bp or 20ticks.")
    ] = None,
    iceberg: Annotated[str | None, typer.Option(help="Show no more than that at a time.")] = None,
    min_qty: Annotated[
        str | None, typer.Option(help="With ioc: at least that, or nothing.")
    ] = None,
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Only close.")] = False,  # noqa: FBT002
    leverage: Annotated[str | None, typer.Option(help="Of a perpetual, such as 5.")] = None,
    stop_loss: Annotated[
        str | None, typer.Option(help="Where what it trades is taken back at a loss.")
    ] = None,
    take_profit: Annotated[str | None, typer.Option(help="And where at a profit.")] = None,
    self_trade: Annotated[
        str | None, typer.Option(help="Who gives way to oneself: newest, oldest, both.")
    ] = None,
    venue: Annotated[str | None, typer.Option(help="Where to; default: the session's.")] = None,
    account: Annotated[str | None, typer.Option(help="Default: the session's.")] = None,
    session: Annotated[str, typer.Option(help="Which of sessions/*.toml.")] = SESSION,
    host: Annotated[str | None, typer.Option(help="Default: as configured.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Default: same.")] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to watch an order that rests.")] = 1.0,
    password_env: Annotated[
        str | None, typer.Option(help="Environment variable that holds the password.")
    ] = None,
    reset_sequence: ResetSequence = False,  # noqa: FBT002
    home: Home = HERE,
) -> int:
    """Send an order over FIX and show its reports; without arguments, interactively."""
    options = _options(
        limit=limit, stop=stop, tif=tif, expire=expire, venue=venue, account=account, trail=trail,
        iceberg=iceberg, min_qty=min_qty, leverage=leverage, self_trade=self_trade,
        stop_loss=stop_loss, take_profit=take_profit,
        post_only="" if post_only else None, reduce_only="" if reduce_only else None,
    )  # fmt: skip
    ticket = _ticket(side, qty, symbol, options)
    configuration = load_configuration(home)
    file = session_named(configuration, session)
    identity = _identity(configuration, file, password_env, reset=reset_sequence)
    address = (host or _reachable(configuration.gateway.fix.host), _port(configuration, port))
    path = configuration.data_dir / "client" / f"{file.name}.jsonl"
    try:
        return asyncio.run(_session(identity, address, path, ticket, wait))
    except KeyboardInterrupt:
        say("interrupted; an order that was accepted lives on", "red")
        return FAILED


def _options(**given: str | None) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items() if value is not None}


def _ticket(
    side: str | None, qty: str | None, symbol: str | None, options: dict[str, str]
) -> Ticket | None:
    if side is None:
        if options:
            usage("say what to do: buy or sell, a quantity, a symbol")
        return None
    if qty is None or symbol is None:
        usage("an order needs buy or sell, a quantity and a symbol, as in: buy 0.5 BTC/USDT")
    try:
        return make_ticket(side, qty, symbol, options)
    except BadTicket as bad:
        usage(str(bad))


def _identity(
    configuration: "Configuration", file: "SessionFile", password_env: str | None, *, reset: bool
) -> "Identity":
    from fixgate.cli.fixsession import Identity  # noqa: PLC0415 - with its fellows below

    return Identity(
        begin_string=file.version.value,
        sender_comp_id=file.target_comp_id,
        target_comp_id=file.sender_comp_id or configuration.gateway.fix.comp_id,
        username=file.username,
        password=None if file.username is None else _password(file, password_env),
        reset=reset,
    )


def _password(file: "SessionFile", password_env: str | None) -> str:
    variable = password_env or file.password_env
    if variable is not None:
        password = os.environ.get(variable)
        if password is None:
            usage(
                f"the environment variable {variable} with the password of {file.name} is not set"
            )
        return password
    if not sys.stdin.isatty():
        usage(f"session {file.name} has a password: name a variable with --password-env")
    return str(typer.prompt(f"Password of {file.name}", hide_input=True))


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _port(configuration: "Configuration", given: int | None) -> int:
    port = given or configuration.gateway.fix.port
    if port == 0:
        usage("the configuration lets the gateway choose its port: give it with --port")
    return port


async def _session(
    identity: "Identity",
    address: tuple[str, int],
    path: "os.PathLike[str]",
    ticket: Ticket | None,
    wait_s: float,
) -> int:
    from pathlib import Path  # noqa: PLC0415 - only its type is needed above

    from fixgate.cli.desk import Desk  # noqa: PLC0415 - not needed for --help
    from fixgate.cli.fixclient import Ended, FixClient, Refused  # noqa: PLC0415
    from fixgate.cli.fixstore import ClientStore, StoreProblem  # noqa: PLC0415
    from fixgate.cli.interactive import talk  # noqa: PLC0415

    try:
        store = ClientStore.open(Path(path))
    except StoreProblem as problem:
        raise Problem(str(problem)) from None
    with closing(store):
        try:
            client = await FixClient.connect(identity, store, address, now_ns=SystemClock().now_ns)
        except Refused as refused:
            raise Problem(str(refused)) from None
        async with client, Desk(client, store, now_ns=SystemClock().now_ns, say=say) as desk:
            try:
                return await (
                    talk(desk) if ticket is None else _place(desk, ticket, wait_s, Path(path).stem)
                )
            except Ended as ended:
                raise Problem(
                    f"the session ended: {ended}. Orders live on; `fixgate orders` shows them"
                ) from None


async def _place(desk: "Desk", ticket: Ticket, wait_s: float, session: str) -> int:
    """Send it and wait for what is to be expected of it; the exit status."""
    placed = desk.place(ticket)
    name = placed.cl_ord_id
    again = "fixgate order" if session == SESSION else f"fixgate order --session {session}"

    def answered() -> bool:
        return placed.ord_status not in ("?", "A") or name in desk.refused

    def over() -> bool:
        return placed.is_over or name in desk.refused

    if not await desk.until(answered, ANSWER_S):
        raise Problem(
            f"no answer within {ANSWER_S:g} seconds. The order may be alive: start "
            f"`{again}` and type: status {name}"
        )
    await desk.until(over, wait_s if ticket.may_rest else ANSWER_S)
    if not placed.is_over and name not in desk.refused:
        say(f"The order rests. To change or cancel it: {again}, then: cancel {name}")
    return FAILED if name in desk.refused or placed.ord_status == "8" else 0
