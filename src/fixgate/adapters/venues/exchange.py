"""One ccxt exchange, tamed.

Here: make_exchange(), which builds a ccxt.pro exchange whose answers and stream messages we see
raw, whose errors are ours, and which cannot be silenced by an exception of its own.
Not here: what is called on it, and what its answers mean.

ccxt is imported here and only when a venue needs it: the import takes a second and 100 MB.
"""

import asyncio
import importlib
import json
import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final, Protocol

import structlog

from fixgate.adapters.venues.outcomes import VenueSaid
from fixgate.adapters.venues.settings import (
    CcxtSettings,
    Credentials,
    Environment,
    VenueSetupError,
)

_log = structlog.get_logger(__name__)
_RSA_LENGTH_MIN: Final = 200  # an Ed25519 key as PEM is shorter, an RSA key much longer
_BAD_REQUEST: Final = 400
_RETRY_AFTER_MAX_S: Final = 3 * 86_400.0  # Binance's longest ban


class Tap(Protocol):
    """Who sees what the exchange says, before ccxt does."""

    def on_answer(self, headers: Mapping[str, str]) -> None:
        """An HTTP answer arrived, of whatever kind."""
        ...

    def on_message(self, message: Any) -> None:
        """A WebSocket message arrived. May raise: it is counted, and the socket lives on."""
        ...

    def on_lost(self, client: object, text: str) -> None:
        """A WebSocket ended or failed. ``client`` tells it from others to the same URL."""
        ...

    def on_unreadable(self, error: Exception) -> None:
        """Handling a WebSocket message raised."""
        ...


async def make_exchange(
    settings: CcxtSettings, options: Mapping[str, Any], credentials: Credentials, tap: Tap
) -> Any:
    """Build the exchange on the configured environment. Makes no call.

    Raises VenueSetupError when there is no such exchange, it has no test system, or the key is
    of a kind that cannot be used.
    """
    pro = await asyncio.to_thread(importlib.import_module, "ccxt.pro")
    base = getattr(pro, settings.exchange, None)
    if settings.exchange not in pro.exchanges or base is None:
        raise VenueSetupError(f"ccxt.pro has no exchange {settings.exchange}")
    if "PRIVATE KEY" in credentials.secret and len(credentials.secret) > _RSA_LENGTH_MIN:
        # Signing by RSA takes 77 ms, on the event loop.
        raise VenueSetupError("RSA keys are too slow: use an HMAC or Ed25519 key")
    exchange = _tapped(base, tap)(
        {
            "apiKey": credentials.api_key,
            "secret": credentials.secret,
            "number": Decimal,
            "enableRateLimit": False,  # ours keeps room for cancels; ccxt's does not
            "timeout": int(settings.timeouts.call_s * 1_000),
            "options": {**options, "maxRetriesOnFailure": 0},
            "timeout_on_exit": 0,
        }
    )
    _enter(exchange, settings)
    return exchange


def _enter(exchange: Any, settings: CcxtSettings) -> None:
    if settings.environment is Environment.PRODUCTION:
        return
    # Without this look, set_sandbox_mode raises where there is no test system and leaves the
    # exchange on production.
    if not exchange.urls.get("test"):
        raise VenueSetupError(
            f'{settings.exchange} has no test system; set environment = "production" to trade on it'
        )
    exchange.set_sandbox_mode(True)
    if not exchange.isSandboxModeEnabled:
        raise VenueSetupError(f"{settings.exchange} did not switch to its test system")


def _tapped(base: Any, tap: Tap) -> Any:
    """A subclass of a ccxt.pro exchange that shows us everything and decides nothing."""

    def guarded(read: Callable[[Any], None], data: Any) -> None:
        # An exception in here would end ccxt's receive loop: the socket stays open, nothing
        # arrives, and nobody is told.
        try:
            read(data)
        except Exception as error:  # noqa: BLE001 - see above
            tap.on_unreadable(error)

    class Tapped(base):  # type: ignore[misc] # the base is known only at run time
        # ccxt logs requests with their keys and signatures at DEBUG.
        logger = _muted()

        def handle_errors(
            self,
            code: int,
            reason: str,
            _url: str,
            _method: str,
            headers: Any,
            body: Any,
            response: Any,
            *_: Any,
        ) -> None:
            tap.on_answer(headers or {})
            raise_if_refused(code, reason, headers or {}, body, response)

        def client(self, url: str) -> Any:
            client = super().client(url)
            # ccxt takes JSON apart before it calls handle_message, and as unguarded.
            read = type(client).handle_text_or_binary_message
            client.handle_text_or_binary_message = partial(guarded, partial(read, client))
            return client

        def handle_message(self, client: Any, message: Any) -> None:
            tap.on_message(message)
            if isinstance(message, dict) and "id" in message:
                super().handle_message(client, message)

        def on_close(self, client: Any, error: Any) -> None:
            super().on_close(client, error)
            tap.on_lost(client, f"closed ({error})")

        def on_error(self, client: Any, error: Any) -> None:
            super().on_error(client, error)
            tap.on_lost(client, type(error).__name__)

    return Tapped


def raise_if_refused(
    status: int, reason: str, headers: Mapping[str, str], body: Any, response: Any
) -> None:
    """Raise VenueSaid for every answer that is not a success.

    An error over a WebSocket has its code in place of the HTTP status.
    """
    told = response if isinstance(response, dict) else {}
    code = told.get("code")
    coded = isinstance(code, int) and code < 0
    if 0 <= status < _BAD_REQUEST and not coded:
        return
    text = body if isinstance(body, str) else json.dumps(body, default=str)
    raise VenueSaid(
        status=max(status, 0),
        code=code if isinstance(code, int) else None,
        message=str(told.get("msg") or reason or "no reason given"),
        body=text,
        retry_after_s=_seconds(headers),
    )


def _seconds(headers: Mapping[str, str]) -> float | None:
    for name, value in headers.items():
        if name.lower() == "retry-after" and value.strip().isdecimal():
            return min(float(value), _RETRY_AFTER_MAX_S)
    return None


def _muted() -> logging.Logger:
    logger = logging.getLogger("fixgate.adapters.venues.ccxt")
    logger.disabled = True
    return logger


class Socket:
    """One WebSocket of an exchange, for as long as it lives."""

    def __init__(self, exchange: Any, url: str) -> None:
        self._exchange = exchange
        self._url = url
        self._client = exchange.clients.get(url)

    def is_of(self, client: object) -> bool:
        """Whether what was said by ``client`` is about this socket."""
        return client is self._client

    def last_heard(self) -> object:
        """A mark that changes with every frame received."""
        return None if self._client is None else self._client.last_message_at

    async def ping(self) -> None:
        """Ask the other end for a sign of life. May raise anything."""
        if self._client is not None and self._client.connection is not None:
            await self._client.connection.ping()

    async def close(self) -> None:
        """Close it, and let the exchange forget it, so that the next one is new."""
        client, self._client = self._client, None
        if self._exchange.clients.get(self._url) is client:
            self._exchange.clients.pop(self._url, None)
        if client is not None:
            await client.close()

    async def drop(self, *, within_s: float) -> None:
        """Close it, but do not wait long, and do not mind how: it is gone in any case."""
        try:
            async with asyncio.timeout(within_s):
                await self.close()
        except Exception as error:  # noqa: BLE001 - see above
            _log.info("venue.socket_close_failed", url=self._url, why=type(error).__name__)
