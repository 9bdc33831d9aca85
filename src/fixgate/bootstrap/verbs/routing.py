"""The verb that says where an order would be routed right now. Nothing is sent.

Here: RoutingVerbs. Not here: choosing (routing), what was chosen for real (store.routing_record).
"""

from decimal import Decimal

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.market import Market
from fixgate.application.seeing import books_of
from fixgate.bootstrap.verbs.giving import decimal_or_none, names_or_none
from fixgate.decide.placing import placed, policy_of
from fixgate.decide.turn import Turn
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import Moment
from fixgate.domain.order import Instruction, Terms
from fixgate.domain.rounding import to_wire
from fixgate.domain.routing import SMART, Choice, RoutingPolicy
from fixgate.domain.state import State
from fixgate.domain.values import OrdType, Side, TimeInForce
from fixgate.routing import Asked

_TIMES = {
    "day": TimeInForce.DAY,
    "gtc": TimeInForce.GOOD_TILL_CANCEL,
    "ioc": TimeInForce.IMMEDIATE_OR_CANCEL,
    "fok": TimeInForce.FILL_OR_KILL,
}


class RoutingVerbs:
    """Registers the verb."""

    def __init__(self, state: State, market: Market, clock: Clock, verbs: Verbs) -> None:
        self._state = state
        self._market = market
        self._clock = clock
        verbs.add(
            "route",
            self._route,
            help="Where an order would be routed now",
            args=("side", "qty", "symbol", "limit", "tif", "policy", "session"),
        )

    async def _route(self, call: Call) -> Json:
        state = self._state
        session = SessionName(call.text("session"))
        if session not in state.sessions:
            raise Misused(
                f"no session {session[:64]}; there are: {names_or_none([*state.sessions])}"
            )
        policy = self._policy(call, session)
        instrument = state.instrument(SMART, call.text("symbol"))
        if instrument is None:
            raise Misused(f"no venue lists {call.text('symbol')[:64]}")
        asked = _asked(call)
        about = Instruction(
            session=session,
            venue=SMART,
            symbol=instrument.symbol,
            venue_symbol=instrument.venue_symbol,
            side=asked.side,
        )
        moment = Moment(seq=0, at_ns=self._clock.now_ns())
        seen = books_of(state, self._market, instrument.symbol)
        found = placed(Turn(state, moment, seen), about, asked, policy, {})
        return {
            "policy": found.policy,
            "refusal": found.plan.refusal,
            "choices": [_choice(each) for each in found.plan.choices],
        }

    def _policy(self, call: Call, session: SessionName) -> RoutingPolicy | None:
        named = call.text_or_none("policy")
        if named is None:
            return policy_of(self._state, session)
        policy = self._state.policies.get(named)
        if policy is None:
            known = names_or_none([*self._state.policies])
            raise Misused(f"no policy {named[:64]}; there are: {known}")
        return policy


def _asked(call: Call) -> Asked:
    sides = {"buy": Side.BUY, "sell": Side.SELL}
    side, tif = call.text("side"), call.text_or_none("tif") or "day"
    if side not in sides or tif not in _TIMES:
        raise Misused("an order is buy or sell, and its time in force day, gtc, ioc or fok")
    qty, limit = decimal_or_none(call, "qty") or Decimal(0), decimal_or_none(call, "limit")
    terms = Terms(
        order_qty=qty,
        ord_type=OrdType.MARKET if limit is None else OrdType.LIMIT,
        time_in_force=_TIMES[tif],
        price=limit,
    )
    return Asked(side=sides[side], qty=qty, terms=terms)


def _choice(choice: Choice) -> Json:
    return {
        "venue": choice.venue,
        "qty": to_wire(choice.qty),
        "why": choice.why,
        "taker_bp": to_wire(choice.fees.taker_bp),
        "maker_bp": to_wire(choice.fees.maker_bp),
        "expected_qty": to_wire(choice.expected_qty),
        "expected_px": to_wire(choice.expected_px),
    }
