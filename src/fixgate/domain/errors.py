"""What can go wrong inside: one exception for our own bugs, one value for a refusal.

Here: InvariantBroken and Refusal.
Not here: errors of sockets, venues or databases; those live with their adapters.
"""

from dataclasses import dataclass

from fixgate.domain.values import RefusalReason


class InvariantBroken(Exception):  # noqa: N818 - it names a fact, not a category
    """Something that must always hold does not. Our bug: alarm and stop taking orders."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the client does not get what it asked for. ``text`` goes to Text (58)."""

    reason: RefusalReason
    text: str


def require(condition: bool, what: str) -> None:  # noqa: FBT001 - reads like assert
    """Raise InvariantBroken unless ``condition`` holds; `python -O` cannot remove it."""
    if not condition:
        raise InvariantBroken(what)
