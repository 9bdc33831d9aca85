"""`fixgate run`: the gateway in the foreground.

Here: the command. Not here: how the gateway is built (bootstrap.gateway).
"""

from typing import Annotated

import typer

from fixgate.cli.console import HERE, Home, load_configuration


def run(
    standby: Annotated[  # noqa: FBT002 - an option of the command line
        bool, typer.Option("--standby", help="Wait while another gateway has the journal.")
    ] = False,
    home: Home = HERE,
) -> int:
    """Start the gateway; stop it with Ctrl-C or SIGTERM."""
    configuration = load_configuration(home)
    from fixgate.bootstrap.gateway import run as run_gateway  # noqa: PLC0415 - 1 s of imports

    return run_gateway(configuration, announce=_print_line, standby=standby)


def _print_line(line: str) -> None:
    # Flushed at once: a supervisor may wait for a line.
    print(line, flush=True)  # noqa: T201 - what the command is for
