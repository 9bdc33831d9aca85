"""Understanding MarketDataRequest (V).

Here: read(), which gives what is asked for, or why it is refused (MarketDataRequestReject, Y). The
engine's dictionary has checked required tags and the counts of groups.
Not here: which symbols there are and how many may be followed (market_data_subscriber).
"""

from collections.abc import Mapping
from enum import Enum, unique
from typing import Final

from fixgate.adapters.fix.fields import pairs
from fixgate.domain.frozen import value

LEVELS_MAX: Final = 200  # of each side; what MarketDepth (264) 0 stands for
ID_LENGTH_MAX: Final = 64
SYMBOLS_MAX: Final = 1_000  # of one request


@unique
class Rejected(Enum):
    """Tag 281. None of them says that there is no such subscription: then it is left out."""

    UNKNOWN_SYMBOL = "0"
    DUPLICATE_ID = "1"
    INSUFFICIENT_BANDWIDTH = "2"
    INSUFFICIENT_PERMISSIONS = "3"
    UNSUPPORTED_REQUEST_TYPE = "4"
    UNSUPPORTED_DEPTH = "5"
    UNSUPPORTED_UPDATE_TYPE = "6"
    UNSUPPORTED_AGGREGATED_BOOK = "7"
    UNSUPPORTED_ENTRY_TYPE = "8"
    UNSUPPORTED_TRADING_SESSION = "9"
    UNSUPPORTED_SCOPE = "A"
    UNSUPPORTED_OPEN_CLOSE_SETTLE = "B"
    UNSUPPORTED_IMPLICIT_DELETE = "C"


@unique
class Wish(Enum):
    """Tag 263."""

    SNAPSHOT = "0"
    SUBSCRIBE = "1"
    UNSUBSCRIBE = "2"


@value
class MDRefusal:
    """Why not."""

    reason: Rejected | None
    text: str


@value
class MDRequest:
    """A request that can be served, if its symbols are known."""

    md_req_id: str
    wish: Wish
    levels: int  # of each side
    incremental: bool  # 265=1; else each update is a full refresh
    entry_types: frozenset[str]  # 269: 0 bid, 1 offer, 2 trade
    symbols: tuple[tuple[str, str | None], ...]  # 55, and 207 if it is given


ENTRY_TYPES: Final = frozenset("012")
# Tags that ask for something that is not there, unless they have the one value that means nothing.
_NOT_SERVED: Final[Mapping[str, tuple[str | None, Rejected, str]]] = {
    "266": ("Y", Rejected.UNSUPPORTED_AGGREGATED_BOOK, "AggregatedBook (266) N: levels are whole"),
    "286": (None, Rejected.UNSUPPORTED_OPEN_CLOSE_SETTLE, "OpenCloseSettlFlag (286)"),
    "336": (None, Rejected.UNSUPPORTED_TRADING_SESSION, "TradingSessionID (336)"),
    "546": (None, Rejected.UNSUPPORTED_SCOPE, "Scope (546)"),
    "547": ("N", Rejected.UNSUPPORTED_IMPLICIT_DELETE, "MDImplicitDelete (547) Y"),
}


def bad_id(md_req_id: str) -> str | None:
    """What is wrong with an MDReqID (262), which every answer repeats."""
    if not md_req_id:
        return "has no value"
    if len(md_req_id) > ID_LENGTH_MAX:
        return f"is longer than {ID_LENGTH_MAX} characters"
    if not md_req_id.isprintable():
        return "has a character that cannot be shown"
    return None


def read(text: str) -> MDRequest | MDRefusal:
    """What a V asks for. Its MDReqID is known to be good."""
    fields: dict[str, str] = {}
    entry_types: list[str] = []
    symbols: list[tuple[str, str | None]] = []
    for tag, said in pairs(text):
        if tag == "269":
            entry_types.append(said)
        elif tag == "55":
            symbols.append((said, None))
        elif tag == "207" and symbols:
            symbols[-1] = (symbols[-1][0], said)
        else:
            fields.setdefault(tag, said)
    wish = next((each for each in Wish if each.value == fields.get("263")), None)
    if wish is None:
        text = f"SubscriptionRequestType (263) {fields.get('263')} is not supported"
        return MDRefusal(reason=Rejected.UNSUPPORTED_REQUEST_TYPE, text=text)
    if wish is Wish.UNSUBSCRIBE:  # what else it says does not matter
        return MDRequest(
            md_req_id=fields["262"],
            wish=wish,
            levels=0,
            incremental=False,
            entry_types=frozenset(),
            symbols=(),
        )
    return _unserved(fields, entry_types) or _request(fields, wish, entry_types, symbols)


def _unserved(fields: Mapping[str, str], entry_types: list[str]) -> MDRefusal | None:
    for tag, (harmless, reason, name) in _NOT_SERVED.items():
        if tag in fields and fields[tag] != harmless:
            return MDRefusal(reason=reason, text=f"{name} is not supported")
    for each in entry_types:
        if each not in ENTRY_TYPES:
            text = f"MDEntryType (269) {each} is not supported; 0, 1 and 2 are"
            return MDRefusal(reason=Rejected.UNSUPPORTED_ENTRY_TYPE, text=text)
    if not entry_types:
        text = "no MDEntryType (269) is asked for"
        return MDRefusal(reason=Rejected.UNSUPPORTED_ENTRY_TYPE, text=text)
    return None


def _request(
    fields: Mapping[str, str],
    wish: Wish,
    entry_types: list[str],
    symbols: list[tuple[str, str | None]],
) -> MDRequest | MDRefusal:
    depth = fields.get("264", "")
    if not (depth.isascii() and depth.isdecimal() and len(depth) <= 9 and int(depth) <= LEVELS_MAX):
        text = f"MarketDepth (264) {depth[:9]} is not supported; 0 (all) to {LEVELS_MAX} are"
        return MDRefusal(reason=Rejected.UNSUPPORTED_DEPTH, text=text)
    update_type = fields.get("265", "0")
    if update_type not in ("0", "1"):
        text = f"MDUpdateType (265) {update_type} is not supported"
        return MDRefusal(reason=Rejected.UNSUPPORTED_UPDATE_TYPE, text=text)
    if not symbols:
        return MDRefusal(reason=Rejected.UNKNOWN_SYMBOL, text="no Symbol (55) is asked for")
    if len(symbols) > SYMBOLS_MAX:
        text = f"more than {SYMBOLS_MAX} symbols in one request"
        return MDRefusal(reason=Rejected.INSUFFICIENT_BANDWIDTH, text=text)
    return MDRequest(
        md_req_id=fields["262"],
        wish=wish,
        levels=int(depth) or LEVELS_MAX,
        incremental=update_type == "1",
        entry_types=frozenset(entry_types),
        symbols=tuple(dict.fromkeys(symbols)),
    )
