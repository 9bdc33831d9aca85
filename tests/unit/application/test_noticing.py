"""What the edge notices, and that it says so once."""

from fixgate.application.inbox import Given, Inbox, Mark
from fixgate.application.noticing import (
    BookWatch,
    Followed,
    JournalWatch,
    Noticer,
    RejectWatch,
    VenueWatch,
)
from fixgate.domain.events import AlertRaised
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import Noticed
from fixgate.domain.market import Quote
from fixgate.domain.values import ExecType

SECOND = 1_000_000_000
SIM, CLIENT = VenueName("SIM"), SessionName("CLIENT")


def test_a_venue_that_stays_down_is_noticed_once_and_once_more_when_it_is_back() -> None:
    up = {SIM: True}
    watch = VenueWatch([SIM], up.__getitem__, after_ns=2 * SECOND)
    said = []
    for at_s, is_up in enumerate([True, False, False, False, False, True, False, True]):
        up[SIM] = is_up
        said.append([each.text for each in watch.look(at_s * SECOND)])
    assert said[3] == ["SIM is down: no new orders are taken for it"]
    assert said[5] == ["SIM is up again after 4 s"]
    assert not any(said[at] for at in (0, 1, 2, 4, 6, 7)), "a short moment is not noticed"


class Feed:
    """Prices of some instruments, as of when they were last confirmed."""

    def __init__(self) -> None:
        self.at_s: dict[str, float] = {}

    def quote(self, venue: VenueName, symbol: str) -> Quote | None:
        if symbol not in self.at_s:
            return None
        at_ns = int(self.at_s[symbol] * SECOND)
        return Quote(
            venue=venue, symbol=symbol, bid_px=None, offer_px=None, last_px=None, at_ns=at_ns
        )

    def book(self, venue: VenueName, symbol: str, levels: int) -> None:
        """Nobody asks."""


def test_a_book_that_is_stale_is_noticed_at_its_threshold_and_once_more_when_it_is_fresh() -> None:
    """Property: quality alerts."""
    feed = Feed()
    watch = BookWatch({SIM: Followed(symbols=("A", "B"), stale_after_ns=3 * SECOND)}, feed)

    def at(seconds: float, **known: float) -> list[tuple[str, str]]:
        feed.at_s = known
        found = list(watch.look(int(seconds * SECOND)))
        return [(each.subject, each.about) for each in found]

    assert not at(10, A=10, B=10)
    assert not at(12, A=9.5, B=12), "a moment without a sign of life"
    assert not at(12.4, B=12), "it does not hold, for less than that"
    assert at(12.5, B=12) == [("book stale", "SIM A")], "and is 3 s old"
    assert not at(13, B=12)
    assert at(14, A=14, B=12) == [("book fresh", "SIM A")]
    assert at(15, A=15) == [("book stale", "SIM B")]
    assert at(16, A=16, B=15.9) == [("book fresh", "SIM B")]


def test_prices_that_never_came_are_noticed_and_many_at_once_are_one_notice() -> None:
    names = tuple("ABCDEFG")
    watch = BookWatch({SIM: Followed(symbols=names, stale_after_ns=3 * SECOND)}, Feed())
    assert not list(watch.look(0))
    assert not list(watch.look(2 * SECOND))
    (found,) = watch.look(3 * SECOND)
    assert (found.about, "7 instruments (A, B, C, D, E, ...)" in found.text) == ("SIM", True)


def test_a_session_of_whose_orders_too_many_are_refused_is_noticed_once() -> None:
    verdicts: dict[tuple[SessionName, ExecType], int] = {}
    watch = RejectWatch(verdicts, share=0.5, orders_min=10, window_s=3)
    said = []
    for new, rejected in [(0, 0), (9, 0), (9, 9), (9, 10), (9, 11), (30, 11), (30, 40)]:
        verdicts[CLIENT, ExecType.NEW], verdicts[CLIENT, ExecType.REJECTED] = new, rejected
        said.append([each.text for each in watch.look(0)])
    assert said[2] == ["Session CLIENT: 9 of the last 18 orders were refused"]
    assert said[6] == ["Session CLIENT: 30 of the last 51 orders were refused"]
    assert not any(said[at] for at in (0, 1, 3, 4, 5))


def test_a_journal_that_is_late_or_away_is_noticed_and_that_it_is_well_again() -> None:
    inbox, away = Inbox(), [False]
    watch = JournalWatch(inbox, lambda: away[0], lag_ns=2 * SECOND)
    assert not list(watch.look(0))
    assert not list(watch.look(SECOND))
    assert [each.text for each in watch.look(2 * SECOND)] == ["The journal is 2.0 s behind"]
    assert not list(watch.look(3 * SECOND))
    reach(inbox)
    assert [each.subject for each in watch.look(4 * SECOND)] == ["journal well"]
    away[0] = True
    assert [each.text for each in watch.look(5 * SECOND)] == [
        "The journal is away: orders are refused"
    ]


def reach(inbox: Inbox) -> None:
    """All that waits is durable."""
    for item in inbox.drain():
        assert isinstance(item, Mark)
        item.reached()


def test_while_the_journal_is_away_people_are_told_past_it_and_the_journal_hears_later() -> None:
    class Once:
        def look(self, now_ns: int) -> list[Noticed]:
            del now_ns
            return [Noticed(subject="venue down", about="SIM", text="down")]

    inbox, told = Inbox(), []
    noticer = Noticer(
        [Once()],
        inbox,
        away=lambda: True,
        tell=lambda alert, at_ns: told.append((alert, at_ns)),
    )
    noticer.look(7)
    assert told == [(AlertRaised(subject="venue down", about="SIM", text="down"), 7)]
    (item,) = inbox.drain()
    assert isinstance(item, Given)
    assert item.given == Noticed(subject="venue down", about="SIM", text="down")
