"""`fixgate rotate-keys` and `fixgate master-key`: the credentials of venues.

Here: sealing a venue's key file, sealing it under another master key, replacing what is in it.
Not here: how a file is sealed (adapters.venues.key_file). A key is never printed, but for the new
master key, which nobody has yet.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.cli.console import FAILED, HERE, Home, Problem, load_configuration, say, usage
from fixgate.cli.operating import Command, DryRun, Person, Reason

if TYPE_CHECKING:
    from fixgate.adapters.venues.settings import Credentials
    from fixgate.bootstrap.settings import Configuration

_CREDENTIALS_BYTES_MAX = 65_536


def master_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file to write it to.")],
) -> None:
    """Make a new master key, in a file that only you may read."""
    from fixgate.adapters.venues.key_file import new_master_key, write_secret  # noqa: PLC0415

    if file.exists():
        raise Problem(f"{file}: it is there already; a master key is never overwritten")
    try:
        write_secret(file, new_master_key() + "\n")
    except OSError as error:
        raise Problem(f"{file}: cannot be written: {error.strerror}") from None
    say(f"A master key is in {file}. Without it, what is sealed under it is lost: keep a copy.")


def rotate_keys(
    venue: Annotated[str, typer.Argument(metavar="VENUE", help="Name of a venue.")],
    *,
    credentials: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help='New credentials, as JSON {"api_key": ..., "secret": ...}; - for stdin.',
        ),
    ] = None,
    new_master_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Seal under the master key in this file."),
    ] = None,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Replace a venue's credentials, or seal its key file, under the same or another master key.

    The master key is in FIXGATE_MASTER_KEY, or in the file that FIXGATE_MASTER_KEY_FILE names.
    """
    from fixgate.adapters.venues.key_file import (  # noqa: PLC0415 - with its users
        key_in,
        master_key,
        seal,
        write_secret,
    )
    from fixgate.adapters.venues.settings import VenueSetupError  # noqa: PLC0415 - the same

    path = _key_file(load_configuration(home), venue)
    try:
        given = _new_credentials(credentials) if credentials is not None else _now(path)
        key = master_key() if new_master_key is None else key_in(new_master_key)
    except VenueSetupError as error:
        raise Problem(str(error), FAILED) from None
    verb = "replace" if credentials is not None else "seal"
    detail = f"{verb} the credentials" + (" under another master key" if new_master_key else "")
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    status = command.carry_out("rotate_keys", {"venue": venue, "detail": detail})
    if dry_run or status:
        return status
    try:
        write_secret(path, seal(given, key))
    except OSError as error:
        raise Problem(f"{path}: cannot be written: {error.strerror}; it is as it was") from None
    say(f"{path} is sealed. A gateway that runs goes on with what it read at its start.")
    if new_master_key is not None:
        say(f"At its next start FIXGATE_MASTER_KEY_FILE must name {new_master_key}.")
    return 0


def _key_file(configuration: "Configuration", name: str) -> Path:
    venues = {each.name: each for each in configuration.venues}
    venue = venues.get(name)
    if venue is None:
        usage(f"no venue is named {name}; there are: {', '.join(venues)}")
    if venue.kind != "ccxt" or venue.key_file is None:
        usage(f"venue {name} has no key_file in config/venues.toml")
    return configuration.path(venue.key_file)


def _now(path: Path) -> "Credentials":
    from fixgate.adapters.venues.key_file import credentials_in  # noqa: PLC0415 - with its users

    return credentials_in(path)


def _new_credentials(source: Path) -> "Credentials":
    from fixgate.adapters.venues.key_file import plain_credentials  # noqa: PLC0415 - as above

    try:
        text = (
            sys.stdin.read(_CREDENTIALS_BYTES_MAX)
            if str(source) == "-"
            else source.read_text(encoding="utf-8")
        )
        held = json.loads(text)
    except OSError as error:
        raise Problem(f"{source}: cannot be read: {error.strerror}", FAILED) from None
    except ValueError:
        raise Problem(f"{source}: is no JSON", FAILED) from None
    return plain_credentials(held, str(source))
