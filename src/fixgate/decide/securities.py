"""SecurityListRequest (x) and SecurityDefinitionRequest (c): what can be traded, and how.

Here: which instruments, in parts that fit a message, each with the rows of its venue's
capability table, which is the one that admission goes by.
Not here: the table (domain/instruments), FIX syntax.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.capabilities import DERIVATIVES_ONLY, WORDS, Option
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import SecurityRequest
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.listings import Listed, Listings
from fixgate.domain.state import State
from fixgate.domain.values import OrdType, SecurityRequestResult, TimeInForce

PER_MESSAGE: Final = 50

_Row = tuple[OrdType, tuple[TimeInForce, ...]]


def securities(turn: Turn, message: SecurityRequest) -> Iterator[e.Event]:
    """All that fit; or one answer that says why there are none."""
    state, session = turn.state, message.session
    response_id = f"{turn.order_id()}"
    result, text = message.fault or (SecurityRequestResult.VALID, None)
    found = [] if message.fault else _listed(state, message)
    if not found:
        if result is SecurityRequestResult.VALID:
            result = SecurityRequestResult.NONE_FOUND
        nothing = Listings(req_id=message.req_id, response_id=response_id, result=result, text=text)
        yield e.SecuritiesListed(session=session, definitions=message.definitions, part=nothing)
        return
    at_once = 1 if message.definitions else PER_MESSAGE
    for first in range(0, len(found), at_once):
        part = Listings(
            req_id=message.req_id,
            response_id=response_id,
            result=result,
            total=len(found),
            last=first + at_once >= len(found),
            listed=tuple(found[first : first + at_once]),
        )
        yield e.SecuritiesListed(session=session, definitions=message.definitions, part=part)


def _listed(state: State, message: SecurityRequest) -> list[Listed]:
    tables = {name: _table(state.venues[name]) for name in _venues(state, message.session)}
    return [
        Listed(
            instrument=each,
            trading=each.active and state.venues_up.get(each.venue, False),
            accepts=tables[each.venue],
            text=_besides(state.venues[each.venue], each),
        )
        for each in _instruments(state, message, sorted(tables))
    ]


def _venues(state: State, session: SessionName) -> list[VenueName]:
    """Those that the session may use."""
    rules = state.sessions.get(session)
    allowed = frozenset() if rules is None else rules.venues
    return [name for name in state.venues if not allowed or name in allowed]


def _instruments(
    state: State, message: SecurityRequest, venues: list[VenueName]
) -> Iterator[Instrument]:
    """Every instrument that fits, once: a venue lists it under two names."""
    for venue in venues:
        if message.venue not in (None, venue):
            continue
        if message.symbol is not None:
            named = state.instrument(venue, message.symbol)
            if named is not None:
                yield named
            continue
        listed = state.instruments.get(venue, {})
        for symbol in sorted({each.symbol for each in listed.values()}):
            if message.derivatives in (None, listed[symbol].is_derivative):
                yield listed[symbol]


def _table(profile: VenueProfile) -> tuple[_Row, ...]:
    rows = sorted(
        ((each.value, tif.value), (each, tif)) for each, tif in profile.accepts | profile.held
    )
    pairs = [pair for _, pair in rows]
    return tuple(
        (ord_type, tuple(tif for _, tif in group))
        for ord_type, group in groupby(pairs, key=lambda pair: pair[0])
    )


def _besides(profile: VenueProfile, instrument: Instrument) -> str:
    """In words: which options some order at this venue may have."""
    taken = {option for option, _, _ in profile.options | profile.made}
    if profile.post_only:
        taken.add(Option.POST_ONLY)
    if not instrument.is_derivative:
        taken -= DERIVATIVES_ONLY
    words = [WORDS[each] for each in sorted(taken, key=attrgetter("value"))]
    return f"Takes with some orders: {', '.join(words)}" if words else ""
