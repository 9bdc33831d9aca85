"""Where a PostgreSQL database is, and how to get in.

Here: PostgresAddress. The password is in nothing that is printed.
Not here: connections.
"""

from dataclasses import dataclass, field
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo


class AddressUnusable(ValueError):  # noqa: N818 - it names a fact
    """The URL cannot be used; the message says why and never shows a password."""


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A database by its URL, which holds no password, and the password apart from it."""

    url: str
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = _parts(self.url)
        if "password" in parts:
            raise AddressUnusable("must not hold a password; give password_env or password_file")

    def __str__(self) -> str:
        parts = _parts(self.url)
        user = f"{parts['user']}@" if "user" in parts else ""
        port = f":{parts['port']}" if "port" in parts else ""
        host = parts.get("host", "")
        return f"postgresql://{user}{host}{port}/{parts.get('dbname', parts.get('user', ''))}"

    def conninfo(self, **settings: Any) -> str:
        """What libpq is given. It holds the password: never to be shown."""
        if self.password is not None:
            settings["password"] = self.password
        return make_conninfo(self.url, **settings)


def _parts(url: str) -> dict[str, str]:
    if not url.startswith(("postgresql://", "postgres://")):
        raise AddressUnusable("must begin with postgresql://")
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except ProgrammingError:
        raise AddressUnusable("is not a URL that PostgreSQL understands") from None
