"""What the edge notices, and that it says so once."""

from fixgate.application.inbox import Given, Inbox, Mark
from fixgate.application.noticing import JournalWatch, Noticer, RejectWatch, VenueWatch
from fixgate.domain.events import AlertRaised
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import Noticed
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
