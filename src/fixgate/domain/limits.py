"""How much may be traded: limits, for what they hold, and who agreed to them.

Here: Limits, LimitRule and LimitSet, which is all limits together; Applied, what of them one kind
of order must keep within; LimitChange, a set on its way into force.
Not here: the checks (risk); what counts against a limit (exposure); files (bootstrap).
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import Enum, unique
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from fixgate.domain.frozen import changed, value
from fixgate.domain.order import Instruction
from fixgate.domain.values import Side, Value

ONE: Final = Decimal(1)
_NS: Final = 1_000_000_000
_DAY: Final = timedelta(days=1)
T = TypeVar("T")


@unique
class LimitScope(Enum):
    """For which orders a rule holds; the later one is the more specific."""

    DEFAULT = "default"  # where no other rule sets the limit
    VENUE = "venue"
    INSTRUMENT = "instrument"  # a unified symbol
    ACCOUNT = "account"
    SESSION = "session"


@value
class RepeatedTrades:
    """Control 6: so many trades within so long on one instrument pause the session."""

    count: int
    within_ms: int


@value
class Limits:
    """What one rule sets; None or empty: nothing of that kind."""

    price_collar_bp: int | None = None  # control 1
    reference_required: bool | None = None  # no or an old reference price refuses; None: yes
    reference_age_max_ms: int | None = None
    order_qty_max: Decimal | None = None  # control 2
    order_value_max: Decimal | None = None  # control 3, in the risk currency
    credit_max: Decimal | None = None  # control 7, the same; of a session or an account
    duplicate_within_ms: int | None = None  # control 9
    position_max: Decimal | None = None  # control 10, base quantity per account and instrument
    self_match: bool | None = None  # control 12: an order that would meet one's own is refused
    balance: bool | None = None  # control 13: the venue account must be able to pay
    leverage_max: Decimal | None = None  # control 14
    repeated_trades: RepeatedTrades | None = None  # control 6
    restricted: tuple[str, ...] = ()  # control 8: unified symbols that may not be traded
    permitted: tuple[str, ...] = ()  # and those that alone may be
    sides: tuple[Side, ...] = ()  # the sides that alone may be


@value
class LimitRule:
    """Limits, and the orders for which they hold."""

    scope: LimitScope
    limits: Limits
    name: str = ""  # of the venue, instrument, account or session

    def holds_for(self, about: Instruction) -> bool:
        """Whether an order must keep within them."""
        match self.scope:
            case LimitScope.DEFAULT:
                return True
            case LimitScope.VENUE:
                return about.venue == self.name
            case LimitScope.INSTRUMENT:
                return about.symbol == self.name
            case LimitScope.ACCOUNT:
                return about.account == self.name
            case LimitScope.SESSION:
                return about.session == self.name


@value
class LimitSet:
    """All limits, and what they are measured with."""

    rules: tuple[LimitRule, ...] = ()
    currency: str = "USDT"  # the risk currency
    rates: tuple[tuple[str, Decimal], ...] = ()  # what one of a currency is worth in it
    time_zone: str = "UTC"  # whose midnight begins a day
    four_eyes: bool = False  # a change needs a second person


@value
class LimitChange:
    """A set of limits, and who wanted it."""

    limits: LimitSet
    person: str
    reason: str
    effective_ns: int | None = None  # not before then; None: at once
    approved_by: str | None = None


@unique
class LimitStep(Enum):
    """How far a change of the limits has come."""

    PROPOSED = "proposed"  # a second person must approve it
    SCHEDULED = "scheduled"  # agreed to; its time has not come
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


@value
class StandingLimits:
    """What stands of the limits when a process ends."""

    in_force: LimitChange | None = None
    proposed: LimitChange | None = None
    scheduled: LimitChange | None = None


@value
class Dealt:
    """What was traded today before this process counted: from the store, at the edge."""

    session: str
    account: str | None
    venue: str
    symbol: str
    notional: Decimal  # in the quote currency


@unique
class Ask(Value):
    """What is checked of an order, in this order: the first that is wrong is the answer."""

    QUANTITY = "order_qty_max"
    COLLAR = "price_collar_bp"
    VALUE = "order_value_max"  # and credit_max, of session and account
    POSITION = "position_max"
    BALANCE = "balance"
    LEVERAGE = "leverage_max"
    SENT_TWICE = "duplicate_within_ms"
    SELF_MATCH = "self_match"


@value
class Applied:
    """What one kind of order must keep within, from every rule that holds for it."""

    limits: Limits  # its lists are empty: those below count
    account_credit_max: Decimal | None = None
    restricted: frozenset[str] = frozenset()
    permitted: frozenset[str] | None = None  # None: any
    sides: frozenset[Side] | None = None  # None: both
    rate: Decimal | None = None  # the quote currency in the risk currency; None: not known
    currency: str = ""  # the risk currency
    quote_currency: str = ""
    asks: tuple[Ask, ...] = ()  # what is to be checked, in the order of Ask
    priced: bool = True  # whether something asks what an order comes to


_SWITCHES: Final = (
    "reference_required",
    "self_match",
    "balance",
    "duplicate_within_ms",
    "repeated_trades",
)
_AMOUNTS: Final = (
    "price_collar_bp",
    "reference_age_max_ms",
    "order_qty_max",
    "order_value_max",
    "position_max",
    "leverage_max",
)
# What can be held against a part: not what counts orders, nor what counts by client.
_OF_A_PART: Final = (*_AMOUNTS, "reference_required", "self_match")


def applied(given: LimitSet, about: Instruction) -> Applied | None:
    """What holds for an order; None: nothing at all.

    Of an amount the strictest counts, the default only where no other rule names it. Of a switch
    the most specific counts. Restrictions add up.
    """
    rules = [each for each in given.rules if each.holds_for(about)]
    if not rules:
        return None
    order = list(LimitScope)
    rules.sort(key=lambda each: order.index(each.scope), reverse=True)
    found = {name: _of_amounts(rules, name) for name in _AMOUNTS}
    found |= {name: _most_specific(rules, name) for name in _SWITCHES}
    by_client = [e for e in rules if e.scope in (LimitScope.SESSION, LimitScope.DEFAULT)]
    by_account = [each for each in rules if each.scope is LimitScope.ACCOUNT]
    quote = quote_currency(about.symbol)
    limits = Limits(**found, credit_max=_most_specific(by_client, "credit_max"))
    of_account = _most_specific(by_account, "credit_max")
    asks = asks_of(limits, of_account)
    return Applied(
        limits=limits,
        account_credit_max=of_account,
        asks=asks,
        priced=_is_priced(asks),
        restricted=frozenset().union(*(each.limits.restricted for each in rules)),
        permitted=_in_all([each.limits.permitted for each in rules]),
        sides=_in_all([each.limits.sides for each in rules]),
        rate=ONE if quote == given.currency else dict(given.rates).get(quote),
        currency=given.currency,
        quote_currency=quote,
    )


def of_part(given: LimitSet, about: Instruction) -> Applied | None:
    """What a part of a routed order must keep within at its venue; None: nothing.

    That is what the venue's own rules name, and the balance there: all else was held against the
    whole order.
    """
    found = applied(given, about)
    by_venue = [e for e in given.rules if e.scope is LimitScope.VENUE and e.holds_for(about)]
    named = {name for each in by_venue for name in _OF_A_PART if _named([each], name)}
    listed = any(e.limits.restricted or e.limits.permitted or e.limits.sides for e in by_venue)
    if found is None or not (named or listed or found.limits.balance):
        return None
    limits = Limits(**{name: getattr(found.limits, name) for name in named | {"balance"}})
    asks = asks_of(limits)
    return changed(
        found, limits=limits, account_credit_max=None, asks=asks, priced=_is_priced(asks)
    )


def asks_of(limits: Limits, account_credit_max: Decimal | None = None) -> tuple[Ask, ...]:
    """What is to be checked where these hold."""
    credit = limits.credit_max is not None or account_credit_max is not None
    return tuple(
        each
        for each in Ask
        if getattr(limits, each.value) not in (None, False) or (each is Ask.VALUE and credit)
    )


def _is_priced(asks: tuple[Ask, ...]) -> bool:
    return Ask.VALUE in asks or Ask.BALANCE in asks


def day_end_ns(at_ns: int, time_zone: str) -> int:
    """The next midnight of a time zone."""
    zone = ZoneInfo(time_zone)
    today = datetime.fromtimestamp(at_ns // _NS, zone).date()
    return int(datetime.combine(today + _DAY, time(), zone).timestamp()) * _NS


def quote_currency(symbol: str) -> str:
    """What a unified symbol is paid in: BTC/USDT, and BTC/USDT:USDT, in USDT."""
    return symbol.partition("/")[2].partition(":")[0]


def _named(rules: Iterable[LimitRule], name: str) -> list[Any]:
    found = [getattr(each.limits, name) for each in rules]
    return [each for each in found if each is not None]


def _most_specific(rules: Iterable[LimitRule], name: str) -> Any:
    return next(iter(_named(rules, name)), None)


def _of_amounts(rules: Iterable[LimitRule], name: str) -> Any:
    specific = [each for each in rules if each.scope is not LimitScope.DEFAULT]
    return min(_named(specific, name) or _named(rules, name), default=None)


def _in_all(lists: Iterable[tuple[T, ...]]) -> frozenset[T] | None:
    """What every list that is not empty names; None: there is none."""
    found = [frozenset(each) for each in lists if each]
    return frozenset.intersection(*found) if found else None
