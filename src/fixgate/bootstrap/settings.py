"""What the configuration files may say.

Here: pydantic models of config/gateway.toml, config/venues.toml, config/symbols.toml and
sessions/*.toml. An unknown key is an error.
Not here: reading files (loading).
"""

import re
from datetime import time
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from fixgate.adapters.fix.credentials import is_hash
from fixgate.application.sequencer import ORDERS_IN_FLIGHT_MAX
from fixgate.bootstrap.limit_settings import ClientLimitSettings, RiskFile, limit_set
from fixgate.bootstrap.routing_settings import RoutingFile, VenueFeeSettings
from fixgate.bootstrap.session_settings import (
    CertificateSettings,
    MarketDataSettings,
    PositionSettings,
    RateSettings,
    ScheduleSettings,
    Strict,
    whole_second,
)
from fixgate.domain.balance import Differences
from fixgate.domain.limits import LimitSet
from fixgate.domain.routing import SMART
from fixgate.domain.sessions import FixVersion, Role, WhilePending

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_PASSWORD: Final = re.compile(r"//[^/?#]*:[^/?#@]*@|[?&]password=", re.IGNORECASE)
Network = IPv4Network | IPv6Network
_FOLLOWED_MAX: Final = 500  # symbols of one venue; Binance takes two streams each, 1,024 in all
Port = Annotated[int, Field(ge=0, le=65535)]
Host = Annotated[str, Field(min_length=1)]  # an empty one would be every address


def _a_name(value: str | None) -> str | None:
    if value is not None and NAME.fullmatch(value) is None:
        raise ValueError("must be 1 to 32 letters, digits, '_', '.' or '-'")
    return value


class TlsSettings(Strict):
    """[fix.tls]: a second port, for TLS 1.2 and above."""

    enabled: bool = False
    host: Host | None = None  # default: that of [fix]
    port: Port = 9879
    certificate: Path | None = None  # PEM: the gateway's, then those between it and the root
    key: Path | None = None  # PEM, without a password
    client_ca: Path | None = None  # PEM: who signs the clients' certificates
    client_certificates: Literal["none", "optional", "required"] = "none"

    @model_validator(mode="after")
    def _files_are_named(self) -> "TlsSettings":
        if self.enabled and (self.certificate is None or self.key is None):
            raise ValueError("needs certificate and key")
        if self.enabled and (self.client_certificates == "none") is not (self.client_ca is None):
            raise ValueError("client_ca goes with client_certificates optional or required")
        return self


class FixSettings(Strict):
    """[fix]: the acceptor."""

    plain: bool = True  # False: no port without TLS
    host: Host = "127.0.0.1"
    port: Port = 9878
    comp_id: str = "FIXGATE"
    dictionaries: Path = Path("fix_specs")
    connections_max: int = Field(default=1_000, ge=1)
    connections_per_address_max: int = Field(default=200, ge=1)
    logon_timeout_s: float = Field(default=10.0, gt=0)
    message_bytes_max: int = Field(default=65_536, ge=1_024)
    write_buffer_bytes_max: int = Field(default=8_388_608, ge=65_536)
    inbound_messages_per_s: int = Field(default=20_000, ge=1)
    resend_messages_max: int = Field(default=2_500, ge=1)
    tls: TlsSettings = TlsSettings()

    _names = field_validator("comp_id")(_a_name)

    @model_validator(mode="after")
    def _listens_somewhere(self) -> "FixSettings":
        if not self.plain and not self.tls.enabled:
            raise ValueError("plain = false needs [fix.tls] enabled = true: nobody could connect")
        here = self.tls.host or self.host
        if (
            self.plain
            and self.tls.enabled
            and self.port
            and (here, self.tls.port)
            == (
                self.host,
                self.port,
            )
        ):
            raise ValueError("port and tls.port are the same")
        return self


