"""What the edge notices that a person should look at.

Here: Noticer, which lets its watches look once a second; watches of venues, of their prices, of
refused orders, and of the journal. Each says a thing once, and again only when it was well in
between.
Not here: orders in doubt (watching), clocks (adapters/clock_reading), telling people (alarms).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from fixgate.application.inbox import Given, Inbox, Mark
from fixgate.application.ports.market import Market
from fixgate.domain.events import AlertRaised
from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import ClockChecked, Noticed
from fixgate.domain.values import ExecType

_NS: Final = 1_000_000_000
_BOOKS_TOLD_MAX: Final = 5  # one by one
Verdicts = Mapping[tuple[SessionName, ExecType], int]
"""How many orders of a session were taken (NEW) and refused (REJECTED) since the start."""


class Watch(Protocol):
    """Looks at one thing."""

    def look(self, now_ns: int) -> Iterable[Noticed | ClockChecked]:
        """What is to be noticed now."""
        ...


class Noticer:
    """Lets the watches look, and gives what they notice to the core.

    tell: reaches people past the journal, while that is away.
    """

    def __init__(
        self,
        watches: Sequence[Watch],
        inbox: Inbox,
        *,
        away: Callable[[], bool],
        tell: Callable[[AlertRaised, int], None],
    ) -> None:
        self._watches = watches
        self._inbox = inbox
        self._away = away
        self._tell = tell

    def look(self, now_ns: int) -> None:
        """Look at everything."""
        for watch in self._watches:
            for found in watch.look(now_ns):
                if isinstance(found, Noticed) and self._away():
                    self._tell(alert_of(found), now_ns)
                self._inbox.put(Given(at_ns=now_ns, given=found))


def alert_of(noticed: Noticed) -> AlertRaised:
    """The alert that it is."""
    return AlertRaised(subject=noticed.subject, text=noticed.text, about=noticed.about)


class VenueWatch:
    """Venues that are down for too long."""

    def __init__(
        self, venues: Sequence[VenueName], up: Callable[[VenueName], bool], *, after_ns: int
    ) -> None:
        self._venues = venues
        self._up = up
        self._after_ns = after_ns
        self._since: dict[VenueName, int] = {}
        self._told: set[VenueName] = set()

    def look(self, now_ns: int) -> Iterator[Noticed]:
        """Venues that went down, and those that are back."""
        for venue in self._venues:
            if self._up(venue):
                since_ns = self._since.pop(venue, now_ns)
                if venue in self._told:
                    self._told.remove(venue)
                    text = f"{venue} is up again after {(now_ns - since_ns) // _NS} s"
                    yield Noticed(subject="venue up", about=venue, text=text)
                continue
            since_ns = self._since.setdefault(venue, now_ns)
            if venue not in self._told and now_ns - since_ns >= self._after_ns:
                self._told.add(venue)
                text = f"{venue} is down: no new orders are taken for it"
                yield Noticed(subject="venue down", about=venue, text=text)


@value
class Followed:
    """The instruments of a venue whose prices are to be known all the time."""

    symbols: tuple[str, ...]  # unified
    stale_after_ns: int  # prices that were not confirmed for so long do not hold


class BookWatch:
    """Instruments whose prices are followed and have not held for too long."""

    def __init__(self, followed: Mapping[VenueName, Followed], market: Market) -> None:
        self._followed = followed
        self._market = market
        self._held: dict[tuple[VenueName, str], int] = {}  # when the prices were last confirmed
        self._told: set[tuple[VenueName, str]] = set()

    def look(self, now_ns: int) -> Iterator[Noticed]:
        """Books that went stale, and those that are fresh again."""
        for venue, followed in self._followed.items():
            stale, fresh = [], []
            for symbol in followed.symbols:
                key, quote = (venue, symbol), self._market.quote(venue, symbol)
                held_ns = self._held.setdefault(key, now_ns) if quote is None else quote.at_ns
                self._held[key] = held_ns
                if quote is not None:
                    if key in self._told:
                        fresh.append(symbol)
                elif now_ns - held_ns >= followed.stale_after_ns and key not in self._told:
                    stale.append(symbol)
            self._told.update((venue, each) for each in stale)
            self._told.difference_update((venue, each) for each in fresh)
            after_s = followed.stale_after_ns // _NS
            text = f"no prices that hold for {after_s} s; they are not used"
            yield from _of_books(venue, "book stale", stale, text)
            yield from _of_books(venue, "book fresh", fresh, "there are prices again")


def _of_books(
    venue: VenueName, subject: str, symbols: Sequence[str], text: str
) -> Iterator[Noticed]:
    """One notice for each instrument; one for all where a venue's stream is the matter."""
    if len(symbols) > _BOOKS_TOLD_MAX:
        some = ", ".join(symbols[:_BOOKS_TOLD_MAX])
        text = f"{venue}, {len(symbols)} instruments ({some}, ...): {text}"
        yield Noticed(subject=subject, about=venue, text=text)
        return
    for symbol in symbols:
        about = f"{venue} {symbol}"
        yield Noticed(subject=subject, about=about, text=f"{about}: {text}")


class RejectWatch:
    """Sessions of whose orders too many are refused (control 22)."""

    def __init__(self, verdicts: Verdicts, *, share: float, orders_min: int, window_s: int) -> None:
        self._verdicts = verdicts
        self._share = share
        self._orders_min = orders_min
        self._window_s = window_s
        self._then: deque[dict[tuple[SessionName, ExecType], int]] = deque([{}], window_s + 1)
        self._told: set[SessionName] = set()

    def look(self, now_ns: int) -> Iterator[Noticed]:
        """Sessions that crossed the limit since it last looked."""
        del now_ns  # it is called once a second
        now = dict(self._verdicts)
        self._then.append(now)
        before = self._then[0]
        for session in sorted({session for session, _ in now}):
            refused, taken = (
                now.get((session, each), 0) - before.get((session, each), 0)
                for each in (ExecType.REJECTED, ExecType.NEW)
            )
            orders = refused + taken
            too_many = orders >= self._orders_min and refused >= self._share * orders
            if too_many and session not in self._told:
                text = f"Session {session}: {refused} of the last {orders} orders were refused"
                yield Noticed(subject="reject rate", about=session, text=text)
            (self._told.add if too_many else self._told.discard)(session)


class JournalWatch:
    """The journal is away, or far behind what comes in."""

    def __init__(self, inbox: Inbox, away: Callable[[], bool], *, lag_ns: int) -> None:
        self._inbox = inbox
        self._away = away
        self._lag_ns = lag_ns
        self._marked_ns: int | None = None  # when the mark was set that has not been reached
        self._told = False

    def look(self, now_ns: int) -> Iterator[Noticed]:
        """That it is away or late, and that it is well again."""
        away = self._away()
        late_ns = 0 if self._marked_ns is None else now_ns - self._marked_ns
        if self._marked_ns is None:
            self._marked_ns = now_ns
            self._inbox.put(Mark(reached=self._reached))
        unwell = away or late_ns >= self._lag_ns
        if unwell and not self._told:
            why = "is away: orders are refused" if away else f"is {late_ns / _NS:.1f} s behind"
            yield Noticed(subject="journal", about="journal", text=f"The journal {why}")
        elif self._told and not unwell:
            text = "The journal is written without delay again"
            yield Noticed(subject="journal well", about="journal", text=text)
        self._told = unwell

    def _reached(self) -> None:
        self._marked_ns = None
