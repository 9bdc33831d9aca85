"""The commands that operations change something with.

Here: one function per command, each a few words for one verb.
Not here: what they share (operating); what the verbs do (bootstrap.verbs).
"""

from typing import Annotated

import typer

from fixgate.cli.console import HERE, Home
from fixgate.cli.operating import Command, DryRun, Person, Reason, Session

Scope = Annotated[str, typer.Argument(metavar="SCOPE", help="gateway, session, account or venue.")]
Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which one; none for gateway.")]
Order = Annotated[str, typer.Argument(metavar="ORDER", help="OrderID; with --session, a ClOrdID.")]
OfSession = Annotated[
    str | None, typer.Option("--session", help="ORDER is a ClOrdID of this session.")
]


def reset_session(
    session: Session,
    *,
    sender: Annotated[int | None, typer.Option(metavar="N", help="Our next number.")] = None,
    target: Annotated[
        int | None, typer.Option(metavar="N", help="The client's next number.")
    ] = None,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Set a session's sequence numbers: both to 1, or those given. A client there is logged out."""
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    args = {"session": session, "sender": sender, "target": target}
    return command.carry_out("reset_session", args)


def logout_session(
    session: Session,
    *,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Log a client out; it may come back."""
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    return command.carry_out("logout_session", {"session": session})


def disable_session(
    session: Session,
    *,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Log a client out and keep it out, also after a restart."""
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    return command.carry_out("disable_session", {"session": session})


def enable_session(
    session: Session,
    *,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Let a disabled session log on again."""
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    return command.carry_out("enable_session", {"session": session})


def resend(
    session: Session,
    first: Annotated[int, typer.Argument(metavar="FROM", help="First MsgSeqNum.")],
    last: Annotated[int | None, typer.Argument(metavar="[TO]", help="Last; all if none.")] = None,
    *,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Send a client messages again, as if it had asked for them with a ResendRequest."""
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    return command.carry_out("resend", {"session": session, "from": first, "to": last})


def kill_switch(
    state: Annotated[str, typer.Argument(metavar="on|off")],
    scope: Scope,
    name: Name = None,
    *,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Cancel every open order of the gateway, a session, an account or a venue; refuse new ones.

    It stays on, also after a restart, until it is turned off.
    """
    if state not in ("on", "off"):
        raise typer.BadParameter(f"{state!r} is neither on nor off")
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    return command.carry_out("kill_switch", {"scope": scope, "name": name, "on": state == "on"})


def cancel_all(
    scope: Scope,
    name: Name = None,
    *,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Cancel every open order of the gateway, a session, an account or a venue, once."""
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    return command.carry_out("cancel_all", {"scope": scope, "name": name})
