"""How set-up speaks and how it stops.

Here: SetupFailed, and one way to print a line.
Not here: anything that does the work. The whole package uses the standard library only, because
it runs before anything is installed.
"""

from __future__ import annotations


class SetupFailed(Exception):  # noqa: N818 - it is read in messages, and says what happened
    """Set-up cannot go on; the message says what the user has to do."""


def say(line: str) -> None:
    """Print one line at once, also into a pipe."""
    print(line, flush=True)


def minutes(seconds: float) -> str:
    """A duration as people say it: `4 min 20 s`."""
    whole_minutes, rest = divmod(round(seconds), 60)
    return f"{whole_minutes} min {rest:02d} s" if whole_minutes else f"{rest} s"
