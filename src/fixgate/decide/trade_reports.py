"""TradeCaptureReportRequest (AD): a session's trades of a day, as they stand now.

Here: which sessions' trades, the acknowledgement (AQ), and one report (AE) for each.
Not here: the looking up (application/trade_lookups), which is asked for by TradesWanted.
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.mass_cancel import unknown
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.frozen import changed
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import TradeCaptureReportRequest, TradesFound
from fixgate.domain.sessions import Role
from fixgate.domain.state import State
from fixgate.domain.trades import TradeRequest
from fixgate.domain.values import RefusalReason, TradeRequestResult

_OF_REFUSAL: Final = {RefusalReason.UNKNOWN_SYMBOL: TradeRequestResult.UNKNOWN_INSTRUMENT}


def trade_request(turn: Turn, message: TradeCaptureReportRequest) -> Iterator[e.Event]:
    """Refused at once, or looked up."""
    state, request = turn.state, message.request
    if message.fault is not None:
        yield _refused(request, *message.fault)
        return
    selection = request.query.selection
    fault = unknown(state, selection)
    if fault is not None:
        result = _OF_REFUSAL.get(fault.reason, TradeRequestResult.OTHER)
        yield _refused(request, result, fault.text)
        return
    symbol = selection.symbol
    names = () if symbol is None else (symbol, state.aliases.get(symbol, symbol))
    query = changed(request.query, names=names, sessions=covered(state, request.session))
    yield e.TradesWanted(request=changed(request, query=query))


def covered(state: State, session: SessionName) -> tuple[SessionName, ...]:
    """Whose trades a session may see: its own, or those of the sessions it has copies of."""
    rules = state.sessions.get(session)
    if rules is None or rules.role is not Role.DROP_COPY:
        return (session,)
    return tuple(sorted(name for name, to in state.copies.items() if session in to))


def trades_found(_: Turn, found: TradesFound) -> Iterator[e.Event]:
    """Some of the trades, or why there are none."""
    request = found.request
    if found.failure is not None:
        yield _refused(request, TradeRequestResult.OTHER, found.failure)
        return
    if found.first == 0:
        yield e.TradeRequestAnswered(
            request=request, result=TradeRequestResult.SUCCESSFUL, total=found.total
        )
    for number, trade in enumerate(found.trades, found.first + 1):
        yield e.TradeReported(
            session=request.session,
            req_id=request.req_id,
            trade=trade,
            total=found.total,
            last=number == found.total,
        )


def _refused(
    request: TradeRequest, result: TradeRequestResult, text: str
) -> e.TradeRequestAnswered:
    return e.TradeRequestAnswered(request=request, result=result, text=text)
