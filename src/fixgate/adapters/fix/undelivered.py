"""What was never written to a client, when its numbers are reset.

A client that resets the sequence numbers can no longer ask for what it missed. So these reports
are handed to the core, which owes them to the client once more: under new numbers, with PossResend
(97) and the ExecIDs they had.

Here: Undelivered, which reads them back out of the journal. Not here: noticing what was not
written (sender), sending it (as any other report).
"""

from asyncio import Future

from fixgate.adapters.fix.recorder import Deliver, Recorder
from fixgate.adapters.fix.repeater import AGAIN_S
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import ReportsUndelivered
from fixgate.application.ports.journal import RecallUnavailable, Sent, SentPage
from fixgate.domain.ids import SessionName


class Undelivered:
    """Hands back the reports of one session, a page at a time."""

    def __init__(
        self,
        session: SessionName,
        sent: Sent,
        deliver: Deliver,
        record: Recorder,
        *,
        clock: Clock,
        page_max: int,
    ) -> None:
        self._session = session
        self._sent = sent
        self._deliver = deliver
        self._record = record
        self._clock = clock
        self._page_max = page_max

    def hand_back(self, numbers: tuple[int, int], *, since: int) -> None:
        """Hand back those of ``numbers`` (first, last) that are reports.

        since: where in the journal the numbers began of which these are.
        """
        self._fetch(numbers, None, since, self._sent.position())

    def _fetch(self, numbers: tuple[int, int], place: int | None, since: int, until: int) -> None:
        page = self._sent.page(
            self._session,
            *numbers,
            place=place,
            since=since,
            until=until,
            count=self._page_max,
        )
        page.add_done_callback(lambda done: self._fetched(numbers, place, since, until, done))

    def _fetched(
        self,
        numbers: tuple[int, int],
        place: int | None,
        since: int,
        until: int,
        done: "Future[SentPage]",
    ) -> None:
        if done.cancelled():
            return
        problem = done.exception()
        if isinstance(problem, RecallUnavailable):
            done.get_loop().call_later(AGAIN_S, self._fetch, numbers, place, since, until)
            return
        if problem is not None:
            which = f"reports {numbers[0]} to {numbers[1]}"
            self._record.refused(f"{which} were never sent and cannot be read back: {problem}")
            return
        page = done.result()
        if page.reports:
            texts = tuple(text for _, text in page.reports)
            at_ns = self._clock.now_ns()
            self._deliver(ReportsUndelivered(at_ns=at_ns, session=self._session, texts=texts))
        if page.place is not None:
            self._fetch(numbers, page.place, since, until)
