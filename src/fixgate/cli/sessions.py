"""`fixgate sessions`: the client sessions, of a gateway that runs or of its journal.

Here: the command, also under the name session-status.
Not here: what a running gateway answers (bootstrap.verbs.looking).
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.cli.asking import asked
from fixgate.cli.console import (
    HERE,
    Home,
    load_configuration,
    open_journal,
    say,
    session_named,
    show,
    table,
)

if TYPE_CHECKING:
    from fixgate.adapters.control.words import Json
    from fixgate.bootstrap.settings import Configuration

_NUMBERS = ("next out", "next in", "open orders", "follows prices", "positions", "unread bytes")


def sessions(
    session: Annotated[str | None, typer.Argument(metavar="[SESSION]", help="Only this.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    home: Home = HERE,
) -> None:
    """Show the sessions: who is logged on, their numbers, and what keeps them from trading."""
    configuration = load_configuration(home)
    if session is not None:
        session_named(configuration, session)
    found = asked(configuration.data_dir, "sessions", {"session": session} if session else {})
    if found is None:
        found = _of_the_journal(configuration, session)
        if not as_json:
            say("No gateway runs; this is what its journal says.")
    if as_json:
        say(json.dumps(found, indent=2))
        return
    versions = {each.name: each.version.value for each in configuration.sessions}
    made = table(
        "session",
        "version",
        "state",
        "since (UTC)",
        "peer",
        *_NUMBERS,
        "last heard",
        "last spoken to",
        "when it leaves",
        right=_NUMBERS,
    )
    for name, each in sorted(found.items()):
        made.add_row(
            name,
            versions.get(name, "not configured"),
            _state(each),
            _time(each["since_ns"]),
            each["peer"],
            _number(each["next_sender"]),
            _number(each["next_target"]),
            _number(each["open_orders"]),
            _number(each["price_subscriptions"]),
            _number(each["position_subscriptions"]),
            _number(each["waiting_bytes"]),
            _time(each["last_in_ns"]),
            _time(each["last_out_ns"]),
            "orders are canceled" if each["cancel_on_disconnect"] else "orders stay",
        )
    show(made)


def _state(each: "Json") -> str:
    said = ["disabled"] if each["disabled"] else []
    said += [f"kill switch: {', '.join(each['killed'])}"] if each["killed"] else []
    if each["logged_on"]:
        said.append("logged on")
    elif each["connected"]:
        said.append("connected, not logged on")
    elif each["since_ns"]:
        said.append("not connected")
    else:
        said.append("never connected")
    if each["cancel_at_ns"]:
        said.append(f"orders are canceled at {_time(each['cancel_at_ns'])[11:]}")
    return "; ".join(said)


def _of_the_journal(configuration: "Configuration", wanted: str | None) -> "Json":
    from fixgate.application.starting import standing  # noqa: PLC0415 - with the reader

    reader = open_journal(configuration)
    try:
        seen = {str(each.name): each for each in reader.sessions()}
        heard_ns = {(str(name), way): at for (name, way), at in reader.last_message_times().items()}
        stands = standing(reader.operator_actions())
        known = [each.order for each in reader.open_orders() if each.order is not None]
        working = [each for each in known if each.part_of is None]
    finally:
        reader.close()
    kills = [each.coverage for each in stands.kills]
    shown: Json = {}
    for name in {*seen, *(each.name for each in configuration.sessions)}:
        if wanted not in (None, name):
            continue
        stored = seen.get(name)
        shown[name] = {
            "connected": False,
            "logged_on": False,
            "since_ns": stored.since_ns if stored else None,
            "peer": stored.peer if stored else "",
            "next_sender": stored.last_out + 1 if stored else 1,
            "next_target": stored.last_in + 1 if stored else 1,
            "waiting_bytes": 0,
            "cancel_on_disconnect": stored is not None and stored.cancel_after_ms is not None,
            "cancel_at_ns": None,
            "disabled": name in stands.disabled,
            "killed": [
                each.words for each in kills if each.scope.value != "session" or each.name == name
            ],
            "price_subscriptions": 0,
            "position_subscriptions": 0,
            "open_orders": sum(1 for each in working if each.instruction.session == name),
            "last_in_ns": heard_ns.get((name, "in")),
            "last_out_ns": heard_ns.get((name, "out")),
        }
    return shown


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _time(at_ns: int | None) -> str:
    if not at_ns:
        return ""
    at = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}"
