"""RequestForPositions (AN): what a session's accounts hold now, and from now on.

Here: which positions a session may see, the acknowledgement (AO), and one report (AP) for each.
Not here: what a subscription is told later (position_updates); the prices that open positions are
valued at, which come with the request.
"""

from collections.abc import Iterable, Iterator

from fixgate.decide.position_updates import accounts_in, fits, meant
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import RequestForPositions
from fixgate.domain.position import Position
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.state import State
from fixgate.domain.values import PosReqResult

_Refusal = tuple[PosReqResult, str]


def position_request(turn: Turn, message: RequestForPositions) -> Iterator[e.Event]:
    """The acknowledgement, and the positions; or the end of a subscription."""
    state, request = turn.state, message.request
    refused = _refused(state, request)
    if request.unsubscribes and refused is None:
        yield e.PositionsUnsubscribed(session=request.session, req_id=request.req_id)
    found = [] if refused is not None or request.unsubscribes else asked_for(state, request)
    result, text = refused or (PosReqResult.VALID, None)
    if not found and refused is None and not (request.subscribes or request.unsubscribes):
        result, text = PosReqResult.NONE_FOUND, "There is no such position"
    yield e.PositionRequestAnswered(
        session=request.session,
        request=request,
        rpt_id=turn.exec_id(),
        result=result,
        total=len(found),
        text=text,
    )
    quotes = turn.seen.quotes if turn.seen is not None else ()
    prices = {(each.venue, each.symbol): each.reference_px for each in quotes}
    for each in found:
        yield e.PositionShown(
            session=request.session,
            req_id=request.req_id,
            rpt_id=turn.exec_id(),
            position=each,
            px=prices.get((each.venue, each.symbol)),
            total=len(found),
            subscribed=request.subscribes,
        )
    if request.subscribes and refused is None:
        accounts = tuple(sorted(_asked_accounts(state, request)))
        yield e.PositionsSubscribed(request=request, accounts=accounts)


def _refused(state: State, request: PositionRequest) -> _Refusal | None:
    if request.unsubscribes:
        if (request.session, request.req_id) in state.watch.subscriptions:
            return None
        text = f"There is no subscription with PosReqID (710) {request.req_id}"
        return PosReqResult.UNSUPPORTED, text
    accounts = accounts_of(state, request.session)
    if request.request_type != "0":
        text = f"PosReqType (724) {request.request_type} is not supported; 0 is"
        return PosReqResult.NOT_SUPPORTED, text
    if not accounts:
        return PosReqResult.NOT_AUTHORIZED, "No account is configured for this session"
    if request.account is not None and request.account not in accounts:
        text = f"Account (1) {request.account} is not permitted on this session"
        return PosReqResult.NOT_AUTHORIZED, text
    return _too_much(state, request) if request.subscribes else None


def _too_much(state: State, request: PositionRequest) -> _Refusal | None:
    """Why there cannot be one more subscription."""
    open_now, rules = state.watch.of(request.session), state.sessions[request.session]
    if any(each.request.req_id == request.req_id for each in open_now):
        text = f"There is a subscription with PosReqID (710) {request.req_id}"
        return PosReqResult.UNSUPPORTED, text
    if len(open_now) >= rules.positions_max:
        text = f"The session has {len(open_now)} subscriptions to positions; that is the limit"
        return PosReqResult.UNSUPPORTED, text
    return None


def accounts_of(state: State, session: SessionName) -> frozenset[str]:
    """The accounts whose positions a session may see."""
    rules = state.sessions.get(session)
    return frozenset() if rules is None else accounts_in(rules)


def _asked_accounts(state: State, request: PositionRequest) -> frozenset[str]:
    accounts = accounts_of(state, request.session)
    return accounts if request.account is None else accounts & {request.account}


def asked_for(state: State, request: PositionRequest) -> list[Position]:
    """The positions that fit: open ones, and flat ones too where a symbol is named."""
    accounts = _asked_accounts(state, request)
    names = None if request.symbol is None else meant(state, request.symbol)
    return [
        each
        for each in _sorted(state.positions.book.values())
        if each.account in accounts
        and fits(each, request, names)
        and (each.qty or names is not None)
    ]


def _sorted(positions: Iterable[Position]) -> list[Position]:
    return sorted(positions, key=lambda each: (each.account or "", each.symbol, each.venue))
