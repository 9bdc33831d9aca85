"""What a new process says first, and what it hands to its venues.

Here: opening_inputs() and working_legs(); standing(), what operations left in force.
Not here: loading (the store), waiting for venues (bootstrap).
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from fixgate.application.effects import by_name
from fixgate.application.ports.fix import SessionChanged
from fixgate.application.ports.journal import OperatorRow
from fixgate.application.ports.venue import SubmitLeg, WorkingLeg
from fixgate.domain.balance import Differences
from fixgate.domain.frozen import value
from fixgate.domain.holding import carried
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import (
    Input,
    LimitsConfigured,
    RoutingConfigured,
    SessionsConfigured,
    Started,
    VenueConfigured,
)
from fixgate.domain.instruments import VenueProfile
from fixgate.domain.operations import Kill, coverage_from
from fixgate.domain.order import Order, RequestPhase
from fixgate.domain.routing import smart_profile
from fixgate.domain.sessions import SessionRules
from fixgate.domain.state import State


@value
class Standing:
    """What operations decided and nobody has undone."""

    kills: tuple[Kill, ...] = ()
    disabled: tuple[SessionName, ...] = ()
    paused: tuple[tuple[SessionName, str], ...] = ()


def standing(actions: Iterable[OperatorRow]) -> Standing:
    """What stands after these actions, oldest first."""
    kills: dict[str, Kill] = {}
    disabled: dict[SessionName, None] = {}
    paused: dict[SessionName, str] = {}
    for each in actions:
        match each.action:
            case "kill_switch_on":
                kills[each.subject] = Kill(
                    coverage=coverage_from(each.subject),
                    person=each.person,
                    reason=each.reason,
                    at_ns=each.at_ns,
                )
            case "kill_switch_off":
                kills.pop(each.subject, None)
            case "disable_session":
                disabled[SessionName(each.subject)] = None
            case "enable_session":
                disabled.pop(SessionName(each.subject), None)
            case "pause_session":
                paused[SessionName(each.subject)] = each.reason
            case "release_session":
                paused.pop(SessionName(each.subject), None)
            case _:
                pass
    return Standing(
        kills=tuple(kills.values()), disabled=tuple(disabled), paused=tuple(paused.items())
    )


class Seen(Protocol):
    """A session as the store has it."""

    @property
    def name(self) -> SessionName: ...
    @property
    def connected(self) -> bool: ...
    @property
    def peer(self) -> str: ...
    @property
    def cancel_after_ms(self) -> int | None: ...


def left_behind(
    sessions: Iterable[Seen], open_orders: Iterable[Order], now_ns: int
) -> list[SessionChanged]:
    """The ends of connections that nobody wrote down: they ended with the process before.

    Also of those that ended shortly before it did, whose orders were still to be canceled:
    all of a session, or those that ask for it themselves (18=Q).
    """
    asking = {each.instruction.session for each in open_orders if each.instruction.on_disconnect}
    return [
        SessionChanged(
            at_ns=now_ns,
            session=each.name,
            connected=False,
            peer=each.peer,
            text="the gateway was restarted",
            cancel_on_disconnect=each.cancel_after_ms is not None,
        )
        for each in sessions
        if each.connected or each.cancel_after_ms is not None or each.name in asking
    ]


def opening_inputs(
    state: State,
    *,
    version: str,
    fingerprint: str,
    sessions: tuple[SessionRules, ...],
    aliases: tuple[tuple[str, str], ...],
    profiles: Iterable[VenueProfile] = (),
    differences: Mapping[VenueName, Differences] | None = None,
    refused: Iterable[SessionName] = (),
    standing: Standing | None = None,
    limits: LimitsConfigured | None = None,
    routing: RoutingConfigured | None = None,
) -> list[Input]:
    """The first inputs of a process: what it found, and the rules in force (control 30)."""
    profiles = tuple(profiles)
    smart = () if routing is None else (VenueConfigured(profile=smart_profile(profiles)), routing)
    return [
        Started(
            epoch=state.ids.epoch,
            open_orders=tuple(state.orders),
            version=version,
            fingerprint=fingerprint,
            refused=tuple(sorted(refused)),
            kills=standing.kills if standing else (),
            disabled=standing.disabled if standing else (),
            paused=standing.paused if standing else (),
        ),
        SessionsConfigured(sessions=sessions, aliases=aliases),
        *(
            VenueConfigured(
                profile=each,
                differences=(differences or {}).get(each.venue, Differences.ADOPT),
            )
            for each in profiles
        ),
        *smart,
        *(() if limits is None else (limits,)),
    ]


def working_legs(state: State, profile: VenueProfile) -> list[WorkingLeg]:
    """The legs that the journal holds open at a venue."""
    return [
        _leg(each, profile)
        for each in state.open_orders()
        if each.instruction.venue == profile.venue and not each.waits
    ]


def _leg(order: Order, profile: VenueProfile) -> WorkingLeg:
    instruction = order.instruction
    head = order.requests[0] if order.requests else None
    submitting = head is not None and head.phase is RequestPhase.SUBMITTING
    terms = head.terms if submitting and head is not None and head.terms else order.terms
    return WorkingLeg(
        submit=SubmitLeg(
            venue_cl_ord_id=order.venue_cl_ord_id,
            # The venue lists its instruments later; only their names are needed until then.
            instrument=by_name(instruction),
            side=instruction.side,
            qty=order.leg_qty,
            terms=carried(terms, profile),
            account=instruction.account,
        ),
        acknowledged=not order.is_unanswered and not submitting,
        leg_cum_qty=order.leg_cum_qty,
        venue_order_id=order.venue_order_id,
    )
