"""`fixgate venues`: how the venues are, and how far what they allow is used.

Here: the command. Its exit status is 0 when every venue is up, else 1.
Not here: what the gateway answers (bootstrap.verbs.venues).
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.cli.asking import asked
from fixgate.cli.console import FAILED, HERE, Home, Problem, load_configuration, say, show, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixgate.adapters.control.words import Json

_WAITING = ("cancel", "replace", "order", "query")
_AMOUNTS = ("used", "ours", "venue's")


def venues(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,  # noqa: FBT002 - an option
    home: Home = HERE,
) -> int:
    """Show each venue, how many calls it allows and were made, and who waits for a turn."""
    data_dir = load_configuration(home).data_dir
    found = asked(data_dir, "venues")
    if found is None:
        raise Problem(f"no gateway is running with {data_dir}", FAILED)
    if as_json:
        say(json.dumps(found, indent=2))
    else:
        waiting = tuple(f"{each} waits" for each in _WAITING)
        right = (*_AMOUNTS, *waiting)
        made = table("venue", "state", "limit", *right, "asked for silence", right=right)
        for name, each in found.items():
            for row in _rows(name, each):
                made.add_row(*row)
        show(made)
    return 0 if all(each["up"] for each in found.values()) else FAILED


def _rows(name: str, venue: "Json") -> "Iterator[tuple[str, ...]]":
    """One for each limit; what is of the venue as a whole is in the first."""
    state = "up" if venue["up"] else "DOWN"
    if venue["unfit"]:
        state += f" (no routed orders: {venue['unfit']})"
    calls = venue["calls"]
    if calls is None:
        yield (name, state, "none", *("",) * (len(_AMOUNTS) + len(_WAITING) + 1))
        return
    about = (name, state)
    whole = (*(str(calls["waiting"][each]) for each in _WAITING), _silence(calls["silence"]))
    for each in calls["allowances"]:
        limit = f"{each['kind']} in {each['period_s']:g} s"
        yield (*about, limit, str(each["used"]), str(each["most"]), str(each["limit"]), *whole)
        about, whole = ("", ""), ("",) * len(whole)


def _silence(silence: "Json | None") -> str:
    if silence is None:
        return ""
    until = datetime.fromtimestamp(silence["until_ns"] / 1e9, UTC)
    word = "was until" if silence["over"] else "until"
    return f"{silence['status']}, {word} {until:%Y-%m-%d %H:%M:%S} UTC"
