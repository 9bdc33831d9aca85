"""May this order go to this venue at all: permission, instrument, type, tick, lot, minimum.

Here: check() and check_part(), the only makers of RiskApproved, which every call of a venue needs.
Not here: duplicate ClOrdIDs (decide), limits (pretrade).
Source of the rules: controls 8 and 11; the venue's own instrument filters.
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import maker, value
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.order import Instruction, Terms
from fixgate.domain.rounding import ZERO, is_multiple, notional, to_wire
from fixgate.domain.sessions import SessionRules
from fixgate.domain.values import RefusalReason as R
from fixgate.risk.capabilities import off_lot, unsupported
from fixgate.risk.case import Case
from fixgate.risk.conduct import permission
from fixgate.risk.pretrade import within_limits


@value
class RiskApproved:
    """An order that passed every check. Only ``check`` and ``check_part`` make one."""

    instruction: Instruction
    terms: Terms
    valued_px: Decimal | None = None  # the reference price, where its value counts


_approved: Final = maker(RiskApproved)


def check(
    instruction: Instruction,
    terms: Terms,
    *,
    rules: SessionRules,
    instrument: Instrument,
    profile: VenueProfile,
    at_ns: int,
    case: Case | None = None,
) -> RiskApproved | Refusal:
    """The order approved, or the first reason why not, in the order of RefusalReason.

    case: the order before its limits; None: it has none.
    """
    refusal = (
        _permission(instruction, rules)
        or (None if case is None else permission(case))
        or _of_venue(terms, profile, instrument, at_ns)
        or (None if case is None else within_limits(case))
    )
    if refusal is not None:
        return refusal
    valued_px = case.reference_px if case is not None and case.applied.priced else None
    return _approved(instruction=instruction, terms=terms, valued_px=valued_px)


def check_part(
    instruction: Instruction,
    terms: Terms,
    *,
    instrument: Instrument,
    profile: VenueProfile,
    at_ns: int,
    case: Case | None = None,
) -> RiskApproved | Refusal:
    """A part of an approved order, approved for its venue.

    What holds for orders at any venue was held against the whole.
    case: the part before what its venue alone asks for; None: nothing.
    """
    refusal = _of_venue(terms, profile, instrument, at_ns)
    if refusal is None and case is not None:
        refusal = permission(case) or within_limits(case)
    if refusal is not None:
        return refusal
    valued_px = case.reference_px if case is not None and case.applied.priced else None
    return _approved(instruction=instruction, terms=terms, valued_px=valued_px)


def _of_venue(
    terms: Terms, profile: VenueProfile, instrument: Instrument, at_ns: int
) -> Refusal | None:
    return (
        unsupported(terms, profile, instrument)
        or _expired(terms, at_ns)
        or quantity(terms.order_qty, instrument)
        or _extras(terms, instrument)
        or prices(terms, instrument)
    )


def _permission(instruction: Instruction, rules: SessionRules) -> Refusal | None:
    if rules.accounts and instruction.account not in rules.accounts:
        account = instruction.account or "(none)"
        return Refusal(R.NOT_PERMITTED, f"Account (1) {account} is not permitted on this session")
    if rules.venues and instruction.venue not in rules.venues:
        return Refusal(
            R.NOT_PERMITTED, f"Venue {instruction.venue} is not permitted on this session"
        )
    return None


def _extras(terms: Terms, instrument: Instrument) -> Refusal | None:
    return None if terms.extras is None else off_lot(terms.extras, instrument)


def _expired(terms: Terms, at_ns: int) -> Refusal | None:
    if terms.expire_at_ns is not None and terms.expire_at_ns <= at_ns:
        return Refusal(R.OTHER, "ExpireTime (126) or ExpireDate (432) has passed")
    return None


def quantity(order_qty: Decimal, instrument: Instrument) -> Refusal | None:
    """Why ``order_qty`` cannot trade, if so: sign, lot, minimum, maximum."""
    if order_qty <= ZERO:
        shown = to_wire(order_qty)
        return Refusal(R.INCORRECT_QUANTITY, f"OrderQty (38) {shown} must be above zero")
    if not is_multiple(order_qty, instrument.lot_size):
        shown, lot = to_wire(order_qty), to_wire(instrument.lot_size)
        return Refusal(
            R.INCORRECT_QUANTITY, f"OrderQty (38) {shown} is not a multiple of lot {lot}"
        )
    if order_qty < instrument.min_qty:
        shown, least = to_wire(order_qty), to_wire(instrument.min_qty)
        return Refusal(R.INCORRECT_QUANTITY, f"OrderQty (38) {shown} is below the minimum {least}")
    if instrument.max_qty is not None and order_qty > instrument.max_qty:
        shown, most = to_wire(order_qty), to_wire(instrument.max_qty)
        return Refusal(R.INCORRECT_QUANTITY, f"OrderQty (38) {shown} is above the maximum {most}")
    return None


def prices(terms: Terms, instrument: Instrument) -> Refusal | None:
    """Why the prices of ``terms`` cannot rest, if so: sign, tick, minimum notional."""
    for name, px in (("Price (44)", terms.price), ("StopPx (99)", terms.stop_px)):
        if px is None:
            continue
        if px <= ZERO:
            return Refusal(R.INCORRECT_PRICE, f"{name} {to_wire(px)} must be above zero")
        if not is_multiple(px, instrument.tick_size):
            tick = to_wire(instrument.tick_size)
            return Refusal(
                R.INCORRECT_PRICE, f"{name} {to_wire(px)} is not a multiple of tick {tick}"
            )
    if terms.price is not None and notional(terms.order_qty, terms.price) < instrument.min_notional:
        least = to_wire(instrument.min_notional)
        return Refusal(
            R.INCORRECT_QUANTITY, f"OrderQty (38) times Price (44) is below the minimum {least}"
        )
    return None
