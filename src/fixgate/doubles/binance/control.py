"""The control endpoint under /__control, for tests and demonstrations. Loopback only.

Here: HTTP over what BinanceDouble offers in process: faults, stream faults, market, record.
Not here: anything that Binance has.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from aiohttp import web

from fixgate.doubles.binance.errors import BinanceError
from fixgate.doubles.binance.exchange import Exchange
from fixgate.doubles.binance.faults import Fault, FaultScript
from fixgate.doubles.binance.record import RequestRecord
from fixgate.doubles.binance.streams import Hub, StreamFault

_BAD: Final = (ValueError, TypeError, KeyError, AttributeError, InvalidOperation, BinanceError)


class Control:
    """The routes of the control endpoint."""

    def __init__(
        self, exchange: Exchange, hub: Hub, faults: FaultScript, record: RequestRecord
    ) -> None:
        self._exchange = exchange
        self._hub = hub
        self._faults = faults
        self._record = record

    def add_to(self, app: web.Application) -> None:
        """Add the routes to a server."""
        for method, path, act in (
            ("GET", "requests", self._requests),
            ("GET", "accounts", self._accounts),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("POST", "release", self._release),
            ("POST", "stream", self._stream),
            ("POST", "market", self._market),
            ("POST", "deposit", self._deposit),
        ):
            app.router.add_route(method, f"/__control/{path}", _guarded(act))

    def _requests(self, _body: dict[str, Any]) -> Any:
        return self._record.to_json()

    def _accounts(self, _body: dict[str, Any]) -> Any:
        return {
            name: {
                "orders": [each.to_json() for each in account.orders(None)],
                "trades": [each.to_json() for each in account.trades],
                "balances": account.balances.to_json(),
            }
            for name, account in self._exchange.accounts.items()
        }

    def _add_fault(self, body: dict[str, Any]) -> Any:
        self._faults.add(body["endpoint"], Fault.from_json(body), times=body.get("times", 1))
        return {}

    def _clear_faults(self, _body: dict[str, Any]) -> Any:
        self._faults.clear()
        self._hub.faults.clear()
        self._hub.market_faults.clear()
        return {}

    def _release(self, _body: dict[str, Any]) -> Any:
        self._faults.release()
        self._hub.release()
        return {}

    def _stream(self, body: dict[str, Any]) -> Any:
        """``action``: lose, repeat, delay (with ``times``), cut, silent, speak; rubbish.

        ``of``: user (the default), or market.
        """
        market = body.get("of", "user") == "market"
        faults = self._hub.market_faults if market else self._hub.faults
        match body["action"]:
            case "cut":
                return {"cut": self._hub.cut_market() if market else self._hub.cut()}
            case "silent" | "speak" as action:
                faults.silent = action == "silent"
            case "rubbish":
                self._hub.rubbish(str(body["text"]), to_market=market)
            case action:
                faults.add(StreamFault(action), times=body.get("times", 1))
        return {}

    def _market(self, body: dict[str, Any]) -> Any:
        """A step of the market, or a move of ``symbol`` to ``price``."""
        if "symbol" in body:
            self._exchange.move_to(body["symbol"], Decimal(body["price"]))
        else:
            self._exchange.step()
        return {}

    def _deposit(self, body: dict[str, Any]) -> Any:
        self._exchange.deposit(body["account"], body["asset"], Decimal(body["amount"]))
        return {}


def _guarded(
    act: Callable[[dict[str, Any]], Any],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        if not ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback:  # noqa: S104 - not bound to
            raise web.HTTPForbidden
        try:
            text = await request.text()
            return web.json_response(act(json.loads(text) if text else {}))
        except _BAD as error:
            return web.json_response({"error": repr(error)}, status=400)

    return handle