class JournalSettings(Strict):
    """[journal]: the durable record."""

    file: str = Field(default="journal.db", min_length=1)  # SQLite; not used where there is a url
    url: str | None = None  # PostgreSQL
    password_env: str | None = None  # name of the environment variable that holds its password
    password_file: Path | None = None  # or a file with nothing else in it
    lease_s: float = Field(default=5.0, ge=1.0, le=60.0)
    standby: bool = False
    terminal_orders_in_memory: int = Field(default=4_000, ge=ORDERS_IN_FLIGHT_MAX)

    @field_validator("url")
    @classmethod
    def _is_a_url_without_password(cls, value: str | None) -> str | None:
        if value is not None:
            if not value.startswith(("postgresql://", "postgres://")):
                raise ValueError("must begin with postgresql://")
            if _PASSWORD.search(value) is not None:
                raise ValueError("must not hold a password; give password_env or password_file")
        return value

    @model_validator(mode="after")
    def _one_password(self) -> "JournalSettings":
        if self.password_env is not None and self.password_file is not None:
            raise ValueError("give password_env or password_file, not both")
        if self.url is None and (self.password_env or self.password_file):
            raise ValueError("a password goes with url")
        return self


class ArchiveSettings(Strict):
    """[archive]: where closed days of the journal go."""

    folder: Path = Path("archive")  # in data_dir
    keep_days: int | None = Field(default=None, ge=1, le=36_500)
    daily: bool = True  # a job of the running gateway
    daily_at: time = time(2)  # UTC

    @field_validator("daily_at")
    @classmethod
    def _is_plain(cls, at: time) -> time:
        return whole_second(at)


class OperationsSettings(Strict):
    """[operations]: what operations are told."""

    stuck_after_s: float = Field(default=30.0, gt=0)  # in an uncertain state: an alert
    reconcile_every_s: float = Field(default=60.0, ge=0)  # 0: only when somebody asks
    trades_every_s: float = Field(default=60.0, ge=0)  # the same of trades


class WebhookSettings(Strict):
    """[[alerts.webhook]]: a receiver of alerts."""

    url: str = Field(pattern=r"^https?://[^/\s]+")
    secret_env: str | None = None  # environment variable with the secret that signs each POST
    timeout_s: float = Field(default=5.0, gt=0, le=60)


class AlertSettings(Strict):
    """[alerts]: what people are told of, and how."""

    again_after_s: float = Field(default=300.0, ge=0)  # the same is one alert until then
    venue_down_after_s: float = Field(default=2.0, ge=0)
    journal_lag_s: float = Field(default=2.0, gt=0)
    clock_offset_max_ms: int = Field(default=250, ge=1)
    reject_share: float = Field(default=0.5, gt=0, le=1)  # of a session's orders
    reject_orders_min: int = Field(default=20, ge=1)  # among at least so many
    reject_window_s: int = Field(default=60, ge=1, le=3_600)
    webhook: tuple[WebhookSettings, ...] = ()


class GatewaySettings(Strict):
    """config/gateway.toml."""

    data_dir: Path = Path("var")
    sessions_dir: Path = Path("sessions")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    stop_timeout_s: float = Field(default=10.0, gt=0)
    on_stop: Literal["keep", "cancel"] = "keep"  # open orders
    fix: FixSettings = FixSettings()
    journal: JournalSettings = JournalSettings()
    operations: OperationsSettings = OperationsSettings()
    archive: ArchiveSettings = ArchiveSettings()
    alerts: AlertSettings = AlertSettings()


Price = Annotated[Decimal, Field(gt=0, lt=10**9)]


class SimulatedSettings(Strict):
    """A venue of kind "simulated"."""

    kind: Literal["simulated"]
    name: str
    enabled: bool = True
    seed: int = 7
    walk_seed: int | None = None  # venues with the same one move together
    step_ms: int = Field(default=250, ge=0)  # 0: the market stands still
    reference_px: dict[str, Price] = Field(default_factory=dict)  # by symbol, at first
    day_orders_end: Literal["expired", "done_for_day"] = "expired"
    differences: Differences = Differences.ADOPT
    balances: dict[str, Decimal] | None = None  # at first; None: generous
    fees: VenueFeeSettings = VenueFeeSettings()


