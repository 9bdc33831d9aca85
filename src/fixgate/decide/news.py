"""News (B): a venue went down or came back, for the clients that trade there.

Here: who is told, and the words. Not here: noticing it (the venue adapters).
"""

from collections.abc import Iterator

from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import VenueConnection
from fixgate.domain.sessions import SessionRules


def venue_news(turn: Turn, change: VenueConnection, *, before: bool | None) -> Iterator[e.Event]:
    """Tell who is logged on; ``before``: whether the venue was up. Coming up at a start is none."""
    if before is None and change.up:
        return
    state = turn.state
    for name, rules in sorted(state.sessions.items()):
        if rules.news and name in state.present and _trades_at(rules, change.venue):
            yield e.NewsTold(
                session=name,
                headline=f"{change.venue} is {'back' if change.up else 'not connected'}",
                lines=_lines(turn, rules, change),
                urgent=not change.up,
            )


def _trades_at(rules: SessionRules, venue: VenueName) -> bool:
    return not rules.venues or venue in rules.venues


def _lines(turn: Turn, rules: SessionRules, change: VenueConnection) -> tuple[str, ...]:
    about = [
        each.instruction
        for each in turn.state.open_orders()
        if each.instruction.session == rules.name
    ]
    count = sum(each.venue == change.venue for each in about)
    lines = [change.text] if change.text else []
    if change.up:
        lines.append(f"New orders are taken; open orders of this session there: {count}")
    else:
        lines.append(f"New orders are refused; open orders of this session there: {count}")
    return tuple(lines)
