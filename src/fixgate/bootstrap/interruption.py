"""What the gateway does while its journal is away, and when another gateway has it.

Here: Interruption, between the journal and the FIX side. Who sends something meanwhile is told at
once that it was not taken; that is remembered in the stop file, since the journal cannot be told
before it is back, and forgotten there once the journal has it.
Not here: noticing it (the journal); the answer itself (the FIX side).
"""

import os
import sys
from functools import partial
from typing import Final, NoReturn

import structlog

from fixgate.adapters.store.writer import Watch
from fixgate.application.inbox import Inbox, Mark
from fixgate.application.ports.fix import FixPort
from fixgate.bootstrap.parts import Refused

TEXT: Final = "Order intake interrupted: the journal is not available"
log = structlog.get_logger("fixgate")


class Interruption:
    """Told by the journal, on the event loop's thread."""

    def __init__(self, fix: FixPort, inbox: Inbox, refused: Refused, *, exit_status: int) -> None:
        self._fix = fix
        self._inbox = inbox
        self._refused = refused
        self._exit_status = exit_status
        self._count = 0
        self.away = False  # nothing can be written for now

    def watch(self) -> Watch:
        """For the journal."""
        return Watch(interrupted=self._interrupted, resumed=self._resumed, lost=self._lost)

    def _interrupted(self, why: str) -> None:
        self._count += 1
        self.away = True
        _say(f"order intake interrupted: {why}")
        log.error("journal interrupted", text=why)
        self._fix.interrupt(TEXT)

    def _resumed(self) -> None:
        self.away = False
        _say("order intake resumed")
        log.warning("journal resumed")
        self._fix.go_on()
        self._inbox.put(Mark(reached=partial(self._remembered, self._count)))

    def _remembered(self, count: int) -> None:
        """The journal has all that was refused up to the end of that interruption."""
        if count == self._count:
            self._refused.clear()

    def _lost(self, why: str) -> NoReturn:
        # At once: not a byte more may go to a client or a venue, and nothing is left to be tidied.
        _say(f"STORE LOST, stopped without a word to anybody: {why}")
        os._exit(self._exit_status)


def _say(line: str) -> None:
    # Plain stderr besides the log: this must be seen whatever the log level is.
    print(f"fixgate: {line}", file=sys.stderr, flush=True)  # noqa: T201
