"""RequestForPositions (AN): what a session's accounts hold now.

Here: which positions a session may see, the acknowledgement (AO), and one report (AP) for each.
Not here: the prices that open positions are valued at, which come with the request.
"""

from collections.abc import Iterable, Iterator

from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import RequestForPositions
from fixgate.domain.position import Position
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.state import State
from fixgate.domain.values import PosReqResult


def position_request(turn: Turn, message: RequestForPositions) -> Iterator[e.Event]:
    """The acknowledgement, and the positions."""
    state, request = turn.state, message.request
    result, text = _judged(state, request)
    found = [] if text is not None else asked_for(state, request)
    if not found and text is None:
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
        )


def _judged(state: State, request: PositionRequest) -> tuple[PosReqResult, str | None]:
    accounts = accounts_of(state, request.session)
    if request.request_type != "0":
        text = f"PosReqType (724) {request.request_type} is not supported; 0 is"
        return PosReqResult.NOT_SUPPORTED, text
    if request.subscribes:
        text = "SubscriptionRequestType (263) must be 0: executions say when a position changes"
        return PosReqResult.UNSUPPORTED, text
    if not accounts:
        return PosReqResult.NOT_AUTHORIZED, "No account is configured for this session"
    if request.account is not None and request.account not in accounts:
        text = f"Account (1) {request.account} is not permitted on this session"
        return PosReqResult.NOT_AUTHORIZED, text
    return PosReqResult.VALID, None


def accounts_of(state: State, session: SessionName) -> frozenset[str]:
    """The accounts whose positions a session may see: those that are configured for it."""
    rules = state.sessions.get(session)
    if rules is None:
        return frozenset()
    default = () if rules.default_account is None else (rules.default_account,)
    return rules.accounts.union(default)


def asked_for(state: State, request: PositionRequest) -> list[Position]:
    """The positions that fit: open ones, and flat ones too where a symbol is named."""
    accounts = accounts_of(state, request.session)
    if request.account is not None:
        accounts &= {request.account}
    names = None if request.symbol is None else _meant(state, request.symbol)
    return [
        each
        for each in _sorted(state.positions.book.values())
        if each.account in accounts
        and request.venue in (None, each.venue)
        and (each.qty if names is None else each.symbol in names)
    ]


def _sorted(positions: Iterable[Position]) -> list[Position]:
    return sorted(positions, key=lambda each: (each.account or "", each.symbol, each.venue))


def _meant(state: State, symbol: str) -> frozenset[str]:
    """The unified symbols that an alias, a unified symbol or a venue's own stands for."""
    found = (state.instrument(venue, symbol) for venue in state.instruments)
    listed = (each.symbol for each in found if each is not None)
    return frozenset((state.aliases.get(symbol, symbol), *listed))
