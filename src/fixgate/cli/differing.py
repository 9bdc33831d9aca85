"""How two things differ, in words.

Here: in_words(), for events and FIX messages. Not here: finding differences.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from fixgate.cli.fixtext import parse, shown


def in_words(recorded: object, replayed: object) -> Iterator[str]:
    """A line for each part that differs."""
    if isinstance(recorded, str) and isinstance(replayed, str) and "\x01" in recorded:
        yield from _messages(recorded, replayed)
    elif is_dataclass(recorded) and type(recorded) is type(replayed):
        yield from _values(recorded, replayed, type(recorded).__name__)
    else:
        yield f"recorded: {_said(recorded)}"
        yield f"now:      {_said(replayed)}"


def _messages(recorded: str, replayed: str) -> Iterator[str]:
    before, now = dict(parse(recorded).fields), dict(parse(replayed).fields)
    for tag in [*before, *(each for each in now if each not in before)]:
        if before.get(tag) != now.get(tag):
            yield f"tag {tag}: recorded {_field(before.get(tag))}, now {_field(now.get(tag))}"
    if before == now:
        yield "the same fields in another order"


def _field(value: str | None) -> str:
    return "absent" if value is None else shown(value)


def _values(recorded: object, replayed: object, name: str) -> Iterator[str]:
    for each in fields(recorded):  # type: ignore[arg-type] # the caller asked is_dataclass
        before, now = getattr(recorded, each.name), getattr(replayed, each.name)
        if before == now:
            continue
        where = f"{name}.{each.name}"
        if is_dataclass(before) and type(before) is type(now):
            yield from _values(before, now, where)
        else:
            yield f"{where}: recorded {_said(before)}, now {_said(now)}"


def _said(value: object) -> str:
    if value is None:
        return "nothing"
    return shown(value) if isinstance(value, str) else str(value)
