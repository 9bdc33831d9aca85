"""What a venue says of its account, against what our trades say (control 21).

Here: balances and positions that a venue reported; the venue is right, and a difference is an
alert.
Not here: when a venue is asked (application.reconciling), the arithmetic (domain.position).

A trade that the venue has counted and that has not reached us looks like a difference. So one is
believed only when two reports in a row show the same, and no trade of ours came in between; or,
where there always is one, ``BUSY_TIMES`` in a row.

What an account holds of an asset is no position: money that comes or goes changes the balance and
no position. Only a difference of both assets of a pair, one for the other at about its last price,
is what a trade leaves that we do not know, and the position follows it.
"""

from collections.abc import Generator, Iterator, Mapping
from decimal import Decimal
from typing import Final

from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.balance import Balance, Differences, Suspicion, spot_assets
from fixgate.domain.frozen import changed
from fixgate.domain.ids import VenueName
from fixgate.domain.position import Position
from fixgate.domain.positions import Positions
from fixgate.domain.rounding import ZERO, avg_px, minus, notional, plus, summable, to_wire
from fixgate.domain.state import State

BUSY_TIMES: Final = 4
_LIKE: Final = Decimal(2)  # a price within this factor of the last one is like it
_BALANCE: Final = "balance difference"
_POSITION: Final = "position difference"


def balances_reported(turn: Turn, report: i.BalancesReported) -> Iterator[e.Event]:
    """All that a venue account holds."""
    if report.fault is not None:
        yield _unasked(report.venue, "balances", report.fault)
        return
    positions, venue = turn.state.positions, report.venue
    said = {asset: (free, locked) for asset, free, locked in report.balances}
    known = [asset for at, asset in positions.balances if at == venue]
    gone = [asset for asset in known if asset not in said]
    settled_in = _settled_in(positions, venue)
    differences = _all_differences(positions, venue, said, settled_in)
    found: list[Balance] = []
    for asset, (free, locked) in [*said.items(), *((each, (ZERO, ZERO)) for each in gone)]:
        if not (summable(free) and summable(locked)):
            yield _unasked(venue, "balances", f"{asset} {free} and {locked} cannot be")
            continue
        total = plus(free, locked)
        held = positions.held(venue, asset)
        believed = True
        if held is not None and asset not in settled_in:
            difference = _difference(positions, venue, total, held)
            believed = yield from _weighed(
                turn, venue, asset, difference, positions.moved(venue, asset)
            )
            if believed and difference:
                yield from _balance_differs(turn, venue, asset, held=held, differences=differences)
        baseline = minus(total, positions.moved(venue, asset))
        if not believed:
            baseline = positions.balances[venue, asset].baseline
        found.append(
            Balance(
                venue=venue,
                asset=asset,
                free=free,
                locked=locked,
                at_ns=report.asked_at_ns,
                baseline=baseline,
            )
        )
    yield e.BalancesSet(venue=venue, balances=tuple(found))


def positions_reported(turn: Turn, report: i.PositionsReported) -> Iterator[e.Event]:
    """All open positions in derivatives of a venue account."""
    if report.fault is not None:
        yield _unasked(report.venue, "positions", report.fault)
        return
    positions, venue = turn.state.positions, report.venue
    said = {symbol: (qty, px) for symbol, qty, px in report.positions}
    ours = [symbol for at, symbol in positions.nets if at == venue and spot_assets(symbol) is None]
    for symbol in dict.fromkeys([*said, *ours]):
        qty, px = said.get(symbol, (ZERO, ZERO))
        if not (summable(qty) and summable(px)):
            yield _unasked(venue, "positions", f"{symbol} {qty} at {px} cannot be")
            continue
        net = positions.net_at(venue, symbol)
        difference = _difference(positions, venue, qty, net)
        believed = yield from _weighed(turn, venue, symbol, difference, net)
        if believed and difference:
            yield from _position_differs(turn, venue, symbol, difference=difference, px=px)


def _difference(positions: Positions, venue: VenueName, said: Decimal, ours: Decimal) -> Decimal:
    """By how much the venue differs; none where others trade on its account as well."""
    ignored = positions.policies.get(venue) is Differences.IGNORE
    return ZERO if ignored else minus(said, ours)


def _weighed(
    turn: Turn, venue: VenueName, subject: str, difference: Decimal, moved: Decimal
) -> Generator[e.Event, None, bool]:
    """Whether a difference, or that there is none, is to be believed."""
    before = turn.state.positions.suspicions.get((venue, subject))
    if not difference:
        if before is not None:
            yield e.DifferenceSuspected(venue=venue, subject=subject, suspicion=None)
        return True
    if _trades_are_missing(turn.state, venue):
        return False
    if before is None or before.difference != difference:
        now = Suspicion(difference=difference, moved=moved)
    elif before.told:
        return False
    else:
        now = changed(before, moved=moved, times=before.times + 1)
        if moved == before.moved or now.times >= BUSY_TIMES:
            yield e.DifferenceSuspected(venue=venue, subject=subject, suspicion=None)
            return True
    yield e.DifferenceSuspected(venue=venue, subject=subject, suspicion=now)
    return False


