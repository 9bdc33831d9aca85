"""Which failure means what. Whatever is not recognised is UNKNOWN."""

import socket

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from fixgate.adapters.venues.dialect import UnreadableError
from fixgate.adapters.venues.dialects.binance_codes import is_refusal
from fixgate.adapters.venues.exchange import raise_if_refused
from fixgate.adapters.venues.limiter import Entry
from fixgate.adapters.venues.outcomes import NotSentError, VenueSaid, outcome_of, words_of
from fixgate.domain.inputs import Outcome


class NetworkError(Exception):
    """Stands for any exception of ccxt's; its text holds a signed URL."""


def caused_by(cause: BaseException) -> Exception:
    error = NetworkError("binance POST https://host/order?apiKey=secret&signature=abc")
    error.__cause__ = cause
    return error


def said(status: int, code: int | None, message: str = "no") -> VenueSaid:
    return VenueSaid(status=status, code=code, message=message, body="{}")


REFUSED = aiohttp.ClientConnectorError(
    ConnectionKey("host", 443, True, True, None, None, None), OSError("refused")
)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (caused_by(REFUSED), Outcome.NOT_SENT),
        (caused_by(socket.gaierror()), Outcome.NOT_SENT),
        (NotSentError(Entry.FULL), Outcome.NOT_SENT),
        (caused_by(TimeoutError()), Outcome.UNKNOWN),
        (TimeoutError(), Outcome.UNKNOWN),
        (caused_by(aiohttp.ServerDisconnectedError()), Outcome.UNKNOWN),
        (caused_by(aiohttp.ClientPayloadError()), Outcome.UNKNOWN),
        (caused_by(ConnectionResetError()), Outcome.UNKNOWN),
        (UnreadableError("junk"), Outcome.UNKNOWN),
        (KeyError("anything"), Outcome.UNKNOWN),
        (said(429, -1003), Outcome.REJECTED),
        (said(418, None), Outcome.REJECTED),
        (said(400, -2010, "Account has insufficient balance"), Outcome.REJECTED),
        (said(400, -2010, "Duplicate order sent."), Outcome.UNKNOWN),
        (said(400, -1121), Outcome.REJECTED),
        (said(400, -1006), Outcome.UNKNOWN),
        (said(400, -1007), Outcome.UNKNOWN),
        (said(403, None), Outcome.UNKNOWN),
        (said(404, None), Outcome.UNKNOWN),
        (said(503, -2010), Outcome.UNKNOWN),
        (said(504, -1013), Outcome.UNKNOWN),
        (said(0, -2015), Outcome.REJECTED),
        (said(200, -1), Outcome.UNKNOWN),
    ],
    ids=str,
)
def test_the_cause_and_the_venues_code_decide(error: Exception, outcome: Outcome) -> None:
    refused = isinstance(error, VenueSaid) and is_refusal(error.code, error.message)
    assert outcome_of(error, refused=refused) is outcome


@pytest.mark.parametrize(
    "error", [caused_by(REFUSED), caused_by(TimeoutError()), caused_by(KeyError()), TimeoutError()]
)
def test_no_words_of_ccxt_reach_a_trader(error: Exception) -> None:
    assert "http" not in words_of(error)
    assert "secret" not in words_of(error)


def test_words_are_those_of_the_venue_where_it_has_some() -> None:
    assert words_of(said(400, -2010, "Market is closed.")) == "Market is closed. (-2010)"
    assert words_of(said(502, None)) == "The venue answered with HTTP status 502"
    assert "429" in words_of(said(429, -1003))


@pytest.mark.parametrize("code", [-2010, -1010])
def test_a_duplicate_is_never_a_refusal(code: int) -> None:
    assert not is_refusal(code, "Duplicate order sent.")
    assert is_refusal(code, "Market is closed.")


@pytest.mark.parametrize("code", [None, 0, -1000, -1001, -1006, -1007, -1008, -1016, -2021, -9999])
def test_a_code_that_proves_nothing_is_no_refusal(code: int | None) -> None:
    assert not is_refusal(code, "anything")


def test_an_answer_without_an_error_is_no_refusal() -> None:
    raise_if_refused(200, "OK", {}, "{}", {"orderId": 1})
    raise_if_refused(200, "OK", {}, "[]", [])
    raise_if_refused(200, "OK", {}, "", None)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"code": -1121, "msg": "Invalid symbol."}, -1121),
        (200, {"code": -1000, "msg": "?"}, -1000),
        (502, None, None),
        (-2015, {"code": -2015, "msg": "Invalid API-key"}, -2015),
    ],
)
def test_every_other_answer_is_raised_with_its_code(
    status: int, body: dict[str, object] | None, code: int | None
) -> None:
    with pytest.raises(VenueSaid) as caught:
        raise_if_refused(status, "reason", {"Retry-After": "7"}, "<html>", body)
    assert (caught.value.code, caught.value.retry_after_s) == (code, 7.0)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("0", 0.0), ("259200", 259_200.0), ("9" * 400, 259_200.0), ("-5", None), ("soon", None)],
)
def test_no_venue_silences_us_for_longer_than_its_longest_ban(
    said: str, meant: float | None
) -> None:
    with pytest.raises(VenueSaid) as caught:
        raise_if_refused(429, "reason", {"Retry-After": said}, "", {})
    assert caught.value.retry_after_s == meant
