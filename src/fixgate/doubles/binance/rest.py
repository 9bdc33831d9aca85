"""HTTP: requests in, answers out, faults in between.

Here: RestHandler.
Not here: what the answers say (api), WebSocket.
"""

import json
from typing import Any, Final

from aiohttp import web

from fixgate.doubles.binance import errors
from fixgate.doubles.binance.api import Api, Endpoint, authenticate
from fixgate.doubles.binance.api_trading import ENDPOINTS
from fixgate.doubles.binance.auth import payload_of
from fixgate.doubles.binance.errors import BinanceError
from fixgate.doubles.binance.faults import Fault, FaultKind, FaultScript
from fixgate.doubles.binance.parameters import Parameters
from fixgate.doubles.binance.record import RequestRecord, Seen

JUNK: Final = '{"orderId": 12, "stat'
HTML: Final = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_BY_PATH: Final = {(each.method, each.path): each for each in ENDPOINTS}
_PATHS: Final = frozenset(each.path for each in ENDPOINTS)


def refusal_of(fault: Fault, now_ms: int) -> BinanceError | None:
    """The error that a fault answers with, if that is what it does."""
    match fault.kind:
        case FaultKind.TOO_MANY_REQUESTS:
            return errors.too_many_requests(6_000, fault.retry_after_s)
        case FaultKind.BANNED:
            return errors.banned(now_ms + fault.retry_after_s * 1_000, fault.retry_after_s)
        case FaultKind.SERVER_ERROR:
            return BinanceError(fault.code, fault.msg, status=fault.status or 503)
        case FaultKind.REFUSE:
            return BinanceError(fault.code, fault.msg, status=fault.status or 400)
        case FaultKind.HOLD | FaultKind.DROP | FaultKind.EMPTY | FaultKind.JUNK | FaultKind.HTML:
            return None


class RestHandler:
    """All of /api/v3."""

    def __init__(self, api: Api, faults: FaultScript, record: RequestRecord) -> None:
        self._api = api
        self._faults = faults
        self._record = record

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, or do to it what the script says."""
        endpoint = _BY_PATH.get((request.method, request.path))
        if endpoint is None:
            status = 405 if request.path in _PATHS else 404
            return web.Response(status=status, text=HTML, content_type="text/html")
        body = await request.text()
        seen = self._record.add(endpoint.name, self._api.exchange.now_ms())
        fault = self._faults.take(endpoint.name)
        if fault is not None and not fault.accepts:
            if fault.kind is not FaultKind.HOLD:
                return self._suffer(fault, request, seen)
            await self._faults.hold(fault)
        answer = self._run(endpoint, request, body, seen)
        if fault is not None and fault.accepts:
            if fault.kind is not FaultKind.HOLD:
                return self._suffer(fault, request, seen)
            await self._faults.hold(fault)
        return answer

    def _run(self, endpoint: Endpoint, request: web.Request, body: str, seen: Seen) -> web.Response:
        now_ms = self._api.exchange.now_ms()
        account = ""
        try:
            self._api.limits.weigh(endpoint.weight, now_ms)
            # The bytes as sent: a URL library's tidied form would not match the signature.
            query = request.raw_path.partition("?")[2]
            parameters = Parameters.of_text(query, body)
            seen.parameters = parameters.as_dict()
            payload = payload_of(query, body)
            api_key = request.headers.get("X-MBX-APIKEY")
            account = authenticate(self._api, endpoint, api_key, parameters, payload)
            answer = endpoint.run(self._api, account, parameters)
        except BinanceError as error:
            response = _refuse(error)
            seen.outcome = f"{error.status} {error.code}"
        else:
            seen.accepted = True
            seen.outcome = "200"
            response = _json(answer, 200)
        headers = self._api.limits.headers(account or None, now_ms, is_order=endpoint.is_order)
        response.headers.update(headers)
        return response

    def _suffer(self, fault: Fault, request: web.Request, seen: Seen) -> web.Response:
        seen.outcome = f"{fault.kind.value} after {seen.outcome}"
        refusal = refusal_of(fault, self._api.exchange.now_ms())
        if refusal is not None:
            if fault.kind is FaultKind.SERVER_ERROR and fault.status == 502:
                return web.Response(status=502, text=HTML, content_type="text/html")
            return _refuse(refusal)
        if fault.kind is FaultKind.DROP and request.transport is not None:
            request.transport.abort()
        if fault.kind is FaultKind.JUNK:
            return web.Response(text=JUNK, content_type="application/json")
        if fault.kind is FaultKind.HTML:
            return web.Response(text=HTML, content_type="text/html")
        return web.Response(body=b"", content_type="application/json")


def _refuse(error: BinanceError) -> web.Response:
    response = _json(error.body(), error.status)
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _json(body: Any, status: int) -> web.Response:
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/json")
