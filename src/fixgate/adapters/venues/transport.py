"""The HTTP session under ccxt: which hosts it reaches, and where.

Here: make_session(), with a resolver that knows only the hosts of the venue, and may send all
of them to one local address.
Not here: ccxt.
"""

import socket
import ssl
from collections.abc import Iterable

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult

from fixgate.adapters.venues.settings import Redirect, VenueSetupError


class UnexpectedHostError(OSError):
    """Something tried to reach a host that is not the venue's."""


class RedirectRefusedError(aiohttp.ClientError):
    """The venue answered with an HTTP redirect. Following it could send an order twice."""


class VenueResolver(AbstractResolver):
    """Resolves the hosts of one venue, and no others."""

    def __init__(self, hosts: Iterable[str], redirect: Redirect | None) -> None:
        self._hosts = frozenset(hosts)
        self._redirect = redirect
        self._real = None if redirect is not None else aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of ``host``. Raises UnexpectedHostError for a host that was not announced."""
        if host not in self._hosts:
            raise UnexpectedHostError(f"{host} is not a host of this venue")
        if self._real is not None:
            return await self._real.resolve(host, port, family)
        if self._redirect is None:
            return []
        return [
            ResolveResult(
                hostname=host,
                host=self._redirect.host,
                port=self._redirect.port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held open."""
        if self._real is not None:
            await self._real.close()


def make_session(hosts: Iterable[str], redirect: Redirect | None) -> aiohttp.ClientSession:
    """A session for one venue. The caller closes it. Raises VenueSetupError on a bad CA file."""
    try:
        trusted = ssl.create_default_context(
            cafile=redirect.ca_file if redirect is not None else certifi.where()
        )
    except (OSError, ssl.SSLError) as error:
        raise VenueSetupError(f"The CA file cannot be used: {error}") from None
    connector = aiohttp.TCPConnector(
        ssl=trusted,
        resolver=VenueResolver(hosts, redirect),
        use_dns_cache=redirect is None,
    )
    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_refuse_redirect)
    return aiohttp.ClientSession(connector=connector, trace_configs=[tracing])


async def _refuse_redirect(*_: object) -> None:
    raise RedirectRefusedError("the venue answered with a redirect")