class CcxtSettings(Strict):
    """A venue of kind "ccxt"."""

    kind: Literal["ccxt"]
    name: str
    enabled: bool = True
    exchange: Literal["binance"]
    environment: Literal["testnet", "production"] = "testnet"
    api_key_env: str | None = None  # name of an environment variable, never the key itself
    api_secret_env: str | None = None
    key_file: Path | None = None
    symbols: tuple[str, ...] = ()  # unified; empty: all that the venue lists
    market_data: tuple[str, ...] | None = None  # whose prices are followed; None: ``symbols``
    market_data_stale_after_s: float = Field(default=10.0, ge=3, le=300)
    request_timeout_s: float = Field(default=10.0, gt=0)
    rate_limit_share: float = Field(default=0.9, gt=0, le=1)  # of what the venue documents
    fees: VenueFeeSettings = VenueFeeSettings()
    differences: Differences = Differences.ADOPT
    redirect_host: str | None = None  # a double instead of the venue's own hosts
    redirect_port: Port | None = None
    redirect_ca_file: Path | None = None

    @model_validator(mode="after")
    def _credentials_are_somewhere(self) -> "CcxtSettings":
        by_env = self.api_key_env is not None and self.api_secret_env is not None
        if not by_env and self.key_file is None:
            raise ValueError("needs api_key_env and api_secret_env, or key_file")
        if self.redirect_host is not None and self.environment == "production":
            raise ValueError("redirect_host does not go with environment = 'production'")
        return self

    @model_validator(mode="after")
    def _prices_can_be_followed(self) -> "CcxtSettings":
        unlisted = set(self.market_data or ()) - set(self.symbols)
        if self.symbols and unlisted:
            raise ValueError(f"market_data has {min(unlisted)}, which is not one of symbols")
        if len(self.followed) > _FOLLOWED_MAX:
            what = f"prices of at most {_FOLLOWED_MAX} symbols can be followed"
            raise ValueError(f"{what}; name them in market_data")
        return self

    @property
    def followed(self) -> tuple[str, ...]:
        """The symbols whose prices are followed."""
        return self.symbols if self.market_data is None else self.market_data


VenueSettings = Annotated[SimulatedSettings | CcxtSettings, Field(discriminator="kind")]


class VenuesFile(Strict):
    """config/venues.toml."""

    venue: tuple[VenueSettings, ...]

    @model_validator(mode="after")
    def _names_differ(self) -> "VenuesFile":
        names = [each.name for each in self.venue]
        for name in names:
            if NAME.fullmatch(name) is None:
                raise ValueError(f"venue name {name!r} must be letters, digits, '_', '.', '-'")
            if names.count(name) > 1:
                raise ValueError(f"two venues are named {name}")
            if name == SMART:
                raise ValueError(f"{SMART} is no venue: it stands for routing over all of them")
        return self


class SymbolsFile(Strict):
    """config/symbols.toml."""

    aliases: dict[str, str] = Field(default_factory=dict)


