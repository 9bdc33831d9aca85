"""Where the journal is, by the configuration, and how it is opened.

Here: opening it to run a gateway, waiting for it as a standby, and a reader for everybody else.
Not here: what a store does (adapters.store).
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine

from fixgate.adapters.store.dropping import writing_engine
from fixgate.adapters.store.errors import StoreAway, StoreInUse, StoreUnusable
from fixgate.adapters.store.opening import check_current, open_store
from fixgate.adapters.store.reader import Reader
from fixgate.adapters.store.store import Store
from fixgate.application.ports.clock import Clock
from fixgate.bootstrap.loading import ConfigurationError
from fixgate.bootstrap.settings import Configuration

if TYPE_CHECKING:
    from fixgate.adapters.store.postgres.address import PostgresAddress

STANDBY_LOOKS_S: Final = 0.25
"""How often a standby looks whether the store is free."""


def file_of(configuration: Configuration) -> Path:
    """The journal in SQLite."""
    return configuration.data_dir / configuration.gateway.journal.file


def address_of(
    configuration: Configuration, environ: Mapping[str, str] | None = None
) -> "PostgresAddress | None":
    """The journal in PostgreSQL, with its password; None where it is in SQLite.

    Raises:
        ConfigurationError: the URL or the password cannot be used.
    """
    settings = configuration.gateway.journal
    if settings.url is None:
        return None
    # Only those pay for the import who use it.
    from fixgate.adapters.store.postgres.address import (  # noqa: PLC0415
        AddressUnusable,
        PostgresAddress,
    )

    try:
        return PostgresAddress(settings.url, _password(configuration, environ or os.environ))
    except AddressUnusable as error:
        raise ConfigurationError(f"journal.url: {error}") from None


def _password(configuration: Configuration, environ: Mapping[str, str]) -> str | None:
    settings = configuration.gateway.journal
    if settings.password_env is not None:
        password = environ.get(settings.password_env)
        if not password:
            raise ConfigurationError(
                f"journal.password_env: environment variable {settings.password_env} is not set"
            )
        return password
    if settings.password_file is None:
        return None
    path = configuration.path(settings.password_file)
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{path}: others may read it; run chmod 600 {path}")
        password = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "is not text"
        raise ConfigurationError(f"{path}: cannot be read: {said}") from None
    if not password:
        raise ConfigurationError(f"{path}: holds no password")
    return password


def where(configuration: Configuration) -> str:
    """What the store is called; nothing secret is in it."""
    address = configuration.gateway.journal.url
    return str(file_of(configuration)) if address is None else str(address_of(configuration))


def open_to_run(configuration: Configuration, clock: Clock) -> Store:
    """Take the store for a gateway.

    Raises:
        ConfigurationError: the URL or the password cannot be used.
        StoreInUse: another gateway has it.
        StoreUnusable: it cannot be used.
    """
    address = address_of(configuration)
    if address is None:
        return open_store(file_of(configuration), clock)
    from fixgate.adapters.store.postgres.opening import open_postgres  # noqa: PLC0415 - as above

    lease_s = configuration.gateway.journal.lease_s
    return open_postgres(address, configuration.data_dir, lease_s=lease_s)


async def wait_to_run(
    configuration: Configuration,
    clock: Clock,
    *,
    stop: "asyncio.Future[None]",
    announce: Callable[[str], None],
) -> Store | None:
    """Take the store as soon as no other gateway has it; None if ``stop`` came first.

    Raises:
        ConfigurationError, StoreUnusable: as open_to_run, but for what may pass.
    """
    said = False
    while not stop.done():
        try:
            return open_to_run(configuration, clock)
        except (StoreInUse, StoreAway) as problem:
            if not said:
                announce(f"Standby         {problem}")
                said = True
        await asyncio.wait({stop}, timeout=STANDBY_LOOKS_S)
    return None


def open_to_read(configuration: Configuration) -> Reader:
    """A reader, whether a gateway runs or not.

    Raises:
        ConfigurationError: the URL or the password cannot be used.
        StoreUnusable: there is no store, or it cannot be read.
    """
    address = address_of(configuration)
    if address is not None:
        from fixgate.adapters.store.postgres.opening import reader  # noqa: PLC0415 - as above

        return reader(address)
    path = file_of(configuration)
    if not path.exists():
        raise StoreUnusable(
            path, "no journal yet; the gateway has not run with this data directory"
        )
    check_current(path)
    try:
        return Reader(path)
    except sqlite3.Error as error:
        raise StoreUnusable(path, f"cannot be read: {error}") from None


def engine_to_drop(configuration: Configuration) -> Engine:
    """An engine that may take archived records out, beside the gateway that writes.

    Raises:
        ConfigurationError: the URL or the password cannot be used.
    """
    address = address_of(configuration)
    if address is None:
        return writing_engine(file_of(configuration))
    from fixgate.adapters.store.postgres.connecting import owner_engine  # noqa: PLC0415 - as above

    return owner_engine(address)