def _trades_are_missing(state: State, venue: VenueName) -> bool:
    """Whether the venue is known to have trades that have not reached us yet."""
    return any(
        each.instruction.venue == venue and (each.awaits_trades or each.order_id in state.unsettled)
        for each in state.open_orders()
    )


def _all_differences(
    positions: Positions,
    venue: VenueName,
    said: Mapping[str, tuple[Decimal, Decimal]],
    settled_in: frozenset[str],
) -> dict[str, Decimal]:
    """By how much the venue holds more or less of each asset that is compared."""
    found = {}
    for at, asset in positions.balances:
        held = positions.held(venue, asset) if at == venue and asset not in settled_in else None
        free, locked = said.get(asset, (ZERO, ZERO))
        if held is not None and summable(free) and summable(locked):
            found[asset] = _difference(positions, venue, plus(free, locked), held)
    return found


def _balance_differs(
    turn: Turn,
    venue: VenueName,
    asset: str,
    *,
    held: Decimal,
    differences: Mapping[str, Decimal],
) -> Iterator[e.Event]:
    said = plus(held, differences[asset])
    yield e.AlertRaised(
        subject=_BALANCE,
        text=f"{venue} holds {to_wire(said)} {asset}; by our trades it should be {to_wire(held)}",
    )
    positions = turn.state.positions
    based = [name for name, is_base in positions.trading.get((venue, asset), {}).items() if is_base]
    # Where several symbols trade the asset, nobody can say which one the difference belongs to.
    if len(based) == 1 and positions.policies.get(venue) is Differences.ADOPT:
        px = _like_a_trade(positions, venue, based[0], differences)
        if px is not None:
            yield from _adopted(positions, venue, based[0], differences[asset], px=px)


def _like_a_trade(
    positions: Positions, venue: VenueName, symbol: str, differences: Mapping[str, Decimal]
) -> Decimal | None:
    """The price of the trade that would explain the differences of a pair; None: none would."""
    assets = spot_assets(symbol)
    qty, paid = (ZERO, ZERO) if assets is None else (differences.get(each, ZERO) for each in assets)
    if not qty or not paid or (qty > ZERO) is (paid > ZERO):
        return None
    px = avg_px(abs(paid), abs(qty))
    lasts = [each.last_px for each in positions.holders(venue, symbol) if each.last_px]
    near = any(last <= notional(px, _LIKE) and px <= notional(last, _LIKE) for last in lasts)
    return px if near else None


def _position_differs(
    turn: Turn, venue: VenueName, symbol: str, *, difference: Decimal, px: Decimal
) -> Iterator[e.Event]:
    positions = turn.state.positions
    net = positions.net_at(venue, symbol)
    yield e.AlertRaised(
        subject=_POSITION,
        text=f"{venue} holds {to_wire(plus(net, difference))} {symbol};"
        f" by our trades it should be {to_wire(net)}",
    )
    if positions.policies.get(venue) is Differences.TELL:
        left = Suspicion(difference=difference, moved=net, told=True)
        yield e.DifferenceSuspected(venue=venue, subject=symbol, suspicion=left)
    else:
        yield from _adopted(positions, venue, symbol, difference, px=px)


def _adopted(
    positions: Positions, venue: VenueName, symbol: str, difference: Decimal, *, px: Decimal
) -> Iterator[e.Event]:
    """Book it where it belongs: to the only account that holds the symbol, or to no account's."""
    holders = list(positions.holders(venue, symbol))
    holding = [each for each in holders if each.qty] or holders
    account = holding[0].account if len(holding) == 1 else None
    position = positions.book.get((venue, account, symbol))
    yield e.PositionReconciled(
        venue=venue,
        account=account,
        symbol=symbol,
        qty=difference,
        px=_price(position, px),
    )


def _price(position: Position | None, px: Decimal) -> Decimal:
    """What a quantity that nobody traded is taken at: its P&L begins there."""
    if px:
        return px
    return ZERO if position is None else (position.avg_px or position.last_px)


def _settled_in(positions: Positions, venue: VenueName) -> frozenset[str]:
    """Currencies in which derivatives traded there are settled.

    Funding, margins and the venue's own netting move them, which no trade shows.
    """
    symbols = (symbol for at, symbol in positions.nets if at == venue)
    return frozenset(
        symbol.rpartition(":")[2].partition("-")[0]
        for symbol in symbols
        if spot_assets(symbol) is None
    )


def _unasked(venue: VenueName, what: str, why: str) -> e.AlertRaised:
    return e.AlertRaised(
        subject="not reconciled", text=f"The {what} of {venue} are not known: {why}"
    )
