"""An order's life in words: who did what, when, and how long after.

Here: Moment, one thing that happened; moments(), all of them; facts() and latencies(), in short.
Not here: finding the records (adapters.store.history), how a life looks (order_history, pages).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fixgate.cli.dictionary import NO_NAMES, Names
from fixgate.cli.fixtext import parse, shown
from fixgate.cli.moments import length
from fixgate.cli.showing import decoded, without_secrets
from fixgate.cli.words import STATUS_WORDS, number

if TYPE_CHECKING:
    from fixgate.adapters.store.history import Step

_CALLS: Final[Mapping[str, str]] = {
    "order_routed": "submit",
    "cancel_sent": "cancel",
    "replace_sent": "replace",
    "query_sent": "ask about the order",
}
_UNSAID: Final = frozenset({"order_id", "recalled", "open_orders", "session", "echo"})


@unique
class Way(Enum):
    """Who says something to whom."""

    FROM_CLIENT = "client says"
    TO_CLIENT = "client hears"
    TO_VENUE = "venue is called"
    FROM_VENUE = "venue says"
    DECIDED = "decided"
    NOTED = "noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One record of an order's life."""

    seq: int
    at_ns: int
    since_ns: int  # after the one before
    cause: int | None
    way: Way
    title: str
    details: tuple[str, ...]
    raw: str | None = None  # a FIX message as it was


def moments(steps: "Sequence[Step]", names: Mapping[str, Names]) -> Iterator[Moment]:
    """The records in words."""
    before: int | None = None
    # What an input came to stands beneath it, though it is recorded behind others of its batch.
    for step in sorted(steps, key=lambda each: (each.raw.cause or each.raw.seq, each.raw.seq)):
        at_ns = step.raw.at_ns
        way, title, details, raw = _told(step, names)
        yield Moment(
            seq=step.raw.seq,
            at_ns=at_ns,
            since_ns=0 if before is None else at_ns - before,
            cause=step.raw.cause,
            way=way,
            title=title,
            details=tuple(details),
            raw=raw,
        )
        before = at_ns


def _told(step: "Step", names: Mapping[str, Names]) -> tuple[Way, str, Sequence[str], str | None]:
    kind = step.raw.kind.partition(".")[0]
    payload = step.payload
    if kind in ("fix_in", "fix_out", "fix_in_noted"):
        message = payload.message if kind == "fix_in" else payload
        return _message(message, incoming=kind != "fix_out", names=names)
    said = msgspec.to_builtins(payload, enc_hook=str)
    if kind == "venue_in":
        said = said["given"]
        kind = _name_of(payload.given)
    words = kind.replace("_", " ")
    if kind.startswith("venue_"):
        return Way.FROM_VENUE, _venue_said(words, said), _fields(said), None
    if kind in _CALLS:
        return Way.TO_VENUE, f"venue call: {_CALLS[kind]}", _fields(said), None
    if step.raw.cause is None:
        return Way.NOTED, words, _fields(said), None
    return Way.DECIDED, words, _fields(said), None


def _name_of(payload: Any) -> str:
    """VenueTraded: venue_traded."""
    name = type(payload).__name__
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")


def _message(
    message: Any, *, incoming: bool, names: Mapping[str, Names]
) -> tuple[Way, str, Sequence[str], str]:
    text = without_secrets(message.text)
    parsed = parse(text)
    known = names.get(parsed.get(8) or "", NO_NAMES)
    name = known.message(message.msg_type) or "message"
    title = f"{name} ({message.msg_type}) #{message.msg_seq_num}"
    status = parsed.get(39)
    if status is not None:
        title += f": {STATUS_WORDS.get(status, status)}"
    way = Way.FROM_CLIENT if incoming else Way.TO_CLIENT
    return way, title, decoded(parsed, known), shown(text)


def _venue_said(words: str, said: Mapping[str, Any]) -> str:
    venue = said.get("venue", "")
    what = words.removeprefix("venue ")
    if what == "answered":
        return f"{venue} answers {said.get('call')}: {said.get('outcome')}"
    if what in ("traded", "trade corrected"):
        quantity, price = number(str(said.get("last_qty"))), number(str(said.get("last_px")))
        return f"{venue} {what}: {quantity} at {price}"
    return f"{venue}: {what}"


def _fields(said: Any, prefix: str = "") -> list[str]:
    """What a record holds, each part by its name; what is empty says nothing."""
    found: list[str] = []
    for name, value in said.items() if isinstance(said, dict) else ():
        if name in _UNSAID or value is None or value in ([], (), {}, ""):
            continue
        if isinstance(value, dict):
            found += _fields(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            found.append(f"{prefix}{name}={' '.join(map(str, value))}")
        else:
            found.append(f"{prefix}{name}={shown(str(value))}")
    return found


def latencies(life: Sequence[Moment]) -> Iterator[tuple[str, str]]:
    """How long things took that people ask about."""
    if not life:
        return
    first = life[0].at_ns
    called: dict[str, int] = {}
    for each in life:
        if each.way is Way.TO_VENUE:
            called[each.title.removeprefix("venue call: ")] = each.at_ns
        elif each.way is Way.FROM_VENUE and " answers " in each.title:
            call = each.title.split(" answers ")[1].split(":")[0]
            if call in called:
                yield f"venue's answer to {call}", length(each.at_ns - called.pop(call))
    for what, title in (("first trade", " traded: "),):
        trade = next((each for each in life if title in each.title), None)
        if trade is not None:
            yield f"{what} after the order", length(trade.at_ns - first)
    yield "from the first record to the last", length(life[-1].at_ns - first)
