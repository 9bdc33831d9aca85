"""Limits that come into force, and sessions that are paused (controls 6 and 15).

Here: what a person's or a start's word on limits leads to, what its time brings, and the pause of
a session that trades again and again.
Not here: holding orders against limits (risk).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.frozen import changed
from fixgate.domain.limit_changes import differences
from fixgate.domain.limits import Dealt, LimitChange, LimitSet, LimitStep, day_end_ns
from fixgate.domain.order import Instruction
from fixgate.risk.conduct import repeated_trades

AT_START: Final = "as the files say at the start"
_DETAIL_LENGTH_MAX: Final = 2_000


def configured(turn: Turn, message: i.LimitsConfigured) -> Iterator[e.Event]:
    """A start: what stood goes on; what the files say comes into force where nobody must agree."""
    standing, wanted = message.standing, message.limits
    files = LimitChange(
        limits=wanted, person="start", reason=AT_START, effective_ns=message.effective_ns
    )
    if standing.in_force is None:
        yield _changed(turn, LimitStep.IN_FORCE, files, message.dealt)
        return
    four_eyes = standing.in_force.limits.four_eyes
    same = wanted == standing.in_force.limits
    at_once = not four_eyes and not same and not _is_later(turn, files)
    first = files if at_once else standing.in_force
    yield _changed(turn, LimitStep.IN_FORCE, first, message.dealt, again=not at_once)
    if standing.scheduled is not None and not at_once:
        yield _changed(turn, LimitStep.SCHEDULED, standing.scheduled, again=True)
    if standing.proposed is not None:
        yield _changed(turn, LimitStep.PROPOSED, standing.proposed, again=True)
    if four_eyes and not same:
        text = "The limits in the files are not those in force; a change needs two persons"
        yield e.AlertRaised(subject="limits", text=text)
    elif not same and not at_once and standing.scheduled is None:
        yield _changed(turn, LimitStep.SCHEDULED, files)


def given(turn: Turn, command: i.LimitsGiven) -> Iterator[e.Event]:
    """A person wants other limits: proposed where a second one must agree, else in force."""
    book = turn.state.limits
    now = LimitSet() if book.in_force is None else book.in_force.limits
    if book.proposed is not None:
        text = f"a change that {book.proposed.person} wants waits for approval; withdraw it first"
        yield e.CommandRefused(text=text)
        return
    if now == command.limits and book.scheduled is None:
        yield e.CommandRefused(text="these limits are in force already")
        return
    change = LimitChange(
        limits=command.limits,
        person=command.person,
        reason=command.reason,
        effective_ns=command.effective_ns,
    )
    yield e.OperatorActed(
        action="propose_limits" if now.four_eyes else "set_limits",
        subject="limits",
        detail=detail(now, command.limits),
        person=command.person,
        reason=command.reason,
    )
    step = LimitStep.PROPOSED if now.four_eyes else _step(turn, change)
    yield _changed(turn, step, change, command.dealt)


def agreed(turn: Turn, command: i.LimitsAgreed) -> Iterator[e.Event]:
    """A second person agrees."""
    book = turn.state.limits
    proposed = book.proposed
    if proposed is None:
        yield e.CommandRefused(text="no change of limits waits for approval")
        return
    if proposed.person == command.person:
        yield e.CommandRefused(text=f"{command.person} wants the change; another must approve it")
        return
    change = changed(proposed, approved_by=command.person)
    yield e.OperatorActed(
        action="approve_limits",
        subject="limits",
        detail=f"proposed by {proposed.person}: {proposed.reason}",
        person=command.person,
        reason=command.reason,
    )
    yield _changed(turn, _step(turn, change), change)


def dropped(turn: Turn, command: i.LimitsDropped) -> Iterator[e.Event]:
    """What waits is not wanted any more."""
    book = turn.state.limits
    waits = book.proposed or book.scheduled
    if waits is None:
        yield e.CommandRefused(text="no change of limits waits for anything")
        return
    yield e.OperatorActed(
        action="withdraw_limits",
        subject="limits",
        detail=f"wanted by {waits.person}: {waits.reason}",
        person=command.person,
        reason=command.reason,
    )
    yield _changed(turn, LimitStep.WITHDRAWN, waits)


def limits_due(turn: Turn) -> Iterator[e.Event]:
    """Limits whose time has come; a new day."""
    due = turn.state.limits.due(turn.moment.at_ns)
    if due is not None:
        yield _changed(turn, LimitStep.IN_FORCE, due)
    yield from new_day(turn)


def new_day(turn: Turn) -> tuple[e.Event, ...]:
    """Control 7: what was traded before midnight counts no more."""
    if not turn.state.exposure.day_is_over(turn.moment.at_ns):
        return ()
    in_force = turn.state.limits.in_force
    zone = LimitSet().time_zone if in_force is None else in_force.limits.time_zone
    return (e.DayBegan(day_ends_ns=day_end_ns(turn.moment.at_ns, zone)),)


def paused_after(turn: Turn, about: Instruction) -> Iterator[e.Event]:
    """Control 6: a session that trades too often on one instrument waits for a person."""
    applied = turn.state.limits.applied(about)
    if applied is None:
        return
    why = repeated_trades(applied, about, turn.state.exposure, turn.moment.at_ns)
    if why is not None:
        yield e.OperatorActed(
            action="pause_session", subject=about.session, detail=why, person="fixgate", reason=why
        )
        yield e.SessionPaused(session=about.session, text=why)
        yield e.AlertRaised(
            subject="session paused",
            text=f"Session {about.session} is paused: {why}",
            about=str(turn.moment.seq),
        )


def released(turn: Turn, command: i.SessionReleased) -> Iterator[e.Event]:
    """A named person lets a paused session go on."""
    if command.session not in turn.state.exposure.paused:
        yield e.CommandRefused(text=f"session {command.session} is not paused")
        return
    yield e.OperatorActed(
        action="release_session",
        subject=command.session,
        detail="",
        person=command.person,
        reason=command.reason,
    )
    yield e.PauseEnded(session=command.session)


def detail(before: LimitSet, after: LimitSet) -> str:
    """What a change changes, for the record."""
    return "; ".join(differences(before, after))[:_DETAIL_LENGTH_MAX]


def _step(turn: Turn, change: LimitChange) -> LimitStep:
    return LimitStep.SCHEDULED if _is_later(turn, change) else LimitStep.IN_FORCE


def _is_later(turn: Turn, change: LimitChange) -> bool:
    return change.effective_ns is not None and change.effective_ns > turn.moment.at_ns


def _changed(
    turn: Turn,
    step: LimitStep,
    change: LimitChange,
    dealt: tuple[Dealt, ...] = (),
    *,
    again: bool = False,
) -> e.LimitsChanged:
    return e.LimitsChanged(
        step=step,
        change=change,
        day_ends_ns=day_end_ns(turn.moment.at_ns, change.limits.time_zone),
        dealt=dealt,
        again=again,
    )
