"""An alert is told once, however often it is raised again."""

from fixgate.application.alarms import KEPT_MAX, Alarms, Repeats
from fixgate.application.ports.journal import AlertRow
from fixgate.domain.events import AlertRaised

SECOND = 1_000_000_000


def an_alert(about: str = "SIM", text: str = "down") -> AlertRaised:
    return AlertRaised(subject="venue down", text=text, about=about)


def test_the_same_alert_is_told_once_until_its_window_has_passed() -> None:
    told: list[AlertRow] = []
    alarms = Alarms([told.append], after_ns=300 * SECOND)
    for at_s in (0, 10, 300, 301, 302):
        alarms.take(an_alert(text=f"down at {at_s}"), at_s * SECOND)
    assert [each.text for each in told] == ["down at 0", "down at 301"]


def test_an_alert_about_something_else_is_another_one() -> None:
    told: list[AlertRow] = []
    alarms = Alarms([told.append], after_ns=300 * SECOND)
    alarms.take(an_alert("SIM"), 0)
    alarms.take(an_alert("BINANCE"), 0)
    assert [each.about for each in told] == ["SIM", "BINANCE"]


def test_a_repeated_alert_keeps_its_row_and_counts() -> None:
    repeats = Repeats(after_ns=300 * SECOND)
    first = repeats.row(5, 0, an_alert())
    again = repeats.row(9, SECOND, an_alert())
    assert (first.seq, first.times, first.last_ns) == (5, 1, None)
    assert (again.seq, again.times, again.last_ns) == (5, 2, SECOND)


def test_memory_for_alerts_is_bounded() -> None:
    repeats = Repeats(after_ns=300 * SECOND)
    for number in range(KEPT_MAX * 2):
        repeats.row(number, 0, an_alert(about=str(number)))
    assert len(repeats._kept) == KEPT_MAX
