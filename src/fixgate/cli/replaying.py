"""`fixgate replay`: today's code on yesterday's inputs, or recorded messages on another gateway.

Here: the command. Not here: comparing (replay_check), playing (playing_from, playing_to).
"""

from pathlib import Path
from typing import Annotated

import typer

from fixgate.cli.console import HERE, Home, load_configuration, usage
from fixgate.cli.playing_from import Chosen, from_file, from_journal
from fixgate.cli.playing_to import Way, address_of, password_of, play_all, speed_of
from fixgate.cli.records import Day, Since, Until, period
from fixgate.cli.replay_check import verify_replay


def replay(  # noqa: PLR0917 - typer gives every option by its name
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Another engine's message log.")
    ] = None,
    verify: Annotated[  # noqa: FBT002 - typer makes flags of them
        bool, typer.Option("--verify", help="Decide again and compare, byte for byte.")
    ] = False,
    to: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Play the client's messages there.")
    ] = None,
    day: Day = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=0, help="Differences shown.")] = 20,
    session: Annotated[str | None, typer.Option(help="Play this session alone.")] = None,
    speed: Annotated[
        str, typer.Option(help="1: as recorded; 10: ten times as fast; max: no waiting.")
    ] = "1",
    client: Annotated[
        str | None, typer.Option(help="With FILE: the SenderCompID whose messages are played.")
    ] = None,
    sender: Annotated[str | None, typer.Option(help="SenderCompID to use instead.")] = None,
    target: Annotated[str | None, typer.Option(help="TargetCompID to use instead.")] = None,
    suffix: Annotated[str, typer.Option(help="Put behind every ClOrdID.")] = "",
    username: Annotated[str | None, typer.Option(help="Username (553).")] = None,
    password_env: Annotated[
        str | None, typer.Option(help="Environment variable that holds the password.")
    ] = None,
    keep_sequence: Annotated[  # noqa: FBT002 - the same
        bool, typer.Option("--no-reset", help="Log on without ResetSeqNumFlag (141).")
    ] = False,
    dry_run: Annotated[  # noqa: FBT002 - the same
        bool, typer.Option("--dry-run", help="With --to: say what would be played.")
    ] = False,
    home: Home = HERE,
) -> int:
    """Decide recorded inputs again (--verify), or play recorded messages elsewhere (--to)."""
    if verify == (to is not None):
        usage("give --verify or --to HOST:PORT")
    since_ns, until_ns = period(day, since, until)
    if to is None:
        if file is not None:
            usage("--verify is about the journal, which has the inputs; a log of messages has not")
        return 1 if verify_replay(load_configuration(home), since_ns, until_ns, limit) else 0
    wanted = Chosen(session=session, client=client, since_ns=since_ns, until_ns=until_ns)
    sources = (
        from_file(file, wanted)
        if file is not None
        else from_journal(load_configuration(home), wanted)
    )
    return play_all(
        sources,
        Way(
            address=address_of(to),
            speed=speed_of(speed),
            sender=sender,
            target=target,
            suffix=suffix,
            username=username,
            password=password_of(password_env),
            reset=not keep_sequence,
        ),
        dry_run=dry_run,
    )
