"""The orders that an entry asks for by StopLossPx (20003) and TakeProfitPx (20004).

They are a list with their entry, and wait until it trades (docs/decisions/0026).

Here: which orders, why they cannot be had, and taking them with their entry.
Not here: what follows for them when one of their list moves (protecting).
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from fixgate.decide.completing import market_px
from fixgate.decide.holding import unseen
from fixgate.decide.limited import limited
from fixgate.decide.listing import take
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.extras import NAMES, Extras
from fixgate.domain.frozen import changed, value
from fixgate.domain.ids import CL_ORD_ID_LENGTH_MAX, ClOrdID
from fixgate.domain.instruments import Instrument
from fixgate.domain.lists import STOP_LOSS, TAKE_PROFIT, Contingency, Membership
from fixgate.domain.order import Instruction, Terms
from fixgate.domain.values import OrdType, PositionEffect, Side, TimeInForce
from fixgate.domain.values import RefusalReason as R
from fixgate.risk.admission import RiskApproved, check_part
from fixgate.risk.collar import price_collar
from fixgate.risk.conduct import permission
from fixgate.risk.protection import contradicted, misplaced

_ITS_OWN: Final = frozenset({18, 58, 126, 432})  # what only the entry said of itself


@value
class Exit:
    """An order that is to protect an entry."""

    cl_ord_id: ClOrdID
    verdict: RiskApproved


def unprotectable(
    turn: Turn, cl_ord_id: ClOrdID, about: Instruction, terms: Terms, instrument: Instrument
) -> Refusal | None:
    """Why what an order trades cannot be protected as it asks."""
    extras = terms.extras
    if extras is None or not extras.is_protected:
        return None
    refusal = contradicted(extras, about.venue) or misplaced_now(turn, about.side, terms)
    if refusal is not None:
        return refusal
    if (about.session, turn.order_id()) in turn.state.lists:
        return Refusal(R.OTHER, f"ListID (66) {turn.order_id()} was used before, by a list")
    found = _exits(turn, cl_ord_id, about, terms, instrument)
    return found if isinstance(found, Refusal) else None


def misplaced_now(turn: Turn, side: Side, terms: Terms) -> Refusal | None:
    """Prices on the wrong side of what the order gets, as far as that is known."""
    extras = terms.extras
    if extras is None or not extras.is_protected:
        return None
    return misplaced(extras, side, terms.price or terms.stop_px or market_px(turn, side))


def protected(turn: Turn, cl_ord_id: ClOrdID, entry: RiskApproved) -> Iterator[e.Event]:
    """An entry, and the orders that are to protect it."""
    about = entry.instruction
    instrument = turn.state.instruments[about.venue][about.symbol]
    found = _exits(turn, cl_ord_id, about, entry.terms, instrument)
    exits = [] if isinstance(found, Refusal) else found
    entry_id = turn.order_id()
    ids = (entry_id, *(turn.part_id() for _ in exits))
    for seq, each in enumerate([Exit(cl_ord_id=cl_ord_id, verdict=entry), *exits], 1):
        member = Membership(
            list_id=entry_id,
            seq=seq,
            contingency=Contingency.ONE_TRIGGERS_OTHER,
            orders=ids,
            follows=True,
        )
        yield from take(turn, each.cl_ord_id, each.verdict, member)


def _exits(
    turn: Turn, cl_ord_id: ClOrdID, about: Instruction, terms: Terms, instrument: Instrument
) -> list[Exit] | Refusal:
    extras = terms.extras or Extras()
    stop_loss, take_profit = extras.stop_loss_px, extras.take_profit_px
    wanted = (("stop_loss_px", STOP_LOSS, stop_loss), ("take_profit_px", TAKE_PROFIT, take_profit))
    exits: list[Exit] = []
    for name, suffix, px in wanted:
        if px is None:
            continue
        own_id, stops = ClOrdID(cl_ord_id + suffix), px is stop_loss
        found = _name_taken(turn, about, own_id) or _verdict(
            turn, about, _terms(terms, px, instrument, stops=stops), instrument
        )
        if stops and isinstance(found, RiskApproved) and _is_held(turn, found, take_profit):
            found = unseen(turn, turn.state.venues[about.venue]) or found
        if isinstance(found, Refusal):
            return Refusal(found.reason, f"{NAMES[name]}: {found.text}")
        exits.append(Exit(cl_ord_id=own_id, verdict=found))
    return exits


def _is_held(turn: Turn, stop: RiskApproved, take_profit: Decimal | None) -> bool:
    """Whether the stop waits with us: its venue has none, or the other exit is there."""
    kind = (stop.terms.ord_type, stop.terms.time_in_force)
    own = turn.state.venues[stop.instruction.venue].accepts
    return take_profit is not None or kind not in own


def _terms(terms: Terms, px: Decimal, instrument: Instrument, *, stops: bool) -> Terms:
    """Those of an order that takes back what ``terms`` have traded."""
    extras = None
    if instrument.is_derivative:
        mode = None if terms.extras is None else terms.extras.margin_mode
        extras = Extras(position_effect=PositionEffect.CLOSE, margin_mode=mode)
    return Terms(
        order_qty=terms.order_qty,
        ord_type=OrdType.STOP if stops else OrdType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCEL,
        price=None if stops else px,
        stop_px=px if stops else None,
        extras=extras,
    )


def _name_taken(turn: Turn, about: Instruction, cl_ord_id: ClOrdID) -> Refusal | None:
    if len(cl_ord_id) > CL_ORD_ID_LENGTH_MAX:
        text = f"its ClOrdID (11) {cl_ord_id} would be longer than {CL_ORD_ID_LENGTH_MAX}"
        return Refusal(R.OTHER, text)
    if turn.state.knows(about.session, cl_ord_id):
        return Refusal(R.DUPLICATE_ORDER, f"its ClOrdID (11) {cl_ord_id} was used before")
    return None


def _verdict(
    turn: Turn, about: Instruction, terms: Terms, instrument: Instrument
) -> RiskApproved | Refusal:
    """As a part of its entry: what it takes back was counted there, so that no amount limits it."""
    side = Side.SELL if about.side is Side.BUY else Side.BUY
    kept = tuple(each for each in about.echo if each[0] not in _ITS_OWN)
    # It outlives the connection of its client, if the entry is not canceled with that (18=Q).
    about = changed(about, side=side, echo=kept, on_disconnect=about.on_disconnect or False)
    case = limited(turn, about, terms)
    if case is not None:
        refusal = permission(case) or price_collar(case)
        if refusal is not None:
            return refusal
    profile = turn.state.venues[about.venue]
    return check_part(about, terms, instrument=instrument, profile=profile, at_ns=turn.moment.at_ns)
