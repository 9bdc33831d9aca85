"""The words of the control socket: one request and one answer per line of JSON.

A request: ``{"verb": "reset_session", "args": {"session": "DEMO44"}, "reason": "client asked",
"as": "jane", "dry_run": false}``. An answer: ``{"ok": true, "result": {...}}`` or
``{"ok": false, "error": "one line", "usage": true}``, where ``usage`` tells wrong arguments from
things that cannot be done.

Here: Call, reading a request, writing an answer, and what can be wrong with a request.
Not here: sockets, verbs.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fixgate.domain.frozen import value

SOCKET_NAME: Final = "control.sock"
REQUEST_BYTES_MAX: Final = 65_536
ANSWER_BYTES_MAX: Final = 8_388_608
REASON_LENGTH_MAX: Final = 500
NAME_LENGTH_MAX: Final = 64
NUMBER_MAX: Final = 2**53  # what every reader of JSON has exactly

Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 - it is answered, not raised at anybody
    """The request is understood, but it cannot be done; the message is the answer."""


class Misused(Refused):
    """The request is wrong: an unknown verb or session, a missing or impossible argument."""


@value
class Person:
    """Who asks: the account at the other end of the socket, and who that says it acts for."""

    user: str
    acting_as: str | None = None

    @property
    def name(self) -> str:
        """For the record: "ops", or "jane (ops)"."""
        return f"{self.acting_as} ({self.user})" if self.acting_as else self.user


@value
class Call:
    """One request."""

    verb: str
    args: Mapping[str, Any]
    person: Person
    reason: str = ""
    dry_run: bool = False

    def text(self, name: str) -> str:
        """A text argument that must be there.

        Raises:
            Misused: it is missing, or is no text of a sensible length.
        """
        found = self.text_or_none(name)
        if found is None:
            raise Misused(f"{self.verb} needs {name}")
        return found

    def text_or_none(self, name: str) -> str | None:
        """A text argument that may be missing."""
        found = self.args.get(name)
        if found is None:
            return None
        if not isinstance(found, str) or not 0 < len(found) <= REASON_LENGTH_MAX:
            raise Misused(f"{self.verb}: {name} must be text of 1 to {REASON_LENGTH_MAX} letters")
        if not found.isprintable():
            raise Misused(f"{self.verb}: {name} holds a character that cannot be printed")
        return found

    def number_or_none(self, name: str, *, least: int = 1) -> int | None:
        """A whole number that may be missing.

        Raises:
            Misused: it is no whole number, or below ``least``.
        """
        found = self.args.get(name)
        if found is None:
            return None
        # What has more digits than an integer of JSON's readers comes as a float.
        if isinstance(found, int | float) and found > NUMBER_MAX:
            raise Misused(f"{self.verb}: {name} is too large; it must be {NUMBER_MAX} or less")
        if not isinstance(found, int) or isinstance(found, bool):
            raise Misused(f"{self.verb}: {name} must be a whole number")
        if found < least:
            raise Misused(f"{self.verb}: {name} is {found}; it must be {least} or more")
        return found

    def flag(self, name: str) -> bool:
        """Whether a switch is set."""
        found = self.args.get(name, False)
        if not isinstance(found, bool):
            raise Misused(f"{self.verb}: {name} must be true or false")
        return found


class _Request(msgspec.Struct, forbid_unknown_fields=True, rename={"acting_as": "as"}):
    """A request as it comes over the socket."""

    verb: str
    args: dict[str, Any] = {}
    reason: str = ""
    acting_as: str | None = None
    dry_run: bool = False


_DECODER: Final = msgspec.json.Decoder(_Request)


def read_call(line: bytes, user: str) -> Call:
    """The request in a line.

    Raises:
        Misused: it is none.
    """
    try:
        request = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Misused(f"not a request: {error}") from None
    for name, given, most in (
        ("reason", request.reason, REASON_LENGTH_MAX),
        ("as", request.acting_as or "", NAME_LENGTH_MAX),
    ):
        if len(given) > most or not given.isprintable():
            raise Misused(f"{name} must be at most {most} printable characters")
    return Call(
        verb=request.verb,
        args=request.args,
        person=Person(user=user, acting_as=request.acting_as or None),
        reason=request.reason.strip(),
        dry_run=request.dry_run,
    )


def request_line(
    verb: str, args: Json, *, reason: str = "", acting_as: str | None = None, dry_run: bool = False
) -> bytes:
    """A request as a line."""
    request = _Request(verb=verb, args=args, reason=reason, acting_as=acting_as, dry_run=dry_run)
    return msgspec.json.encode(request) + b"\n"


def done(result: Json) -> bytes:
    """The answer to a request that was carried out."""
    return msgspec.json.encode({"ok": True, "result": result}) + b"\n"


def refused(error: str, *, usage: bool) -> bytes:
    """The answer to a request that was not."""
    return msgspec.json.encode({"ok": False, "error": error, "usage": usage}) + b"\n"
