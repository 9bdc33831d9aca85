"""What a venue says in a scenario, as inputs of the core; and what it is told, as words.

Here: heard(), one input for one ``V>`` line; called(), the words for a venue call.
Not here: which order a line is about (runner).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from fixgate.application.step import Intent
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import (
    ClOrdID,
    TradeID,
    VenueClOrdID,
    VenueName,
    VenueOrderID,
    venue_cl_ord_id,
)
from fixgate.domain.order import Order
from fixgate.domain.values import ExecType, RestatementReason

_ENDS = {
    "canceled": ExecType.CANCELED,
    "expired": ExecType.EXPIRED,
    "done": ExecType.DONE_FOR_DAY,
    "rejected": ExecType.REJECTED,
    "filled": ExecType.TRADE,
}
_OUTCOMES = {
    "ack": i.Outcome.ACCEPTED,
    "accepted": i.Outcome.ACCEPTED,
    "rejected": i.Outcome.REJECTED,
    "refused": i.Outcome.REJECTED,
    "unknown": i.Outcome.UNKNOWN,
    "not": i.Outcome.NOT_SENT,
}


@dataclass
class Line:
    """The words of a line, and the order and leg they are about."""

    words: list[str]
    order: Order
    leg: int
    trade_id: str

    @property
    def venue(self) -> VenueName:
        return self.order.instruction.venue

    @property
    def venue_cl_ord_id(self) -> VenueClOrdID:
        return venue_cl_ord_id(self.order.order_id, self.leg)

    def option(self, name: str) -> Decimal | None:
        """The number after ``name``."""
        return Decimal(self.words[self.words.index(name) + 1]) if name in self.words else None


def heard(words: list[str], order: Order, trade_id: str) -> i.VenueInput:
    """What the line says. ``trade_id`` is used for a trade that names none."""
    leg = order.leg
    if "leg" in words:
        at = words.index("leg")
        leg, words = int(words[at + 1]), words[:at] + words[at + 2 :]
    line = Line(words, order, leg, trade_id)
    verb = words[0]
    if verb in ("ack", "rejected", "unknown") or words == ["not", "sent"]:
        return _answered(i.VenueCall.SUBMIT, words, line)
    if verb == "own":  # the cancel that no request of the client's asked for
        return replace(_answered(i.VenueCall.CANCEL, words[2:], line), request=None)
    if verb in ("cancel", "replace"):
        return _answered(i.VenueCall(verb), words[1:], line)
    return _SAYINGS[verb](line)


def _answered(call: i.VenueCall, words: list[str], line: Line) -> i.VenueAnswered:
    outcome = _OUTCOMES[words[0]]
    tail = [] if outcome is i.Outcome.NOT_SENT else words[1:]
    accepted = outcome is i.Outcome.ACCEPTED
    counted = accepted and call is i.VenueCall.CANCEL and tail
    requests = line.order.requests
    asked = requests and call is not i.VenueCall.SUBMIT
    return i.VenueAnswered(
        venue=line.venue,
        call=call,
        venue_cl_ord_id=line.venue_cl_ord_id,
        outcome=outcome,
        request=ClOrdID(requests[0].cl_ord_id) if asked else None,
        venue_order_id=VenueOrderID(f"V{line.leg}") if accepted else None,
        leg_cum_qty=Decimal(tail[0]) if counted else None,
        text=None if accepted else " ".join(tail) or None,
    )


def _traded(line: Line) -> i.VenueTraded:
    words = line.words
    trade_id = words[words.index("id") + 1] if "id" in words else line.trade_id
    return i.VenueTraded(
        venue=line.venue,
        venue_cl_ord_id=line.venue_cl_ord_id,
        trade_id=TradeID(trade_id),
        last_qty=Decimal(words[1]),
        last_px=Decimal(words[3]),
        fee=Decimal(words[words.index("fee") + 1]) if "fee" in words else None,
        fee_currency=words[words.index("fee") + 2] if "fee" in words else None,
    )


def _corrected(line: Line) -> i.VenueTradeCorrected:
    words = line.words
    busted, taken = words[0] == "bust", "fee" in words
    return i.VenueTradeCorrected(
        venue=line.venue,
        venue_cl_ord_id=line.venue_cl_ord_id,
        trade_id=TradeID(words[1]),
        last_qty=Decimal(0) if busted else Decimal(words[2]),
        last_px=Decimal(0) if busted else Decimal(words[4]),
        fee=Decimal(words[words.index("fee") + 1]) if taken else None,
        fee_currency=words[words.index("fee") + 2] if taken else None,
    )


def _closed(line: Line) -> i.VenueClosed:
    rest = line.words[3:]
    reason = None
    if rest[:1] == ["reason"]:
        reason, rest = RestatementReason(rest[1]), rest[2:]
    return i.VenueClosed(
        venue=line.venue,
        venue_cl_ord_id=line.venue_cl_ord_id,
        exec_type=_ENDS[line.words[1]],
        leg_cum_qty=Decimal(line.words[2]),
        restatement=reason,
        text=" ".join(rest) or None,
    )


def _restated(line: Line) -> i.VenueRestated:
    reason = line.option("reason")
    return i.VenueRestated(
        venue=line.venue,
        venue_cl_ord_id=line.venue_cl_ord_id,
        leg_qty=line.option("qty"),
        price=line.option("price"),
        restatement=RestatementReason.OTHER if reason is None else RestatementReason(f"{reason}"),
    )


def _found(line: Line) -> i.VenueLegReported:
    words = line.words
    closed = words[1] == "closed"
    return i.VenueLegReported(
        venue=line.venue,
        venue_cl_ord_id=line.venue_cl_ord_id,
        state=i.LegState.CLOSED if closed else i.LegState.WORKING,
        venue_order_id=VenueOrderID(f"V{line.leg}"),
        leg_cum_qty=Decimal(words[2]),
        leg_qty=line.option("qty"),
        price=line.option("price"),
        exec_type=_ENDS[words[3]] if closed else None,
    )


def _not_found(line: Line) -> i.VenueLegReported:
    return i.VenueLegReported(
        venue=line.venue, venue_cl_ord_id=line.venue_cl_ord_id, state=i.LegState.NOT_FOUND
    )


def _triggered(line: Line) -> i.VenueTriggered:
    return i.VenueTriggered(venue=line.venue, venue_cl_ord_id=line.venue_cl_ord_id)


_SAYINGS: dict[str, Callable[[Line], i.VenueInput]] = {
    "trade": _traded,
    "correct": _corrected,
    "bust": _corrected,
    "closed": _closed,
    "restated": _restated,
    "found": _found,
    "not": _not_found,
    "triggered": _triggered,
}


def called(intent: Intent) -> str:
    """A venue call in words."""
    match intent:
        case e.OrderRouted():
            return f"submit {intent.qty} {_price(intent.terms.price)}"
        case e.ReplaceSent():
            return f"replace {intent.qty} {_price(intent.terms.price)}"
        case e.CancelSent():
            return "cancel"
        case e.QuerySent():
            return "query"


def _price(price: Decimal | None) -> str:
    return "market" if price is None else f"@ {price}"
