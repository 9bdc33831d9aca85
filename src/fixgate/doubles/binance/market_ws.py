"""The streams of stream.binance.com: /ws, /ws/<name>, /stream?streams=<name>/<name>.

Here: MarketSockets: subscribe, unsubscribe, list; listen keys as names.
Not here: the events, the WebSocket API.

Source: Binance spot API documentation, "WebSocket Streams".
"""

import json
import re
from typing import Any, Final

from aiohttp import web

from fixgate.doubles.binance.api import Api
from fixgate.doubles.binance.streams import Hub, StreamClient

_STREAMS_MAX: Final = 1_024
_STREAM: Final = re.compile(r"[a-z0-9]{1,20}@[A-Za-z0-9@]{1,30}")
_INVALID: Final = 2


class MarketSockets:
    """Serves the stream host's connections."""

    def __init__(self, api: Api, hub: Hub) -> None:
        self._api = api
        self._hub = hub

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        combined = request.path.startswith("/stream")
        client = await self._hub.connect(request, combined=combined)
        try:
            name = request.match_info.get("name", "")
            named = request.query.get("streams", "").split("/") if combined else [name]
            self._open(client, [each for each in named if each])

            async def on_text(text: str) -> None:
                client.offer(self._answer(client, text))

            await client.run(on_text)
        finally:
            self._hub.forget(client)
        return client.socket

    def _open(self, client: StreamClient, names: list[str]) -> None:
        now_ms = self._api.exchange.now_ms()
        for name in names[:_STREAMS_MAX]:
            account = self._api.listen_keys.account_of(name, now_ms)
            if account is not None:
                client.listen_account = account
            elif _STREAM.fullmatch(name):
                client.streams.add(name)

    def _answer(self, client: StreamClient, text: str) -> dict[str, Any]:
        try:
            asked = json.loads(text)
            method, number = asked["method"], asked.get("id")
            names = asked.get("params", [])
        except (ValueError, TypeError, KeyError, AttributeError):
            return _refused(None, "Invalid JSON: expected value at line 1 column 1")
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": sorted(client.streams), "id": number}
        if method not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            return _refused(number, f"Invalid request: unknown variant `{str(method)[:40]}`")
        if not isinstance(names, list) or not all(
            isinstance(each, str) and _STREAM.fullmatch(each) for each in names
        ):
            return _refused(number, "Invalid request: params must be stream names")
        if method == "UNSUBSCRIBE":
            client.streams.difference_update(names)
        elif len(client.streams | set(names)) > _STREAMS_MAX:
            return _refused(number, "Invalid request: too many streams")
        else:
            client.streams.update(names)
        return {"result": None, "id": number}


def _refused(number: Any, msg: str) -> dict[str, Any]:
    return {"error": {"code": _INVALID, "msg": msg}, "id": number}
