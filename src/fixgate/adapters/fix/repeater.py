"""Answering a session's ResendRequests out of the journal, a page at a time.

Here: Repeater, which reads pages and makes what is sent of them, and knows when a client asks
without end. Not here: checking and counting the request (engine), what a page looks like on the
wire (resend), pausing for a client that does not read (connection).
"""

from asyncio import Future
from collections.abc import Callable
from typing import Final

from fixgate.adapters.fix.config import DoorLimits, SessionConfig
from fixgate.adapters.fix.limits import Repeats
from fixgate.adapters.fix.resend import Resend
from fixgate.adapters.fix.sender import Sender
from fixgate.adapters.fix.tags import utc_timestamp
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.journal import RecallUnavailable, Sent, SentPage

AGAIN_S: Final = 0.5
"""After which a journal that is away is asked again."""
_MINUTE_S: Final = 60.0
_NS: Final = 1_000_000_000


class Repeater:
    """The range that one session's client has asked for, if any.

    failed: called when the journal cannot be read, with the number that cannot be repeated. Not
    where it is only away: the client waits until it is back.
    """

    def __init__(
        self,
        config: SessionConfig,
        sender: Sender,
        sent: Sent,
        *,
        clock: Clock,
        limits: DoorLimits,
        failed: Callable[[int], None],
    ) -> None:
        self._config = config
        self._sender = sender
        self._sent = sent
        self._clock = clock
        self._page_max = limits.resend_piece
        self._failed = failed
        self._plan: Resend | None = None
        self._since = 0  # where in the journal the numbers last began at 1, if in this process
        self._repeats = Repeats(most=limits.resend_repeats_max, window_s=_MINUTE_S)

    @property
    def busy(self) -> bool:
        """Whether a range is being repeated; nothing else is taken or sent until it is done."""
        return self._plan is not None

    @property
    def ready(self) -> bool:
        """Whether a piece of the range is there to be sent."""
        return self._plan is not None and self._plan.page is not None

    @property
    def since(self) -> int:
        """Where in the journal the numbers last began at 1; 0 if that was before this process."""
        return self._since

    def numbers_began(self, place: int) -> None:
        """They began after this record, in an earlier process."""
        self._since = place

    def numbers_begin(self) -> None:
        """The numbers begin again at 1: nothing decided before may be repeated."""
        self._since = self._sent.position()

    def too_often(self, begin: int) -> bool:
        """Count a request that begins at ``begin``; whether the client asks without end."""
        return self._repeats.too_many(begin, self._clock.now_ns() / _NS)

    def begin(self, begin: int, last: int) -> None:
        """Repeat the numbers from ``begin`` to ``last``."""
        self._sender.hold_new()
        self._plan = Resend(self._config, begin=begin, last=last)
        self._fetch(self._plan, None)

    def send_piece(self) -> None:
        """Send the piece that is there, and have the next one read."""
        plan = self._plan
        if plan is None or plan.page is None:
            return
        page, plan.page = plan.page, None
        self._sender.repeat(plan.piece(page, utc_timestamp(self._clock.now_ns())))
        if plan.done:
            self._plan = None
            self._sender.caught_up(plan.first, plan.last)
            self._sender.release_new()
        else:
            self._fetch(plan, page.place)

    def give_up(self) -> None:
        """The connection has ended."""
        if self._plan is not None:
            # Who asks again for what it never got in whole is not asking without end.
            self._repeats.take_back(self._plan.first)
            self._plan = None

    def _fetch(self, plan: Resend, place: int | None) -> None:
        if self._plan is not plan:
            return
        page = self._sent.page(
            self._config.name,
            plan.begin,
            plan.last,
            place=place,
            since=self._since,
            count=self._page_max,
        )
        page.add_done_callback(lambda done: self._fetched(plan, place, done))

    def _fetched(self, plan: Resend, place: int | None, done: "Future[SentPage]") -> None:
        wire = self._sender.wire
        if self._plan is not plan or wire is None or done.cancelled():
            return
        problem = done.exception()
        if problem is None:
            plan.page = done.result()
            wire.wake()
        elif isinstance(problem, RecallUnavailable):
            done.get_loop().call_later(AGAIN_S, self._fetch, plan, place)
        else:
            self.give_up()
            self._failed(plan.begin)
