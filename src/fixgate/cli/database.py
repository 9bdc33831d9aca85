"""`fixgate db`: the schema of the journal, and moving it to PostgreSQL.

Here: upgrade and copy. Not here: how either is done (adapters.store).
"""

from typing import TYPE_CHECKING

import typer

from fixgate.cli.console import HERE, USAGE, Home, Problem, load_configuration, say, show, table
from fixgate.cli.progress import Bar

if TYPE_CHECKING:
    from fixgate.adapters.store.postgres.address import PostgresAddress
    from fixgate.bootstrap.settings import Configuration

app = typer.Typer(
    help="The journal's database: bring its schema up to date, move it to PostgreSQL.",
    no_args_is_help=True,
)


@app.command("upgrade")
def upgrade(home: Home = HERE) -> None:
    """Bring the schema up to date; in PostgreSQL, make it where there is none."""
    from fixgate.adapters.clock import SystemClock  # noqa: PLC0415 - 0.5 s of imports in all
    from fixgate.adapters.store.errors import StoreUnusable  # noqa: PLC0415
    from fixgate.adapters.store.upgrading import upgrade_postgres, upgrade_sqlite  # noqa: PLC0415
    from fixgate.bootstrap.stores import file_of, where  # noqa: PLC0415

    configuration = load_configuration(home)
    address = _address(configuration)
    try:
        if address is None:
            before, after = upgrade_sqlite(file_of(configuration))
        else:
            before, after = upgrade_postgres(address, SystemClock())
    except StoreUnusable as error:
        raise Problem(str(error)) from None
    if before == after:
        say(f"{where(configuration)}: schema version {after}, up to date")
    elif before:
        say(f"{where(configuration)}: schema version {before} -> {after}")
    else:
        say(f"{where(configuration)}: made, schema version {after}")


@app.command("copy")
def copy(home: Home = HERE) -> None:
    """Copy the journal from SQLite (journal.file) to an empty PostgreSQL (journal.url).

    Run `fixgate db upgrade` first. Neither may be in use. The file is not changed.
    """
    from fixgate.adapters.store.copying import copy_store  # noqa: PLC0415 - 0.5 s of imports
    from fixgate.adapters.store.errors import StoreUnusable  # noqa: PLC0415
    from fixgate.bootstrap.stores import file_of  # noqa: PLC0415

    configuration = load_configuration(home)
    address = _address(configuration)
    if address is None:
        raise Problem("journal.url is not set in config/gateway.toml: where is it to go?", USAGE)
    source = file_of(configuration)
    say(f"From          {source}")
    say(f"To            {address}")
    try:
        with Bar("copy", 0) as bar:
            counts, verified = copy_store(source, address, progress=bar.done)
    except StoreUnusable as error:
        raise Problem(str(error)) from None
    made = table("table", "rows", right=("rows",))
    for name, count in counts.items():
        made.add_row(name, f"{count:,}")
    show(made)
    head = (
        "" if verified.last_hash is None else f"; the last one's hash is {verified.last_hash.hex()}"
    )
    say(f"Verified      {verified.records:,} records as they arrived{head}")


def _address(configuration: "Configuration") -> "PostgresAddress | None":
    from fixgate.bootstrap.loading import ConfigurationError  # noqa: PLC0415 - 0.2 s
    from fixgate.bootstrap.stores import address_of  # noqa: PLC0415 - 0.3 s

    try:
        return address_of(configuration)
    except ConfigurationError as error:
        raise Problem(str(error)) from None
