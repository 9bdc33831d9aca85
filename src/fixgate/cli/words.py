"""What a FIX message means, in plain English.

Here: in_words() for reports, ticket_in_words() for orders, and how numbers are written.
Not here: colours and where it is printed.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from fixgate.cli.fixtext import Message

SIDE_WORDS: Final[Mapping[str, str]] = {"1": "buy", "2": "sell"}
STATUS_WORDS: Final[Mapping[str, str]] = {
    "0": "new",
    "1": "partially filled",
    "2": "filled",
    "3": "done for day",
    "4": "canceled",
    "6": "pending cancel",
    "8": "rejected",
    "A": "pending new",
    "C": "expired",
    "E": "pending replace",
    "?": "not answered yet",
}
TIF_WORDS: Final[Mapping[str, str]] = {
    "0": "for the day",
    "1": "until canceled",
    "3": "immediate or cancel",
    "4": "fill or kill",
    "6": "until a date",
}


def number(text: str | None) -> str:
    """A number for people: thousands apart, no trailing zeros. Anything else as it is."""
    try:
        value = Decimal(text or "0")
        if not value.is_finite():
            return str(text)
    except InvalidOperation:
        return str(text)
    plain = format(value, ",f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"


def order_in_words(get: Callable[[int], str | None]) -> str:
    """An order, from the fields of a D or G."""
    side = SIDE_WORDS.get(get(54) or "", "trade")
    parts = [f"{side} {number(get(38))} {get(55) or ''}"]
    price, stop_px, distance = get(44), get(99), get(211)
    if distance is not None:
        unit = {"1": " basis points", "2": " ticks"}.get(get(836) or "", "")
        parts.append(f"when the market turns by {number(distance)}{unit},")
    elif stop_px is not None:
        parts.append(f"when {number(stop_px)} is reached,")
    parts.append("at the market" if price is None else f"at {number(price)} or better")
    words = " ".join(parts) + f", {TIF_WORDS.get(get(59) or '0', 'for a time of its own')}"
    until = get(126) or get(432)
    if until is not None:
        words += f" ({until})"
    return words + (", post-only" if "6" in (get(18) or "").split() else "")


def in_words(message: Message) -> str:
    """A message from the gateway."""
    kind = message.msg_type
    if kind == "8":
        return _execution_report(message)
    if kind == "9":
        what = "replace" if message.get(434) == "2" else "cancel"
        status = STATUS_WORDS.get(message.get(39) or "", "unknown")
        more = "" if status in _text(message) else f"; the order is {status}"
        return f"{what} refused: {_text(message)}{more}"
    if kind in ("3", "j"):
        about = f"message {message.get(45)}" if message.get(45) else "a message"
        tag = f" (tag {message.get(371)})" if message.get(371) else ""
        return f"{about} was rejected: {_text(message)}{tag}"
    return f"a message of type {kind}"


def _execution_report(message: Message) -> str:
    if message.get(20) in ("1", "2"):  # FIX 4.2: ExecTransType cancel, correct
        return _trade_taken_back(message) if message.get(20) == "1" else _trade_corrected(message)
    if message.get(20) == "3":  # status
        return _status(message)
    say = _BY_EXEC_TYPE.get(message.get(150) or "")
    return say(message) if say is not None else _status(message)


def _what(message: Message) -> str:
    return f"{number(message.get(38))} {message.get(55) or ''}".strip()


def _left(message: Message) -> str:
    leaves = number(message.get(151))
    return "nothing left" if leaves == "0" else f"{leaves} left"


def _so_far(message: Message) -> str:
    if number(message.get(14)) == "0":
        return "nothing was filled"
    return f"{number(message.get(14))} filled at {number(message.get(6))} on average"


def _text(message: Message) -> str:
    return message.get(58) or "no reason given"


def _new(message: Message) -> str:
    price = message.get(44)
    at = f" at {number(price)}" if price is not None else ""
    stop_px = message.get(99)
    state = "is working" if stop_px is None else f"waits for {number(stop_px)}"
    return f"accepted: {_what(message)}{at} {state}"


def _fill(message: Message) -> str:
    symbol = message.get(55) or ""
    qty, px = number(message.get(32)), number(message.get(31))
    words = f"filled {qty} {symbol} at {px}; {_left(message)}"
    status = message.get(39) or ""
    return words if status in ("1", "2") else f"{words} ({STATUS_WORDS.get(status, status)})"


def _canceled(message: Message) -> str:
    why = f" ({message.get(58)})" if message.get(58) else ""
    return f"canceled{why}; {_so_far(message)}"


def _expired(message: Message) -> str:
    return f"expired; {_so_far(message)}"


def _done_for_day(message: Message) -> str:
    return f"done for the day; {_so_far(message)}"


def _replaced(message: Message) -> str:
    price = f" at {number(message.get(44))}" if message.get(44) is not None else ""
    return f"replaced: now {_what(message)}{price}; {_left(message)}"


def _restated(message: Message) -> str:
    price = f" at {number(message.get(44))}" if message.get(44) is not None else ""
    why = f" ({message.get(58)})" if message.get(58) else ""
    return f"the venue changed it to {_what(message)}{price}{why}; {_left(message)}"


def _trade_corrected(message: Message) -> str:
    qty, px = number(message.get(32)), number(message.get(31))
    return f"trade {message.get(19)} is corrected to {qty} at {px}; {_so_far(message)}"


def _trade_taken_back(message: Message) -> str:
    return f"trade {message.get(19)} is taken back; {_so_far(message)}"


def _status(message: Message) -> str:
    status = STATUS_WORDS.get(message.get(39) or "", "unknown")
    if message.get(39) == "8":
        return f"status: rejected: {_text(message)}"
    return f"status: {status}; {_so_far(message)}; {_left(message)}"


_BY_EXEC_TYPE: Final[Mapping[str, Callable[[Message], str]]] = {
    "0": _new,
    "1": _fill,  # FIX 4.2
    "2": _fill,  # FIX 4.2
    "3": _done_for_day,
    "4": _canceled,
    "5": _replaced,
    "6": lambda _: "cancel asked for; waiting for the venue",
    "8": lambda message: f"rejected: {_text(message)}",
    "A": lambda _: "received; waiting for the venue",
    "C": _expired,
    "D": _restated,
    "E": lambda _: "replace asked for; waiting for the venue",
    "F": _fill,
    "G": _trade_corrected,
    "H": _trade_taken_back,
    "I": _status,
    "L": lambda message: f"triggered: {_what(message)} is working",
}
