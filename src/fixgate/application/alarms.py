"""Alerts on their way to people: each once, however often it is raised again.

Here: Repeats, which tells news from repetition; Alarms, which hands news to whoever must hear.
Not here: what is an alert (decide, noticing), how people are reached (adapters/webhooks, the log).
"""

from collections.abc import Callable, Sequence
from typing import Final

from fixgate.application.ports.journal import AlertRow
from fixgate.domain.events import AlertRaised

KEPT_MAX: Final = 1_000
Hearer = Callable[[AlertRow], None]
"""Is told of an alert; returns at once."""


class Repeats:
    """Alerts of one subject about one thing are one alert while no more than ``after_ns`` old."""

    def __init__(self, after_ns: int) -> None:
        self._after_ns = after_ns
        self._kept: dict[tuple[str, str], AlertRow] = {}  # the oldest first

    def row(self, seq: int, at_ns: int, event: AlertRaised) -> AlertRow:
        """The alert as a row: a new one, or the one that it repeats with a higher count."""
        key = (event.subject, event.about or event.order_id or event.text)
        known = self._kept.get(key)
        if known is None or at_ns - known.at_ns > self._after_ns:
            self._kept.pop(key, None)
            known = AlertRow(seq, at_ns, event.subject, event.text, event.order_id, event.about)
        else:
            known = AlertRow(
                known.seq,
                known.at_ns,
                known.subject,
                known.text,
                known.order_id,
                known.about,
                known.times + 1,
                at_ns,
            )
        self._kept[key] = known
        if len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        return known


class Alarms:
    """Tells each hearer of each alert that is news."""

    def __init__(self, hearers: Sequence[Hearer], *, after_ns: int) -> None:
        self._hearers = hearers
        self._repeats = Repeats(after_ns)

    def take(self, event: AlertRaised, at_ns: int) -> None:
        """An alert that is durable; or one that cannot be, because the journal is away."""
        row = self._repeats.row(0, at_ns, event)
        if row.times == 1:
            for each in self._hearers:
                each(row)
