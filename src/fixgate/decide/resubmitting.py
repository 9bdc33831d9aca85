"""An order that certainly never reached its venue, sent once more: where its session asks for it.

Here: submit_again(), which says whether, and gives the intent.
Not here: being certain (the venue adapters), what becomes of it otherwise (settle).
"""

from fixgate.decide.holding import sent
from fixgate.decide.new_order import admit, halted
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.holding import gone_off
from fixgate.domain.order import Order
from fixgate.domain.sessions import SessionRules
from fixgate.domain.values import OrdStatus, RefusalReason


def submit_again(turn: Turn, order: Order) -> e.OrderRouted | None:
    """The intent to send the order; None: it is not to be sent.

    It is sent under the same name, so that a venue would refuse it if the first were there after
    all. An order is not sent if the client may think otherwise of it: it asked for a cancel or
    replace meanwhile, or it was told that its messages are not taken (380=4), which an earlier
    process says when its journal fails, although the last commit may yet have been durable.
    """
    state, session = turn.state, order.instruction.session
    rules = state.sessions.get(session)
    if rules is None or order.requests or order.withdrawn is not None:
        return None
    if not (_protects_still(order) or _wanted(turn, order, rules)):
        return None
    if halted(state, order.instruction) is not None or not _admitted(turn, order):
        return None
    profile = state.venues[order.instruction.venue]
    active = order.protects and order.has_gone_off
    terms = gone_off(order.terms, profile) if active else sent(state, order, order.terms)
    return e.OrderRouted(order_id=order.order_id, leg=order.leg, qty=order.leg_qty, terms=terms)


def _protects_still(order: Order) -> bool:
    """What it protects was traded, whatever the session asks for and however long it took."""
    return order.protects and order.is_unanswered


def _wanted(turn: Turn, order: Order, rules: SessionRules) -> bool:
    if not _young(order, rules.submit_again_ms, turn.moment.at_ns):
        return False
    refused = rules.name in turn.state.refused_at_end
    # A part of a routed order may as well go elsewhere: that is decided anew.
    return order.stage is OrdStatus.PENDING_NEW and not refused and order.part_of is None


def _young(order: Order, within_ms: int, now_ns: int) -> bool:
    return 0 <= now_ns - order.received_at_ns < within_ms * 1_000_000


def _admitted(turn: Turn, order: Order) -> bool:
    """Whether it would be taken if it came now."""
    state, instruction = turn.state, order.instruction
    instrument = state.instrument(instruction.venue, instruction.symbol)
    if instrument is None or not instrument.active or not state.venues_up.get(instruction.venue):
        return False
    verdict = admit(turn, instruction, order.terms, instrument, order)
    # No price comes with what a venue says: the order was held against one when it was taken.
    return not isinstance(verdict, Refusal) or verdict.reason is RefusalReason.NOT_PRICED
