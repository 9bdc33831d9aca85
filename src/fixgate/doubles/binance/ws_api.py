"""The WebSocket API: requests over a socket, and the user data stream on the same socket.

Here: ApiSockets: ids, signatures, sessions, subscriptions, and the endpoints of the table.
Not here: what the endpoints answer (api), the events.

Source: Binance spot API documentation, "WebSocket API". One liberty: session.logon takes
HMAC keys too, where Binance asks for Ed25519.
"""

import json
from typing import Any, Final

from aiohttp import web

from fixgate.doubles.binance import errors, reports
from fixgate.doubles.binance.api import Api, Endpoint, Security, authenticate
from fixgate.doubles.binance.api_trading import ENDPOINTS
from fixgate.doubles.binance.errors import BinanceError
from fixgate.doubles.binance.faults import Fault, FaultKind, FaultScript
from fixgate.doubles.binance.parameters import Parameters
from fixgate.doubles.binance.record import RequestRecord, Seen
from fixgate.doubles.binance.rest import HTML, JUNK, refusal_of
from fixgate.doubles.binance.streams import Hub, StreamClient

_BY_METHOD: Final = {each.ws_method: each for each in ENDPOINTS if each.ws_method}
_WEIGHT: Final = 2
_ENVELOPE: Final = frozenset(("apiKey", "returnRateLimits"))  # not for the endpoint
_SUBSCRIPTIONS_MAX: Final = 1_000


class ApiSockets:
    """Serves /ws-api/v3."""

    def __init__(self, api: Api, hub: Hub, faults: FaultScript, record: RequestRecord) -> None:
        self._api = api
        self._hub = hub
        self._faults = faults
        self._record = record

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        client = await self._hub.connect(request)
        try:

            async def on_text(text: str) -> None:
                await self._serve(client, text)

            await client.run(on_text)
        finally:
            self._hub.forget(client)
        return client.socket

    async def _serve(self, client: StreamClient, text: str) -> None:
        try:
            asked = json.loads(text)
            method, number = str(asked["method"]), asked.get("id")
            named = {key: _text_of(value) for key, value in asked.get("params", {}).items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            refusal = BinanceError(-1135, "Invalid JSON Request")
            client.offer(_refused(None, refusal, self._api.exchange.now_ms()))
            return
        seen = self._record.add(f"WS {method}", self._api.exchange.now_ms())
        seen.parameters = dict(named)
        fault = self._faults.take(seen.endpoint)
        if fault is not None and not fault.accepts:
            if fault.kind is not FaultKind.HOLD:
                self._suffer(fault, client, number, seen)
                return
            await self._faults.hold(fault)
        answer = self._run(client, method, number, named, seen)
        if fault is not None and fault.accepts:
            if fault.kind is not FaultKind.HOLD:
                self._suffer(fault, client, number, seen)
                return
            await self._faults.hold(fault)
        client.offer(answer)

    def _run(
        self, client: StreamClient, method: str, number: Any, named: dict[str, str], seen: Seen
    ) -> dict[str, Any]:
        now_ms = self._api.exchange.now_ms()
        try:
            result = self._result(client, method, named)
        except BinanceError as error:
            seen.outcome = f"{error.status} {error.code}"
            return _refused(number, error, now_ms)
        seen.accepted = True
        seen.outcome = "200"
        return {"id": number, "status": 200, "result": result}

    def _result(self, client: StreamClient, method: str, named: dict[str, str]) -> Any:
        self._api.limits.weigh(_WEIGHT, self._api.exchange.now_ms())
        endpoint = _BY_METHOD.get(method)
        if endpoint is None:
            return self._session(client, method, named)
        account = self._account(client, endpoint, named)
        parameters = Parameters((name, named[name]) for name in named if name not in _ENVELOPE)
        return endpoint.run(self._api, account, parameters)

    def _session(self, client: StreamClient, method: str, named: dict[str, str]) -> Any:
        match method:
            case "session.logon":
                client.logged_on = self._signed(named)
            case "session.logout":
                client.logged_on = None
            case "session.status":
                pass
            case _:
                return self._user_stream(client, method, named)
        return self._status(client)

    def _user_stream(self, client: StreamClient, method: str, named: dict[str, str]) -> Any:
        match method:
            case "userDataStream.subscribe":
                if client.logged_on is None:
                    raise errors.rejected_api_key()
                return self._subscribe(client, client.logged_on)
            case "userDataStream.subscribe.signature":
                return self._subscribe(client, self._signed(named))
            case "userDataStream.unsubscribe":
                return self._unsubscribe(client, named.get("subscriptionId"))
            case "session.subscriptions":
                return [{"subscriptionId": each} for each in client.accounts]
            case _:
                raise BinanceError(-1000, f"Unknown method '{method[:60]}'.")

    def _subscribe(self, client: StreamClient, account: str) -> Any:
        if len(client.accounts) >= _SUBSCRIPTIONS_MAX:
            raise BinanceError(-1000, "Too many subscriptions.")
        return {"subscriptionId": client.subscribe_account(account)}

    def _unsubscribe(self, client: StreamClient, number: str | None) -> Any:
        ended = [each for each in client.accounts if number is None or str(each) == number]
        for each in ended:
            event = reports.stream_terminated(self._api.exchange.now_ms())
            client.offer({"subscriptionId": each, "event": event})
            del client.accounts[each]
        return {}

    def _account(self, client: StreamClient, endpoint: Endpoint, named: dict[str, str]) -> str:
        if endpoint.security is not Security.NONE and client.logged_on and "apiKey" not in named:
            return client.logged_on
        parameters = Parameters(named.items())
        api_key = named.get("apiKey")
        return authenticate(self._api, endpoint, api_key, parameters, _payload(named))

    def _signed(self, named: dict[str, str]) -> str:
        return self._api.keyring.verify(
            named.get("apiKey"),
            Parameters(named.items()),
            _payload(named),
            self._api.exchange.now_ms(),
        )

    def _status(self, client: StreamClient) -> dict[str, Any]:
        now_ms = self._api.exchange.now_ms()
        return {
            "apiKey": client.logged_on,
            "authorizedSince": None if client.logged_on is None else now_ms,
            "connectedSince": now_ms,
            "returnRateLimits": False,
            "serverTime": now_ms,
            "userDataStream": bool(client.accounts),
        }

    def _suffer(self, fault: Fault, client: StreamClient, number: Any, seen: Seen) -> None:
        seen.outcome = f"{fault.kind.value} after {seen.outcome}"
        now_ms = self._api.exchange.now_ms()
        refusal = refusal_of(fault, now_ms)
        if refusal is not None:
            client.offer(_refused(number, refusal, now_ms))
        elif fault.kind is FaultKind.DROP:
            client.abort()
        else:
            texts = {FaultKind.JUNK: JUNK, FaultKind.HTML: HTML}
            client.offer(texts.get(fault.kind, ""))


def _payload(named: dict[str, str]) -> str:
    """What is signed: all parameters in alphabetical order."""
    return "&".join(f"{name}={named[name]}" for name in sorted(named) if name != "signature")


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _refused(number: Any, error: BinanceError, now_ms: int) -> dict[str, Any]:
    body = error.body()
    if error.retry_after_s is not None:
        body["data"] = {
            "serverTime": now_ms,
            "retryAfter": now_ms + error.retry_after_s * 1_000,
        }
    return {"id": number, "status": error.status, "error": body}