class SessionFile(Strict):
    """sessions/NAME.toml: one client session. The file's name is not used."""

    name: str
    version: FixVersion
    target_comp_id: str  # the client's CompID: 49 of what it sends
    sender_comp_id: str | None = None  # ours; default: fix.comp_id
    enabled: bool = True
    role: Role = Role.ORDER_ENTRY
    username: str | None = None  # tag 553
    password_env: str | None = None  # name of the environment variable that holds tag 554
    password_hash: str | None = None  # or its salted hash, from `fixgate hash`
    allowed_addresses: tuple[Network, ...] = ()  # empty: loopback only
    heart_bt_int_min_s: int = Field(default=1, ge=1)
    heart_bt_int_max_s: int = Field(default=3_600, le=86_400)
    reset_on_logon_allowed: bool = True  # 141=Y
    default_venue: str | None = None  # needed for order entry; SMART: routed
    routing: str | None = None  # policy for what is routed; None: the first in routing.toml
    covers: tuple[str, ...] = ()  # drop copy: whose reports it gets a copy of; "*": everybody's
    venues: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    default_account: str | None = None
    pending_new_reports: bool = False
    pending_reports: bool = True
    while_pending: WhilePending = WhilePending.IN_TURN
    open_requests_max: int = Field(default=10, ge=1, le=100)
    submit_again_s: float = Field(default=0, ge=0, le=3_600)  # in doubt and never at the venue
    cancel_on_disconnect: bool = False  # a Logon may say otherwise: 8013, 9001, 8674
    cancel_grace_s: float = Field(default=0.0, ge=0, le=86_400)  # how long it may be away
    user_tags_checked: bool = True  # reject tags from 5000 that the dictionary does not have
    echo_tags: tuple[int, ...] | None = None  # None: all that the rules of engagement list
    echo_custom_tags: tuple[Annotated[int, Field(ge=5_000, le=99_999)], ...] = ()
    news: bool | None = None  # of venues; None: as the role has it
    tls_required: bool = False
    client_certificate: CertificateSettings | None = None  # then TLS is required as well
    schedule: ScheduleSettings | None = None  # None: always open, numbers go on
    rates: RateSettings = RateSettings()
    limits: ClientLimitSettings = ClientLimitSettings()  # beside those of config/risk.toml
    market_data: MarketDataSettings = MarketDataSettings()
    positions: PositionSettings = PositionSettings()

    _names = field_validator("name", "target_comp_id", "sender_comp_id")(_a_name)

    @field_validator("password_hash")
    @classmethod
    def _is_a_hash(cls, value: str | None) -> str | None:
        if value is not None and not is_hash(value):
            raise ValueError("must be what `fixgate hash` prints")
        return value

    @model_validator(mode="after")
    def _role_has_what_it_needs(self) -> "SessionFile":
        if self.role is Role.ORDER_ENTRY and self.default_venue is None:
            raise ValueError("default_venue is missing: where orders go that name no destination")
        if (self.role is Role.DROP_COPY) is not bool(self.covers):
            raise ValueError("covers goes with role = 'drop_copy': whose reports it copies")
        if self.role is not Role.MARKET_DATA and "market_data" in self.model_fields_set:
            raise ValueError("[market_data] goes with role = 'market_data'")
        return self

    @model_validator(mode="after")
    def _custom_tags_get_here(self) -> "SessionFile":
        if self.echo_custom_tags and self.user_tags_checked:
            raise ValueError(
                "echo_custom_tags needs user_tags_checked = false: else they are rejected"
            )
        return self

    @model_validator(mode="after")
    def _password_has_a_user(self) -> "SessionFile":
        if self.password_env is not None and self.password_hash is not None:
            raise ValueError("give password_env or password_hash, not both")
        has_password = self.password_env is not None or self.password_hash is not None
        if (self.username is not None) != has_password:
            raise ValueError("username and a password go together")
        if self.heart_bt_int_min_s > self.heart_bt_int_max_s:
            raise ValueError("heart_bt_int_min_s is above heart_bt_int_max_s")
        if self.accounts and self.default_account not in (None, *self.accounts):
            raise ValueError("default_account is not one of accounts")
        return self


class Configuration(Strict):
    """All files together."""

    home: Path
    gateway: GatewaySettings
    venues: tuple[VenueSettings, ...]
    aliases: dict[str, str]
    sessions: tuple[SessionFile, ...]
    risk: RiskFile = RiskFile()
    routing: RoutingFile = RoutingFile()

    def path(self, relative: Path) -> Path:
        """A path of the configuration; relative ones start at home."""
        return relative if relative.is_absolute() else self.home / relative

    def limits(self) -> LimitSet:
        """All limits that the files set."""
        return limit_set(self.risk, ((each.name, each.limits) for each in self.sessions))

    @property
    def data_dir(self) -> Path:
        """Where everything is kept that must survive."""
        return self.path(self.gateway.data_dir)

    @property
    def archive_dir(self) -> Path:
        """Where closed days of the journal go; a relative folder is in ``data_dir``."""
        return self.data_dir / self.gateway.archive.folder
