"""Binance's errors, as it words them.

Here: BinanceError, which becomes an answer at the edge, and one maker per error we know.
Not here: when they are raised.

Source of codes and messages: Binance spot API documentation, "Errors".
"""

from collections.abc import Mapping
from typing import Any


class BinanceError(Exception):
    """An answer that says no. ``code`` and ``msg`` go into the body, ``status`` is HTTP's."""

    def __init__(
        self,
        code: int,
        msg: str,
        *,
        status: int = 400,
        retry_after_s: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {msg}")
        self.code = code
        self.msg = msg
        self.status = status
        self.retry_after_s = retry_after_s
        self.data = data

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        body: dict[str, Any] = {"code": self.code, "msg": self.msg}
        if self.data is not None:
            body["data"] = dict(self.data)
        return body


def too_many_requests(limit: int, retry_after_s: int) -> BinanceError:
    """-1003 with HTTP 429."""
    msg = (
        f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
        "Please use WebSocket Streams for live updates to avoid polling the API."
    )
    return BinanceError(-1003, msg, status=429, retry_after_s=retry_after_s)


def banned(until_ms: int, retry_after_s: int) -> BinanceError:
    """-1003 with HTTP 418."""
    msg = (
        f"Way too much request weight used; IP banned until {until_ms}. "
        "Please use WebSocket Streams for live updates to avoid bans."
    )
    return BinanceError(-1003, msg, status=418, retry_after_s=retry_after_s)


def too_many_orders(limit: int, retry_after_s: int) -> BinanceError:
    """-1015 with HTTP 429."""
    msg = f"Too many new orders; current limit is {limit} orders per 10 SECOND."
    return BinanceError(-1015, msg, status=429, retry_after_s=retry_after_s)


def filter_failure(name: str) -> BinanceError:
    """-1013: a symbol filter refused."""
    return BinanceError(-1013, f"Filter failure: {name}")


def timestamp_outside() -> BinanceError:
    """-1021: the request is too old."""
    return BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")


def timestamp_ahead() -> BinanceError:
    """-1021: the request comes from the future."""
    msg = "Timestamp for this request was 1000ms ahead of the server's time."
    return BinanceError(-1021, msg)


def bad_signature() -> BinanceError:
    """-1022."""
    return BinanceError(-1022, "Signature for this request is not valid.")


def illegal_characters(name: str, legal: str) -> BinanceError:
    """-1100."""
    msg = f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    return BinanceError(-1100, msg)


def duplicate_parameter() -> BinanceError:
    """-1101."""
    return BinanceError(-1101, "Duplicate values for a parameter detected.")


def mandatory_parameter(name: str) -> BinanceError:
    """-1102."""
    msg = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    return BinanceError(-1102, msg)


def either_parameter(one: str, other: str) -> BinanceError:
    """-1102, where one of two is needed."""
    msg = f"Param '{one}' or '{other}' must be sent, but both were empty/null!"
    return BinanceError(-1102, msg)


def unread_parameters(read: int, sent: int) -> BinanceError:
    """-1104."""
    msg = f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
    return BinanceError(-1104, msg)


def empty_parameter(name: str) -> BinanceError:
    """-1105."""
    return BinanceError(-1105, f"Parameter '{name}' was empty.")


def not_required(name: str) -> BinanceError:
    """-1106."""
    return BinanceError(-1106, f"Parameter '{name}' sent when not required.")


def too_precise(name: str) -> BinanceError:
    """-1111."""
    return BinanceError(-1111, f"Parameter '{name}' has too much precision.")


def invalid_time_in_force() -> BinanceError:
    """-1115."""
    return BinanceError(-1115, "Invalid timeInForce.")


def invalid_order_type() -> BinanceError:
    """-1116."""
    return BinanceError(-1116, "Invalid orderType.")


def invalid_side() -> BinanceError:
    """-1117."""
    return BinanceError(-1117, "Invalid side.")


def invalid_symbol() -> BinanceError:
    """-1121."""
    return BinanceError(-1121, "Invalid symbol.")


def unknown_listen_key() -> BinanceError:
    """-1125."""
    return BinanceError(-1125, "This listenKey does not exist.")


def recv_window_too_large() -> BinanceError:
    """-1131."""
    return BinanceError(-1131, "recvWindow must be less than 60000.")


def new_order_rejected(msg: str) -> BinanceError:
    """-2010."""
    return BinanceError(-2010, msg)


def insufficient_balance() -> BinanceError:
    """-2010 for want of money."""
    return new_order_rejected("Account has insufficient balance for requested action.")


def duplicate_order() -> BinanceError:
    """-2010 for a client order id that an open order has."""
    return new_order_rejected("Duplicate order sent.")


def would_match() -> BinanceError:
    """-2010 for a LIMIT_MAKER that would take."""
    return new_order_rejected("Order would immediately match and take.")


def would_trigger() -> BinanceError:
    """-2010 for a stop order on the wrong side of the last price."""
    return new_order_rejected("Stop price would trigger immediately.")


def cancel_rejected(msg: str = "Unknown order sent.") -> BinanceError:
    """-2011."""
    return BinanceError(-2011, msg)


def no_such_order() -> BinanceError:
    """-2013."""
    return BinanceError(-2013, "Order does not exist.")


def bad_api_key_format() -> BinanceError:
    """-2014."""
    return BinanceError(-2014, "API-key format invalid.", status=401)


def rejected_api_key() -> BinanceError:
    """-2015."""
    msg = "Invalid API-key, IP, or permissions for action."
    return BinanceError(-2015, msg, status=401)


def amend_rejected(msg: str) -> BinanceError:
    """-2038."""
    return BinanceError(-2038, msg)
