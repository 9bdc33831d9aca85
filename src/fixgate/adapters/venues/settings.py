"""How a ccxt venue is set up.

Here: CcxtSettings and its parts, and where credentials come from.
Not here: files of configuration (bootstrap reads those), anything about one exchange.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, unique

from fixgate.domain.ids import VenueName


class VenueSetupError(Exception):
    """A venue cannot be started as it is configured. The text says what to change."""


@unique
class Environment(Enum):
    """Which of an exchange's systems to trade on."""

    TESTNET = "testnet"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An API key. Never shown: the fields are left out of the repr."""

    api_key: str = field(repr=False)
    secret: str = field(repr=False)  # HMAC secret, or an Ed25519 private key as PEM


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Reach every host of the exchange at one local address instead (tests, the double).

    The URLs stay those of the exchange, because ccxt reads meaning out of them; only the
    name resolution and the trusted certificate authority differ.
    """

    host: str
    port: int
    ca_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How much of the venue's allowance to use, and how long calls may wait for it."""

    share: float = 0.9  # of what the venue documents, for all calls together
    cancel_reserve: float = 0.2  # of that, which only cancels may use
    order_queue_max: int = 200
    cancel_queue_max: int = 2_000
    query_queue_max: int = 500
    order_wait_max_s: float = 5.0
    cancel_wait_max_s: float = 90.0  # longer than the longest period of a weight limit
    query_wait_max_s: float = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. Every await on the venue ends by one of these."""

    call_s: float = 10.0
    connect_s: float = 15.0
    stop_s: float = 5.0
    ping_every_s: float = 10.0  # the stream is asked for a sign of life this often
    stale_after_s: float = 30.0  # and is given up when there was none for so long
    audit_every_s: float = 60.0  # open orders are compared over REST this often
    market_ping_every_s: float = 2.0  # the same for the stream of prices
    market_stale_after_s: float = 10.0  # prices not confirmed for so long do not hold any more
    refresh_every_s: float = 3_600.0  # instruments are read again this often
    retry_first_s: float = 0.25  # exponential backoff begins here
    retry_max_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CcxtSettings:
    """One account at one exchange.

    ``symbols`` limits what is loaded and traded, in the unified form; empty means every
    spot symbol. ``market_data`` names those whose prices are followed; None means ``symbols``.
    ``credentials`` is called once, at start.
    """

    name: VenueName
    credentials: Callable[[], Credentials] = field(repr=False)
    exchange: str = "binance"
    environment: Environment = Environment.TESTNET
    symbols: tuple[str, ...] = ()
    market_data: tuple[str, ...] | None = None
    limits: RateLimits = field(default_factory=RateLimits)
    timeouts: Timeouts = field(default_factory=Timeouts)
    redirect: Redirect | None = None

    @property
    def followed(self) -> tuple[str, ...]:
        """The symbols whose prices are followed."""
        return self.symbols if self.market_data is None else self.market_data


def from_environment(key_name: str, secret_name: str) -> Callable[[], Credentials]:
    """Credentials from two environment variables, read when they are needed.

    The result raises VenueSetupError when a variable is missing or empty.
    """

    def read() -> Credentials:
        values = [os.environ.get(name, "").strip() for name in (key_name, secret_name)]
        for name, value in zip((key_name, secret_name), values, strict=True):
            if not value:
                raise VenueSetupError(f"Environment variable {name} is not set")
        return Credentials(api_key=values[0], secret=values[1])

    return read
