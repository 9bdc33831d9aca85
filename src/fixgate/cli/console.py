"""What all commands share: the home folder, the configuration, the terminal.

Here: Problem, Home, load_configuration(), the consoles.
Not here: any one command.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from fixgate.adapters.store.reader import Reader
    from fixgate.bootstrap.settings import Configuration, SessionFile

FAILED: Final = 1
USAGE: Final = 2
_WIDTH_OF_FILES: Final = 240  # where no terminal says how wide a line may be
_WIDTH_MAX: Final = 2_000

Home = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="FIXGATE_HOME",
        metavar="DIR",
        help="Folder with config/ and sessions/.",
        show_default="the current folder",
    ),
]
HERE: Final = Path()


class Problem(Exception):  # noqa: N818 - it is printed as one line, not raised at anybody
    """Ends the command with one line on stderr and an exit status."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


def usage(message: str) -> NoReturn:
    """End the command because of what was typed."""
    raise Problem(message, USAGE)


def console() -> Console:
    """The terminal, or whatever stdout is. Text is never taken for markup."""
    width = None if sys.stdout.isatty() else _WIDTH_OF_FILES
    return Console(markup=False, highlight=False, emoji=False, width=width)


def show(shown: Table) -> None:
    """Print a table whole; a terminal that is too narrow breaks its lines, nothing is cut."""
    screen = console()
    needed = Measurement.get(screen, screen.options.update(width=_WIDTH_MAX), shown).maximum
    screen.width = max(screen.width, needed)
    screen.print(shown, soft_wrap=True)


def say(text: str = "", style: str = "") -> None:
    """Print a line as it is, however long."""
    console().print(Text(text, style=style), soft_wrap=True)


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A table in the house's looks; the columns in ``right`` hold numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for name in columns:
        justify = "right" if name in right else "left"
        made.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    return made


def load_configuration(home: Path, *, status: int = USAGE) -> "Configuration":
    """Read the configuration, or end the command with what is wrong with it."""
    from fixgate.bootstrap.loading import ConfigurationError, load  # noqa: PLC0415 - 0.2 s

    try:
        return load(home)
    except ConfigurationError as error:
        raise Problem(str(error), status) from None


def session_named(configuration: "Configuration", name: str) -> "SessionFile":
    """A session of the configuration, or end the command with the names there are."""
    for session in configuration.sessions:
        if session.name == name:
            return session
    names = ", ".join(each.name for each in configuration.sessions)
    usage(f"no session is named {name}; there are: {names}")


def open_journal(configuration: "Configuration") -> "Reader":
    """The journal of the configuration, to read; or end the command."""
    from fixgate.adapters.store.errors import StoreUnusable  # noqa: PLC0415 - 0.3 s
    from fixgate.bootstrap.loading import ConfigurationError  # noqa: PLC0415 - the same
    from fixgate.bootstrap.stores import open_to_read  # noqa: PLC0415 - the same

    try:
        return open_to_read(configuration)
    except (StoreUnusable, ConfigurationError) as error:
        raise Problem(str(error)) from None
