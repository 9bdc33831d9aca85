"""Positions that a client subscribed to: one report for each that has changed (AP, 325=Y).

Here: what is due, telling it, and what ends a subscription.
Not here: the request and its answer (position_reports); noting what changed
(domain.position_watch); when it is looked (bootstrap.pulse).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import PositionsDue
from fixgate.domain.position import Position
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.position_watch import PositionSubscription
from fixgate.domain.sessions import SessionRules
from fixgate.domain.state import State
from fixgate.domain.values import PosReqResult

AT_ONCE: Final = 500
"""Reports that one input causes; what is left has its turn with the next."""
_NS_PER_MS: Final = 1_000_000


@value
class Update:
    """What a subscription is to be told."""

    subscription: PositionSubscription
    positions: tuple[Position, ...]
    through: int
    whole: bool  # nothing is left for the next time


def due_updates(state: State, now_ns: int) -> list[Update]:
    """What is to be told now, to as many as there is room for."""
    found, room = [], AT_ONCE
    for one in state.watch.due(now_ns):
        names = None if one.request.symbol is None else meant(state, one.request.symbol)
        positions: list[Position] = []
        through, whole = state.watch.count, True
        for number, key in state.watch.behind(one):
            position = state.positions.book[key]
            if fits(position, one.request, names):
                if len(positions) >= room:
                    whole = False
                    break
                positions.append(position)
            through = number
        room -= len(positions)
        found.append(
            Update(
                subscription=one,
                positions=tuple(positions),
                through=state.watch.count if whole else through,
                whole=whole,
            )
        )
        if not room:
            break
    return found


def positions_due(turn: Turn, given: PositionsDue) -> Iterator[e.Event]:
    """Tell each subscription that is due; it is due again after its session's interval."""
    prices = {(each.venue, each.symbol): each.reference_px for each in given.quotes}
    now_ns, told = turn.moment.at_ns, []
    for update in due_updates(turn.state, now_ns):
        one = update.subscription
        for each in update.positions:
            yield e.PositionShown(
                session=one.request.session,
                req_id=one.request.req_id,
                rpt_id=turn.exec_id(),
                position=each,
                px=prices.get((each.venue, each.symbol)),
                total=0,
                subscribed=True,
                update=True,
            )
        rules = turn.state.sessions.get(one.request.session)
        rests = update.positions and update.whole and rules is not None
        next_ns = now_ns + rules.positions_every_ms * _NS_PER_MS if rests and rules else 0
        told.append(
            e.PositionsTold(
                session=one.request.session,
                req_id=one.request.req_id,
                through=update.through,
                next_ns=next_ns,
            )
        )
    if told:
        yield e.PositionUpdatesTold(told=tuple(told))


def ended_with(state: State, session: SessionName) -> Iterator[e.Event]:
    """A session's connection ended, and its subscriptions with it."""
    for each in state.watch.of(session):
        yield e.PositionsUnsubscribed(session=session, req_id=each.request.req_id)


def ended_by(turn: Turn, sessions: tuple[SessionRules, ...]) -> Iterator[e.Event]:
    """Other rules: a subscription to what its session may not see any more ends, and says so."""
    now = {each.name: accounts_in(each) for each in sessions}
    for each in tuple(turn.state.watch.subscriptions.values()):
        session = each.request.session
        if not now.get(session, frozenset()).issuperset(each.accounts):
            yield e.PositionsUnsubscribed(session=session, req_id=each.request.req_id)
            yield e.PositionRequestAnswered(
                session=session,
                request=each.request,
                rpt_id=turn.exec_id(),
                result=PosReqResult.NOT_AUTHORIZED,
                text="The accounts of this session have changed: the subscription has ended",
            )


def accounts_in(rules: SessionRules) -> frozenset[str]:
    """The accounts whose positions a session may see: those that are configured for it."""
    default = () if rules.default_account is None else (rules.default_account,)
    return rules.accounts.union(default)


def fits(position: Position, request: PositionRequest, names: frozenset[str] | None) -> bool:
    """Whether a position of an account is one that is asked for."""
    return request.venue in (None, position.venue) and (names is None or position.symbol in names)


def meant(state: State, symbol: str) -> frozenset[str]:
    """The unified symbols that an alias, a unified symbol or a venue's own stands for."""
    found = (state.instrument(venue, symbol) for venue in state.instruments)
    listed = (each.symbol for each in found if each is not None)
    return frozenset((state.aliases.get(symbol, symbol), *listed))
