"""The commands that operations change something with.

Here: one function per command, each a few words for one verb.
Not here: what they share (operating); what the verbs do (bootstrap.verbs).
"""

from typing import Annotated

import typer

from fixgate.cli.operating import Asking, Session, operation

Scope = Annotated[str, typer.Argument(metavar="SCOPE", help="gateway, session, account or venue.")]
Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which one; none for gateway.")]
Order = Annotated[str, typer.Argument(metavar="ORDER", help="OrderID; with --session, a ClOrdID.")]
OfSession = Annotated[
    str | None, typer.Option("--session", help="ORDER is a ClOrdID of this session.")
]


@operation
def reset_session(
    session: Session,
    *,
    sender: Annotated[int | None, typer.Option(metavar="N", help="Our next number.")] = None,
    target: Annotated[
        int | None, typer.Option(metavar="N", help="The client's next number.")
    ] = None,
) -> Asking:
    """Set a session's sequence numbers: both to 1, or those given. A client there is logged out."""
    return "reset_session", {"session": session, "sender": sender, "target": target}


@operation
def logout_session(session: Session) -> Asking:
    """Log a client out; it may come back."""
    return "logout_session", {"session": session}


@operation
def disable_session(session: Session) -> Asking:
    """Log a client out and keep it out, also after a restart."""
    return "disable_session", {"session": session}


@operation
def enable_session(session: Session) -> Asking:
    """Let a disabled session log on again."""
    return "enable_session", {"session": session}


@operation
def resend(
    session: Session,
    first: Annotated[int, typer.Argument(metavar="FROM", help="First MsgSeqNum.")],
    last: Annotated[int | None, typer.Argument(metavar="[TO]", help="Last; all if none.")] = None,
) -> Asking:
    """Send a client messages again, as if it had asked for them with a ResendRequest."""
    return "resend", {"session": session, "from": first, "to": last}


@operation
def kill_switch(
    state: Annotated[str, typer.Argument(metavar="on|off")],
    scope: Scope,
    name: Name = None,
) -> Asking:
    """Cancel every open order of the gateway, a session, an account or a venue; refuse new ones.

    It stays on, also after a restart, until it is turned off.
    """
    if state not in ("on", "off"):
        raise typer.BadParameter(f"{state!r} is neither on nor off")
    return "kill_switch", {"scope": scope, "name": name, "on": state == "on"}


@operation
def cancel_all(scope: Scope, name: Name = None) -> Asking:
    """Cancel every open order of the gateway, a session, an account or a venue, once."""
    return "cancel_all", {"scope": scope, "name": name}
