"""What a new process says first, and what it hands to its venues.

Here: opening_inputs() and working_legs().
Not here: loading (the store), waiting for venues (bootstrap).
"""

from collections.abc import Iterable
from decimal import Decimal

from fixgate.application.ports.venue import SubmitLeg, WorkingLeg
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import Input, SessionsConfigured, Started, VenueConfigured
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.order import Order, RequestPhase
from fixgate.domain.sessions import SessionRules
from fixgate.domain.state import State
from fixgate.domain.values import OrdStatus

_ANY_STEP = Decimal(1).scaleb(-12)


def opening_inputs(
    state: State,
    *,
    version: str,
    fingerprint: str,
    sessions: tuple[SessionRules, ...],
    aliases: tuple[tuple[str, str], ...],
    profiles: Iterable[VenueProfile],
    refused: Iterable[SessionName] = (),
) -> list[Input]:
    """The first inputs of a process: what it found, and the rules in force (control 30)."""
    return [
        Started(
            epoch=state.ids.epoch,
            open_orders=tuple(state.orders),
            version=version,
            fingerprint=fingerprint,
            refused=tuple(sorted(refused)),
        ),
        SessionsConfigured(sessions=sessions, aliases=aliases),
        *(VenueConfigured(profile=each) for each in profiles),
    ]


def working_legs(state: State, venue: VenueName) -> list[WorkingLeg]:
    """The legs that the journal holds open at ``venue``."""
    return [_leg(each) for each in state.open_orders() if each.instruction.venue == venue]


def _leg(order: Order) -> WorkingLeg:
    instruction = order.instruction
    head = order.requests[0] if order.requests else None
    submitting = head is not None and head.phase is RequestPhase.SUBMITTING
    terms = head.terms if submitting and head is not None and head.terms else order.terms
    return WorkingLeg(
        submit=SubmitLeg(
            venue_cl_ord_id=order.venue_cl_ord_id,
            # The venue lists its instruments later; only their names are needed until then.
            instrument=Instrument(
                venue=instruction.venue,
                symbol=instruction.symbol,
                venue_symbol=instruction.venue_symbol,
                tick_size=_ANY_STEP,
                lot_size=_ANY_STEP,
            ),
            side=instruction.side,
            qty=order.leg_qty,
            terms=terms,
            account=instruction.account,
        ),
        acknowledged=order.stage is not OrdStatus.PENDING_NEW and not submitting,
        leg_cum_qty=order.leg_cum_qty,
        venue_order_id=order.venue_order_id,
    )
