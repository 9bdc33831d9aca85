"""Holding what drop copy sessions got against what the sessions they cover got, as a job.

Here: DropCopyCheck.
Not here: the comparison (adapters.store.drop_copies), what a difference leads to (alerts).
"""

import asyncio
from collections.abc import Callable, Mapping

from fixgate.adapters.store.drop_copies import compared
from fixgate.adapters.store.reader import Reader
from fixgate.application.inbox import Given, Inbox
from fixgate.application.ports.clock import Clock
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import Noticed

Copies = Mapping[SessionName, tuple[SessionName, ...]]
SUBJECT = "drop copy difference"


class DropCopyCheck:
    """Goes on from where it was, and begins at what is durable when it is made or sessions change.

    copies: of each session whose reports are copied, to whom; as configured now.
    """

    def __init__(
        self,
        new_reader: Callable[[], Reader],
        copies: Callable[[], Copies],
        inbox: Inbox,
        clock: Clock,
    ) -> None:
        self._new_reader = new_reader
        self._copies = copies
        self._inbox = inbox
        self._clock = clock
        self._known: Copies = {}
        self._through = 0

    async def run(self) -> None:
        """Compare what came since the last time.

        Raises:
            Exception: the journal cannot be read; the next time all of it is compared.
        """
        copies = dict(self._copies())
        if copies != self._known:
            self._known, self._through = copies, await asyncio.to_thread(self._last)
            return
        if not copies:
            return
        through, found = await asyncio.to_thread(self._compare)
        self._through = through
        for drop, text in found.items():
            noticed = Noticed(subject=SUBJECT, about=drop, text=f"Drop copy session {drop}: {text}")
            self._inbox.put(Given(at_ns=self._clock.now_ns(), given=noticed))

    def _last(self) -> int:
        reader = self._new_reader()
        try:
            return reader.last()[0]
        finally:
            reader.close()

    def _compare(self) -> tuple[int, dict[SessionName, str]]:
        reader = self._new_reader()
        try:
            through = reader.last()[0]
            return through, compared(reader.connection, self._known, self._through, through)
        finally:
            reader.close()
