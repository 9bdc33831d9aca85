"""What a person wants, checked for form only, and the FIX fields that say it.

Here: Ticket, Changes and their makers; the fields of D, F, G and H.
Not here: whether a venue would take it; the gateway says that, in a report.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from fixgate.cli.fixtext import utc_timestamp

Field = tuple[int, str]
SIDES: Final[Mapping[str, str]] = {"buy": "1", "sell": "2"}
SELF_TRADE: Final[Mapping[str, str]] = {"newest": "N", "oldest": "O", "both": "B"}
TIFS: Final[Mapping[str, str]] = {"day": "0", "gtc": "1", "ioc": "3", "fok": "4", "gtd": "6"}
_NUMBERS: Final = {
    "iceberg": 111,
    "min-qty": 110,
    "leverage": 20001,
    "stop-loss": 20003,
    "take-profit": 20004,
}
_NUMBER: Final = re.compile(r"\d+(\.\d*)?|\.\d+")
_TEXT: Final = re.compile(r"[!-~]([ -~]*[!-~])?")
_WORKED_BY_MACHINE: Final = (21, "1")  # HandlInst: required in FIX 4.2, optional in 4.4


class BadTicket(Exception):  # noqa: N818 - it says what the input is
    """What was typed cannot be an order; the message is one line."""


def ord_type(*, price: str | None, stop_px: str | None) -> str:
    """OrdType (40) of an order with or without them: 1 market, 2 limit, 3 stop, 4 stop limit."""
    if price is None:
        return "1" if stop_px is None else "3"
    return "2" if stop_px is None else "4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An order as a person asks for it; values as FIX writes them."""

    side: str
    order_qty: str
    symbol: str
    price: str | None = None
    stop_px: str | None = None
    time_in_force: str = TIFS["day"]
    expire: Field | None = None  # ExpireDate (432) or ExpireTime (126)
    post_only: bool = False
    venue: str | None = None
    account: str | None = None
    trails: bool = False  # a trailing stop; its distance is among ``rarer``
    rarer: tuple[Field, ...] = ()  # terms that most orders do not have

    @property
    def ord_type(self) -> str:
        """Tag 40."""
        return "P" if self.trails else ord_type(price=self.price, stop_px=self.stop_px)

    @property
    def exec_inst(self) -> str | None:
        """Tag 18: 6 participate don't initiate, a trailing stop peg."""
        instructions = ["6"] * self.post_only + ["a"] * self.trails
        return " ".join(instructions) or None

    @property
    def may_rest(self) -> bool:
        """Whether it can stand in a book for a while."""
        return self.ord_type != "1" and self.time_in_force not in (TIFS["ioc"], TIFS["fok"])

    def fields(self, cl_ord_id: str, at_ns: int) -> list[Field]:
        """The body of a NewOrderSingle (D)."""
        found = [
            (11, cl_ord_id),
            (1, self.account),
            _WORKED_BY_MACHINE,
            (18, self.exec_inst),
            (100, self.venue),
            (55, self.symbol),
            (54, self.side),
            (60, utc_timestamp(at_ns)),
            (38, self.order_qty),
            (40, self.ord_type),
            (44, self.price),
            (99, self.stop_px),
            (59, self.time_in_force),
            *self.rarer,
        ]
        return [(tag, value) for tag, value in found if value is not None] + (
            [self.expire] if self.expire is not None else []
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a replace is to change; None stays as it is."""

    order_qty: str | None = None
    price: str | None = None
    stop_px: str | None = None
    time_in_force: str | None = None
    expire: Field | None = None


def make_ticket(side: str, qty: str, symbol: str, options: Mapping[str, str]) -> Ticket:
    """A ticket from what was typed.

    Args:
        side: buy or sell.
        qty: in units of the base currency.
        symbol: as the gateway is to get it.
        options: limit, stop, tif, expire, post-only, venue, account, and those of ``_rarer``.

    Raises:
        BadTicket: something has the wrong form.
    """
    if side.lower() not in SIDES:
        raise BadTicket(f"{side!r} is neither buy nor sell")
    tif, expire = _time_in_force(options)
    return Ticket(
        side=SIDES[side.lower()],
        order_qty=_number("the quantity", qty),
        symbol=_text("the symbol", symbol),
        price=_optional_number(options, "limit"),
        stop_px=_optional_number(options, "stop"),
        time_in_force=tif or TIFS["day"],
        expire=expire,
        post_only="post-only" in options,
        venue=_optional_text(options, "venue"),
        account=_optional_text(options, "account"),
        trails="trail" in options,
        rarer=tuple(_rarer(options)),
    )


def _rarer(options: Mapping[str, str]) -> Iterator[Field]:
    """Trail, iceberg, min-qty, reduce-only, leverage, the two exits and self-trade."""
    trail = options.get("trail")
    if trail is not None:
        yield 211, _number("--trail", trail.removesuffix("bp").removesuffix("ticks"))
        if trail.endswith("bp"):
            yield 836, "1"
        elif trail.endswith("ticks"):
            yield 836, "2"
    for name, tag in _NUMBERS.items():
        number = _optional_number(options, name)
        if number is not None:
            yield tag, number
    if "reduce-only" in options:
        yield 77, "C"
    mode = options.get("self-trade")
    if mode is not None and mode not in SELF_TRADE:
        raise BadTicket(f"--self-trade {mode}: one of {', '.join(SELF_TRADE)}")
    if mode is not None:
        yield 7928, SELF_TRADE[mode]


def make_changes(options: Mapping[str, str]) -> Changes:
    """What a replace changes, from the options qty, limit, stop, tif and expire.

    Raises:
        BadTicket: something has the wrong form, or nothing is to change.
    """
    tif, expire = _time_in_force(options)
    changes = Changes(
        order_qty=_optional_number(options, "qty"),
        price=_optional_number(options, "limit"),
        stop_px=_optional_number(options, "stop"),
        time_in_force=tif,
        expire=expire,
    )
    if changes == Changes():
        raise BadTicket("say what to change: --qty, --limit, --stop, --tif or --expire")
    return changes


def _time_in_force(options: Mapping[str, str]) -> tuple[str | None, Field | None]:
    word = options.get("tif")
    expire = options.get("expire")
    if word is None:
        word = "gtd" if expire is not None else None
    elif word.lower() not in TIFS:
        raise BadTicket(f"--tif {word}: one of {', '.join(TIFS)}")
    if (word is not None and word.lower() == "gtd") != (expire is not None):
        raise BadTicket("--tif gtd and --expire go together")
    tif = None if word is None else TIFS[word.lower()]
    return tif, None if expire is None else _expire(expire)


def _expire(text: str) -> Field:
    try:
        if "T" not in text and " " not in text:
            return 432, f"{date.fromisoformat(text):%Y%m%d}"
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadTicket(f"--expire {text}: a date like 2030-12-31, or 2030-12-31T16:00") from None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return 126, f"{moment:%Y%m%d-%H:%M:%S}"


def _number(what: str, text: str) -> str:
    plain = text.replace(",", "").replace("_", "")
    if not plain.isascii() or _NUMBER.fullmatch(plain) is None:
        raise BadTicket(f"{what} {text!r} is not a number like 0.5")
    return plain


def _optional_number(options: Mapping[str, str], name: str) -> str | None:
    text = options.get(name)
    return None if text is None else _number(f"--{name}", text)


def _text(what: str, text: str) -> str:
    if _TEXT.fullmatch(text) is None:
        raise BadTicket(f"{what} {text!r} has characters that FIX cannot carry")
    return text


def _optional_text(options: Mapping[str, str], name: str) -> str | None:
    text = options.get(name)
    return None if text is None else _text(f"--{name}", text)
