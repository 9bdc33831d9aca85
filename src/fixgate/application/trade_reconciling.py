"""Trades three ways, continuously: the gateway's, those of drop copies, the venues' (control 21).

Here: TradeReconciler, which goes through the record a piece at a time, in bounded memory and with
rests, so that orders come first.
Not here: comparing a piece (trade_comparing), when it is time (bootstrap).
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from fixgate.application.inbox import Inbox
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.trade_books import TradeBooks
from fixgate.application.ports.venue import VenuePort
from fixgate.application.trade_comparing import Comparison, Reached, Report, Scope, Sleep
from fixgate.domain.ids import VenueName
from fixgate.domain.state import State

PIECE_RECORDS: Final = 20_000
_DAY_NS: Final = 86_400 * 10**9
_REST: Final = 4  # times as long as a piece took
_REST_S_MAX: Final = 2.0


class TradeReconciler:
    """One run at a time."""

    def __init__(
        self,
        books: TradeBooks,
        ports: Mapping[VenueName, VenuePort],
        state: State,
        inbox: Inbox,
        clock: Clock,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._reached = Reached(
            books=books, ports=ports, state=state, inbox=inbox, clock=clock, sleep=sleep
        )
        self._turn = asyncio.Lock()
        # Up to when each venue, and (None) the drop copies, were compared.
        self._through: dict[VenueName | None, int] = {}
        self._at_ns = 0  # of the last run
        self._open: set[tuple[VenueName, str]] = set()  # what there were open orders in then

    async def go_on(self) -> None:
        """Compare what came since the last time; the first time, all of today.

        Raises:
            Exception: the journal cannot be read, or a venue did not list its trades; the next time
                all of it is compared.
        """
        now_ns = self._reached.clock.now_ns()
        midnight = now_ns - now_ns % _DAY_NS
        since: dict[int, set[VenueName | None]] = {}
        for each in self._others():
            since.setdefault(self._through.get(each, midnight), set()).add(each)
        unlisted: dict[VenueName, str] = {}
        for since_ns, who in since.items():
            venues = frozenset(each for each in who if each is not None)
            scope = Scope(venues=venues, copies=None in who)
            report = await self._run(since_ns, now_ns, scope, follows=since_ns == self._at_ns)
            unlisted |= report.unlisted
            self._through |= {each: now_ns for each in who if each not in report.unlisted}
        self._at_ns = now_ns
        if unlisted:
            raise RuntimeError("; ".join(f"{venue}: {why}" for venue, why in unlisted.items()))

    def _others(self) -> list[VenueName | None]:
        """Whom to compare with: venues with books of their own, and (None) drop copies.

        What a venue within this process lists is what it told us.
        """
        state = self._reached.state
        venues = [
            name
            for name, port in self._reached.ports.items()
            if state.venues_up.get(name, False) and not port.keeps_nothing
        ]
        return [*venues, None] if state.copies else [*venues]

    async def between(self, since_ns: int, until_ns: int, scope: Scope) -> Report:
        """Compare a period.

        Raises:
            LookupError: its records are not in the database any more.
        """
        return await self._run(since_ns, until_ns, scope, follows=False)

    async def _run(self, since_ns: int, until_ns: int, scope: Scope, *, follows: bool) -> Report:
        """``follows``: the last run ended where this one begins."""
        async with self._turn:
            books, clock = self._reached.books, self._reached.clock
            report = Report(since_ns=since_ns, until_ns=until_ns)
            seq, end = await books.seq_at(since_ns), await books.seq_at(until_ns)
            symbols = await books.symbols(seq, None if follows else since_ns)
            comparison = Comparison(self._reached, report, scope, symbols | self._open)
            self._open = await books.symbols(end, None)
            at_ns = since_ns
            while True:
                begun_ns = clock.now_ns()
                through = min(seq + PIECE_RECORDS, end)
                page = await books.page(seq, through)
                to_ns = until_ns if through == end else max(page.through_ns, at_ns)
                await comparison.take(page, since_ns=at_ns, until_ns=to_ns)
                if through == end:
                    break
                seq, at_ns = through, to_ns
                took_s = (clock.now_ns() - begun_ns) / 1e9
                await self._reached.sleep(min(_REST * took_s, _REST_S_MAX))
            await comparison.end()
            return report
