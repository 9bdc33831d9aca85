"""What config/risk.toml and the [limits] of a session file may say.

Here: pydantic models, and limit_set(), what they come to in the words of the core.
Not here: reading files (loading), what a limit means (risk).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from fixgate.bootstrap.session_settings import Strict
from fixgate.domain.limits import LimitRule, Limits, LimitScope, LimitSet, RepeatedTrades
from fixgate.domain.rounding import within_limits
from fixgate.domain.values import Side

_NS: Final = 1_000_000_000
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
Amount = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class RepeatedTradesSettings(Strict):
    """repeated_trades = { count = 50, within_s = 1.0 }."""

    count: int = Field(ge=1, le=100_000)
    within_s: float = Field(gt=0, le=86_400)


class LimitSettings(Strict):
    """The limits of one table; what is left out sets nothing."""

    price_collar_bp: int | None = Field(default=None, ge=1, le=1_000_000)
    reference_required: bool | None = None
    reference_age_max_s: float | None = Field(default=None, gt=0, le=86_400)
    order_qty_max: Amount | None = None
    order_value_max: Amount | None = None
    duplicate_within_ms: int | None = Field(default=None, ge=1, le=3_600_000)
    position_max: Amount | None = None
    balance: Literal["check", "ignore"] | None = None
    self_match: Literal["refuse", "allow"] | None = None
    leverage_max: Amount | None = None
    repeated_trades: RepeatedTradesSettings | None = None
    restricted: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()
    sides: tuple[Literal["buy", "sell"], ...] = ()

    @field_validator("order_qty_max", "order_value_max", "position_max", "leverage_max")
    @classmethod
    def _is_exact(cls, amount: Decimal | None) -> Decimal | None:
        if amount is not None and not within_limits(amount):
            raise ValueError("must have at most 15 digits before the point and 12 after it")
        return amount

    def limits(self) -> Limits:
        """For the core."""
        repeated = self.repeated_trades
        return Limits(
            price_collar_bp=self.price_collar_bp,
            reference_required=self.reference_required,
            reference_age_max_ms=_ms(self.reference_age_max_s),
            order_qty_max=self.order_qty_max,
            order_value_max=self.order_value_max,
            credit_max=self.credit,
            duplicate_within_ms=self.duplicate_within_ms,
            position_max=self.position_max,
            balance=None if self.balance is None else self.balance == "check",
            self_match=None if self.self_match is None else self.self_match == "refuse",
            leverage_max=self.leverage_max,
            repeated_trades=None
            if repeated is None
            else RepeatedTrades(count=repeated.count, within_ms=_ms(repeated.within_s) or 1),
            restricted=tuple(sorted(set(self.restricted))),
            permitted=tuple(sorted(set(self.permitted))),
            sides=tuple(_SIDES[each] for each in sorted(set(self.sides))),
        )

    @property
    def credit(self) -> Decimal | None:
        """Only clients have credit."""
        return None


class ClientLimitSettings(LimitSettings):
    """The same, of a session or an account: a client, who has credit."""

    credit_max: Amount | None = None

    @property
    def credit(self) -> Decimal | None:
        """Open and traded value a day."""
        return self.credit_max


class RiskFile(Strict):
    """config/risk.toml."""

    currency: str = Field(default="USDT", pattern=r"^[A-Z0-9]{2,12}$")
    time_zone: str = "UTC"
    four_eyes: bool = False
    effective_from: datetime | None = None
    rates: dict[str, Amount] = Field(default_factory=dict)
    default: ClientLimitSettings = ClientLimitSettings()
    venue: dict[str, LimitSettings] = Field(default_factory=dict)
    instrument: dict[str, LimitSettings] = Field(default_factory=dict)
    account: dict[str, ClientLimitSettings] = Field(default_factory=dict)

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no time zone of that name; it must be like Europe/Zurich") from None
        return name

    @field_validator("effective_from")
    @classmethod
    def _has_a_zone(cls, at: datetime | None) -> datetime | None:
        if at is not None and at.tzinfo is None:
            raise ValueError("needs a time zone: 2026-12-01T00:00:00Z")
        return at

    @property
    def effective_ns(self) -> int | None:
        """Since when the limits of all files are meant to hold; None: at once."""
        at = self.effective_from
        return None if at is None else int(at.timestamp()) * _NS


def limit_set(risk: RiskFile, sessions: Iterable[tuple[str, LimitSettings]]) -> LimitSet:
    """All limits of the files."""
    tables: tuple[tuple[LimitScope, Mapping[str, LimitSettings]], ...] = (
        (LimitScope.DEFAULT, {"": risk.default}),
        (LimitScope.VENUE, risk.venue),
        (LimitScope.INSTRUMENT, risk.instrument),
        (LimitScope.ACCOUNT, risk.account),
        (LimitScope.SESSION, dict(sessions)),
    )
    rules = [
        LimitRule(scope=scope, name=name, limits=settings.limits())
        for scope, table in tables
        for name, settings in sorted(table.items())
    ]
    return LimitSet(
        rules=tuple(each for each in rules if each.limits != Limits()),
        currency=risk.currency,
        rates=tuple(sorted(risk.rates.items())),
        time_zone=risk.time_zone,
        four_eyes=risk.four_eyes,
    )


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1_000)
