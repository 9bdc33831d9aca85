"""What config/routing.toml may say, and the fees of config/venues.toml.

Here: pydantic models, and what they come to in the words of the core.
Not here: choosing venues (routing), measuring them (application).
"""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field, model_validator

from fixgate.bootstrap.session_settings import Strict
from fixgate.domain.ids import VenueName
from fixgate.domain.routing import Criterion, Fees, RoutingPolicy, VenueFees

_MS: Final = 1_000
BasisPoints = Annotated[Decimal, Field(ge=-100, le=1_000)]


class PolicySettings(Strict):
    """[[policy]]: how orders are routed. Sessions name one; the first is the default."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,32}$")
    by: Criterion
    venues: tuple[str, ...] = ()  # these only, in order of preference; empty: all
    split: bool = False
    parts_max: int = Field(default=4, ge=2, le=20)
    reroute: bool = True
    book_age_s_max: float = Field(default=5.0, gt=0, le=3_600)
    book_levels: int = Field(default=25, ge=1, le=100)

    @model_validator(mode="after")
    def _a_list_has_venues(self) -> "PolicySettings":
        if self.by is Criterion.LISTED and not self.venues:
            raise ValueError("by = 'listed' goes by the order of venues, and there are none")
        if len(set(self.venues)) < len(self.venues):
            raise ValueError("a venue is named twice")
        return self

    def policy(self) -> RoutingPolicy:
        """In the core's words."""
        return RoutingPolicy(
            name=self.name,
            by=self.by,
            venues=tuple(VenueName(each) for each in self.venues),
            split=self.split,
            parts_max=self.parts_max,
            reroute=self.reroute,
            book_age_ms_max=round(self.book_age_s_max * _MS),
            book_levels=self.book_levels,
        )


class HealthSettings(Strict):
    """[health]: when a venue gets no routed orders, and when again."""

    latency_ms_max: float = Field(default=2_000.0, gt=0)  # of its answers, nine of ten
    error_share_max: float = Field(default=0.2, gt=0, le=1)  # of calls that came to nothing certain
    calls_min: int = Field(default=5, ge=1)  # in ``window_s``, to judge by
    window_s: float = Field(default=60.0, gt=0, le=3_600)
    quotes_older_than_s: float = Field(default=30.0, gt=0)  # all of its prices
    back_after_s: float = Field(default=30.0, ge=0)  # well without a break


class GapSettings(Strict):
    """[gaps]: prices of two venues that are apart by more than both fees."""

    enabled: bool = True
    gain_bp_min: Annotated[Decimal, Field(ge=0)] = Decimal(5)
    again_after_s: float = Field(default=60.0, gt=0)  # per instrument and pair of venues


class RoutingFile(Strict):
    """config/routing.toml."""

    policy: tuple[PolicySettings, ...] = (
        PolicySettings(name="best-price", by=Criterion.BEST_PRICE),
    )
    health: HealthSettings = HealthSettings()
    gaps: GapSettings = GapSettings()

    @model_validator(mode="after")
    def _names_differ(self) -> "RoutingFile":
        names = [each.name for each in self.policy]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two policies are named {name}")
        if not names:
            raise ValueError("at least one policy is needed: the first is the default")
        return self

    def policies(self) -> tuple[RoutingPolicy, ...]:
        """In the core's words, the default first."""
        return tuple(each.policy() for each in self.policy)


class FeeSettings(Strict):
    """What is taken of the value traded, in basis points; below zero: a rebate."""

    taker_bp: BasisPoints = Decimal(0)
    maker_bp: BasisPoints = Decimal(0)

    def fees(self) -> Fees:
        """In the core's words."""
        return Fees(taker_bp=self.taker_bp, maker_bp=self.maker_bp)


class VenueFeeSettings(FeeSettings):
    """[venue.fees], with [venue.fees.symbols."BTC/USDT"] for what differs."""

    symbols: dict[str, FeeSettings] = Field(default_factory=dict)

    def of(self, venue: str) -> VenueFees:
        """In the core's words."""
        return VenueFees(
            venue=VenueName(venue),
            fees=self.fees(),
            symbols=tuple((name, each.fees()) for name, each in sorted(self.symbols.items())),
        )
