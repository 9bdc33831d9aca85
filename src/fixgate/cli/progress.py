"""How far a long command is.

Here: Bar, which shows it on a terminal and is silent elsewhere.
Not here: any one command.
"""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


class Bar:
    """A progress bar on stderr, so that what a command prints can go into a file."""

    def __init__(self, what: str, total: int) -> None:
        self._progress = Progress(
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task(what, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def done(self, count: int, total: int | None = None) -> None:
        """So many are done; of how many, if that is known only now."""
        self._progress.update(self._task, completed=count, total=total)


def remark(text: str) -> None:
    """Say something about the command itself, beside what it prints."""
    Console(stderr=True, markup=False, highlight=False).print(text, soft_wrap=True)
