"""Reading back what was sent to a session, for a ResendRequest.

Here: SentMessages, which implements the port. A client may ask for any message of any day, and
finding the first of them may mean looking at all that came after it: so this reads on a thread of
its own with a connection of its own, a page at a time, and memory holds one page.
Not here: what is made of a message that is sent again.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from fixgate.adapters.store.reader import Reader
from fixgate.application.ports.journal import RecallUnavailable, Sent, SentPage
from fixgate.domain.ids import SessionName

_OUT_OF_ORDER_MAX: Final = 1_000
"""The session layer's own messages come to the journal after the reports that follow them; many
more numbers than can lie between the two."""


class SentMessages(Sent):
    """Reads back messages. To be used on the event loop's thread, and closed there.

    open_reader: called once, on the reading thread.
    position: the number of the last record decided.
    passes: whether what went wrong passes by itself.
    """

    def __init__(
        self,
        open_reader: Callable[[], Reader],
        position: Callable[[], int],
        passes: Callable[[Exception], bool],
    ) -> None:
        self._open_reader = open_reader
        self._position = position
        self._passes = passes
        self._reader: Reader | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sent")

    def position(self) -> int:
        return self._position()

    def page(
        self,
        session: SessionName,
        begin: int,
        last: int,
        *,
        place: int | None,
        since: int,
        count: int,
        until: int | None = None,
    ) -> "Future[SentPage]":
        def read() -> SentPage:
            try:
                return page()
            except SQLAlchemyError as problem:
                if self._passes(problem):
                    raise RecallUnavailable(str(problem)) from problem
                raise

        def page() -> SentPage:
            reader = self._opened()
            first = place
            if first is None:
                first = _first(reader, session, (begin, last), since=since, until=until)
            if first is None:
                return SentPage((), None)
            return _page(reader, session, (begin, last), (first, until), count)

        return asyncio.get_running_loop().run_in_executor(self._thread, read)

    def close(self) -> None:
        """Close the connection; waits for the page that is being read."""
        self._thread.submit(self._close_reader).result()
        self._thread.shutdown()

    def _opened(self) -> Reader:
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()


def _first(
    reader: Reader,
    session: SessionName,
    wanted: tuple[int, int],
    *,
    since: int,
    until: int | None,
) -> int | None:
    """The record of the earliest message of the range; None if none of it was a message."""
    begin, last = wanted
    first = None
    for number, seq in reader.sent_numbers(session, since=since, until=until):
        if begin <= number <= last:
            first = seq
        elif number < begin - _OUT_OF_ORDER_MAX:
            break
    return first


def _page(
    reader: Reader,
    session: SessionName,
    wanted: tuple[int, int],
    where: tuple[int, int | None],
    count: int,
) -> SentPage:
    (begin, last), (first, until) = wanted, where
    found = reader.sent_from(session, first, count)
    inside = [each for each in found if until is None or each[1] <= until]
    reports = [
        (number, text.encode("latin-1").decode("utf-8", "surrogateescape"))
        for number, _, text in sorted(each for each in inside if begin <= each[0] <= last)
    ]
    over = len(inside) < count or found[-1][0] > last + _OUT_OF_ORDER_MAX
    return SentPage(reports, None if over else found[-1][1] + 1)
