"""Controls 6, 8, 9 and 12: what may not be traded, sent twice, met by oneself, or gone on with.

Here: permissions of instrument and side, orders that look sent twice, self-match, and the pause of
a session that trades again and again.
Not here: sessions, accounts and venues (admission); amounts (amounts).
"""

from decimal import Decimal

from fixgate.domain.counting import Prices, resting_px
from fixgate.domain.errors import Refusal
from fixgate.domain.exposure import Exposure
from fixgate.domain.ids import VenueName
from fixgate.domain.limits import Applied
from fixgate.domain.order import Instruction
from fixgate.domain.recent import likeness
from fixgate.domain.rounding import to_wire
from fixgate.domain.routing import SMART
from fixgate.domain.values import RefusalReason as R
from fixgate.domain.values import Side
from fixgate.risk.case import NS_PER_MS, Case


def permission(case: Case) -> Refusal | None:
    """Control 8: restricted instruments, and those and the sides that alone are permitted."""
    applied, symbol = case.applied, case.about.symbol
    if symbol in applied.restricted:
        return Refusal(R.NOT_PERMITTED, f"Symbol (55) {symbol} is on the restricted list")
    if applied.permitted is not None and symbol not in applied.permitted:
        return Refusal(R.NOT_PERMITTED, f"Symbol (55) {symbol} is not permitted on this session")
    if applied.sides is not None and case.about.side not in applied.sides:
        side = case.about.side
        return Refusal(
            R.NOT_PERMITTED, f"Side (54) {side.value}, {side.name.lower()}, is not permitted"
        )
    return None


def sent_twice(case: Case) -> Refusal | None:
    """Control 9: same side, instrument, quantity and price, and too soon."""
    within_ms = case.applied.limits.duplicate_within_ms
    if within_ms is None or case.before is not None:
        return None
    then_ns = case.exposure.recent.last_ns(likeness(case.about, case.terms))
    if then_ns is None or case.at_ns - then_ns >= within_ms * NS_PER_MS:
        return None
    return Refusal(
        R.REPEATED_ORDER,
        "An order with the same side, symbol, quantity and price was accepted"
        f" {(case.at_ns - then_ns) // NS_PER_MS} ms ago; such orders must be {within_ms} ms apart",
    )


def self_match(case: Case) -> Refusal | None:
    """Control 12: the order would meet an open order of the same account."""
    if not case.applied.limits.self_match:
        return None
    triggered = case.before is not None and case.before.triggered
    px = resting_px(case.terms, triggered=triggered)
    if px is None and case.terms.ord_type.needs_stop_px and not triggered:
        return None  # it waits for its stop
    buys = case.about.side is Side.BUY
    other = Side.SELL if buys else Side.BUY
    best = _best(case.way.against, case.about.venue, -1 if other is Side.BUY else 0)
    if best is None:
        return None
    if px is not None and (px < best if buys else px > best):
        return None
    what = "Price (44)" if px is not None else "A market order"
    return Refusal(
        R.SELF_MATCH,
        f"{what} would meet your own open order to {other.name.lower()} at {to_wire(best)}",
    )


def _best(own: Prices, venue: VenueName, best: int) -> Decimal | None:
    """The best price of one's own open orders; of a routed order, at any venue."""
    if venue != SMART:
        prices = own.get(venue)
        return prices[best] if prices else None
    found = [prices[best] for prices in own.values() if prices]
    if not found:
        return None
    return max(found) if best else min(found)


def repeated_trades(
    applied: Applied, about: Instruction, exposure: Exposure, at_ns: int
) -> str | None:
    """Control 6: why a session must be paused after a trade; None: it need not be."""
    most = applied.limits.repeated_trades
    if most is None:
        return None
    then_ns = exposure.traded_since(about, most.count)
    if then_ns is None or at_ns - then_ns > most.within_ms * NS_PER_MS:
        return None
    if about.session in exposure.paused:
        return None
    return f"{most.count} trades in {about.symbol} within {most.within_ms / 1000:g} s"


def paused(about: Instruction, exposure: Exposure) -> Refusal | None:
    """Control 6: the session waits for a person."""
    why = exposure.paused.get(about.session)
    if why is None:
        return None
    return Refusal(R.HALTED, f"The session is paused until operations release it: {why}")
