"""Each adapter made from its part of the configuration.

Here: one function per adapter.
Not here: how they work together (gateway).
"""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from xml.etree.ElementTree import ParseError

from fixgate.adapters.clock import SystemClock
from fixgate.adapters.fix.certificates import CertificateDemand
from fixgate.adapters.fix.codec import Codec, addressing
from fixgate.adapters.fix.config import (
    DoorLimits,
    MarketDataRules,
    SessionConfig,
    SessionStart,
    password_is,
)
from fixgate.adapters.fix.credentials import verify
from fixgate.adapters.fix.dictionary import read
from fixgate.adapters.fix.encode import Addressing
from fixgate.adapters.fix.market_data_desk import MarketDataDesk
from fixgate.adapters.fix.rates import Rates
from fixgate.adapters.fix.server import FixServer
from fixgate.adapters.store.stop_file import StopFile
from fixgate.adapters.store.store import Store
from fixgate.adapters.venues.key_file import from_key_file
from fixgate.adapters.venues.settings import (
    CcxtSettings,
    Environment,
    RateLimits,
    Redirect,
    Timeouts,
    from_environment,
)
from fixgate.adapters.venues.sim_account import GENEROUS
from fixgate.adapters.venues.sim_listings import SimulatedSettings
from fixgate.adapters.venues.simulated import SimulatedVenue
from fixgate.application.inbox import Item
from fixgate.application.ports.venue import VenuePort
from fixgate.application.seeing import VenuesMarket
from fixgate.application.watching import StuckWatch
from fixgate.bootstrap import settings as s
from fixgate.bootstrap.loading import ConfigurationError
from fixgate.domain.balance import Differences
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import RoutingConfigured
from fixgate.domain.positions import Positions
from fixgate.domain.routing import VenueFees
from fixgate.domain.sessions import Role, SessionRules
from fixgate.domain.state import State

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def rules(session: s.SessionFile) -> SessionRules:
    """What the core needs to know of a session."""
    return SessionRules(
        name=SessionName(session.name),
        version=session.version,
        default_venue=VenueName(session.default_venue or ""),
        accounts=frozenset(session.accounts),
        default_account=session.default_account,
        venues=frozenset(VenueName(each) for each in session.venues),
        pending_new_reports=session.pending_new_reports,
        pending_reports=session.pending_reports,
        while_pending=session.while_pending,
        open_requests_max=session.open_requests_max,
        role=session.role,
        news=session.role is Role.ORDER_ENTRY if session.news is None else session.news,
        covers=session.covers,
        submit_again_ms=int(session.submit_again_s * 1_000),
        cancel_on_disconnect=session.cancel_on_disconnect,
        cancel_grace_ms=round(session.cancel_grace_s * 1_000),
        routing=session.routing,
        positions_max=session.positions.subscriptions_max,
        positions_every_ms=session.positions.min_interval_ms,
    )


def routing(configuration: s.Configuration) -> RoutingConfigured:
    """What the core needs to know of routing."""
    return RoutingConfigured(
        policies=configuration.routing.policies(),
        fees=tuple(each.fees.of(each.name) for each in configuration.venues),
    )


def codec(configuration: s.Configuration) -> Codec:
    """FIX text for every configured session."""
    return Codec(addressings(configuration))


def addressings(
    configuration: s.Configuration, sessions: Iterable[s.SessionFile] | None = None
) -> dict[SessionName, Addressing]:
    """How to write to each session's client; to those of ``sessions``, or to all."""
    return {
        SessionName(each.name): addressing(
            each.version,
            sender_comp_id=each.sender_comp_id or configuration.gateway.fix.comp_id,
            target_comp_id=each.target_comp_id,
            **({} if each.echo_tags is None else {"echo_tags": frozenset(each.echo_tags)}),
            custom_tags=each.echo_custom_tags,
        )
        for each in (configuration.sessions if sessions is None else sessions)
    }


def venues(
    configuration: s.Configuration,
    clock: SystemClock,
    owned: Callable[[], bool],
    known: Positions,
) -> dict[VenueName, VenuePort]:
    """Every enabled venue.

    owned: whether this process surely still is the one that trades.
    known: what the journal says that we hold; a venue that keeps nothing goes by it.

    Raises:
        VenueSetupError: one cannot work as it is configured.
    """
    return {
        VenueName(each.name): _venue(configuration, each, clock, owned, known)
        for each in configuration.venues
    }


def stuck_watch(configuration: s.Configuration, state: State) -> StuckWatch:
    """An eye on orders in doubt."""
    after_s = configuration.gateway.operations.stuck_after_s
    return StuckWatch(state, after_ns=int(after_s * 1e9))


def differences(configuration: s.Configuration) -> dict[VenueName, Differences]:
    """What is done with differences of each venue's account."""
    return {VenueName(each.name): each.differences for each in configuration.venues}


def _venue(
    configuration: s.Configuration,
    venue: s.VenueSettings,
    clock: SystemClock,
    owned: Callable[[], bool],
    known: Positions,
) -> VenuePort:
    if isinstance(venue, s.SimulatedSettings):
        step_s = venue.step_ms / 1_000 if venue.step_ms else None
        return SimulatedVenue(
            SimulatedSettings(
                name=VenueName(venue.name),
                seed=venue.seed,
                walk_seed=venue.walk_seed,
                step_period_s=step_s,
                reference_px=venue.reference_px,
                done_for_day=venue.day_orders_end == "done_for_day",
                deposits=GENEROUS if venue.balances is None else venue.balances,
                fees=_charged(venue),
            ),
            clock,
            known,
        )
    # ccxt takes a second and 100 MB to import: only those pay for it who use it.
    from fixgate.adapters.venues.ccxt_venue import CcxtVenue  # noqa: PLC0415

    return CcxtVenue(_ccxt_settings(configuration, venue), clock, owned=owned)


def _charged(venue: s.SimulatedSettings) -> VenueFees | None:
    """What a simulated venue takes of each trade."""
    return venue.fees.of(venue.name) if venue.fees.model_fields_set else None


def charge(ports: Mapping[VenueName, VenuePort], venue: s.VenueSettings) -> None:
    """Let a venue take its fees as they are now; a real one does so by itself."""
    port = ports[VenueName(venue.name)]
    if isinstance(port, SimulatedVenue) and isinstance(venue, s.SimulatedSettings):
        port.charge(_charged(venue))


def _ccxt_settings(configuration: s.Configuration, venue: s.CcxtSettings) -> CcxtSettings:
    if venue.key_file is not None:
        credentials = from_key_file(configuration.path(venue.key_file))
    else:
        credentials = from_environment(venue.api_key_env or "", venue.api_secret_env or "")
    redirect = None
    if venue.redirect_host is not None and venue.redirect_port is not None:
        ca_file = configuration.path(venue.redirect_ca_file) if venue.redirect_ca_file else None
        redirect = Redirect(
            host=venue.redirect_host, port=venue.redirect_port, ca_file=str(ca_file or "")
        )
    return CcxtSettings(
        name=VenueName(venue.name),
        credentials=credentials,
        exchange=venue.exchange,
        environment=Environment(venue.environment),
        symbols=venue.symbols,
        market_data=venue.market_data,
        limits=RateLimits(share=venue.rate_limit_share),
        timeouts=Timeouts(
            call_s=venue.request_timeout_s,
            market_stale_after_s=venue.market_data_stale_after_s,
        ),
        redirect=redirect,
    )


def _password_check(session: s.SessionFile) -> Callable[[str], bool] | None:
    if session.password_hash is not None:
        return partial(verify, session.password_hash)
    if session.password_env is not None:
        expected = os.environ.get(session.password_env)
        if not expected:
            raise ConfigurationError(
                f"session {session.name}: environment variable {session.password_env} is not set"
            )
        return password_is(expected)
    return None


def session_config(configuration: s.Configuration, session: s.SessionFile) -> SessionConfig:
    """What the door and the engine need to know of a session.

    Raises:
        ConfigurationError: its password is not in the environment.
    """
    demanded = session.client_certificate
    return SessionConfig(
        name=SessionName(session.name),
        version=session.version,
        target_comp_id=session.target_comp_id,
        sender_comp_id=session.sender_comp_id or configuration.gateway.fix.comp_id,
        username=session.username,
        password_ok=_password_check(session),
        networks=session.allowed_addresses or LOOPBACK,
        heart_bt_int_s_min=session.heart_bt_int_min_s,
        heart_bt_int_s_max=session.heart_bt_int_max_s,
        reset_allowed=session.reset_on_logon_allowed,
        user_tags_checked=session.user_tags_checked,
        tls_required=session.tls_required or demanded is not None,
        certificate=None
        if demanded is None
        else CertificateDemand(subject=demanded.subject, san=demanded.san, sha256=demanded.sha256),
        hours=None if session.schedule is None else session.schedule.hours(),
        resets=None if session.schedule is None else session.schedule.resets(),
        rates=Rates(
            soft_per_s=session.rates.soft_per_s,
            hard_per_s=session.rates.hard_per_s,
            back_off_s=session.rates.back_off_s,
        ),
        cancel_on_disconnect=session.cancel_on_disconnect,
        market_data=_market_data(session),
    )


def _market_data(session: s.SessionFile) -> MarketDataRules | None:
    if session.role is not Role.MARKET_DATA:
        return None
    venue = session.default_venue
    return MarketDataRules(
        default_venue=None if venue is None else VenueName(venue),
        venues=frozenset(VenueName(each) for each in session.venues),
        min_interval_s=session.market_data.min_interval_ms / 1_000,
        subscriptions_max=session.market_data.subscriptions_max,
        stalled_s=session.market_data.stalled_s,
    )


def market_data(market: VenuesMarket, state: State) -> MarketDataDesk:
    """Prices for the sessions that are for them."""

    def listed(venue: VenueName, symbol: str) -> str | None:
        instrument = state.instrument(venue, symbol)
        return None if instrument is None else instrument.symbol

    return MarketDataDesk(market, listed)


def door_limits(configuration: s.Configuration) -> DoorLimits:
    """What the door allows."""
    fix = configuration.gateway.fix
    return DoorLimits(
        connections_max=fix.connections_max,
        connections_per_address_max=fix.connections_per_address_max,
        logon_timeout_s=fix.logon_timeout_s,
        message_bytes_max=fix.message_bytes_max,
        frames_per_s=float(fix.inbound_messages_per_s),
        frames_burst=fix.inbound_messages_per_s,
        write_buffer_bytes_max=fix.write_buffer_bytes_max,
        resend_piece=fix.resend_messages_max,
    )


def refused_path(configuration: s.Configuration) -> Path:
    """Where the stop file is."""
    return configuration.data_dir / "refused.stop"


class Refused:
    """The stop file: what was refused when the journal failed is never taken as new.

    What an earlier process refused is refused again when its client sends it again: it may not have
    been told.
    """

    def __init__(self, path: Path, last_in: Mapping[SessionName, int]) -> None:
        """Read it.

        Args:
            path: of the file.
            last_in: of each session, up to which number the journal has what its client sent.
        """
        self._file = StopFile(path)
        self.found = self._file.read()
        self._now: dict[SessionName, int] = {}
        self.before = {
            session: number
            for session, number in self.found.refused_through.items()
            if number > last_in.get(session, 0)
        }
        if self.found.refused_through:
            self._write()

    def remember(self, numbers: dict[SessionName, int]) -> bool:
        """Write down the highest number refused per session; False if that failed."""
        self._now.update(numbers)
        try:
            self._write()
        except (OSError, ValueError):
            return False
        return True

    def past(self, session: SessionName) -> None:
        """The journal has all that was refused before, or the client's numbers began again."""
        if self.before.pop(session, None) is not None:
            self._write()

    def clear(self) -> None:
        """Forget what this process refused: the journal has it."""
        self._now.clear()
        self._write()

    def _write(self) -> None:
        held = dict(self.before)
        for session, number in self._now.items():
            held[session] = max(number, held.get(session, 0))
        self._file.write(held)


def session_starts(store: Store, refused: Refused) -> dict[SessionName, SessionStart]:
    """Where each session's numbers stand, by the journal."""
    unheard = {name: SessionStart(untaken_through=each) for name, each in refused.before.items()}
    return unheard | {
        each.name: SessionStart(
            next_sender=each.last_out + 1,
            next_target=each.last_in + 1,
            seen_ns=each.since_ns,
            untaken_through=refused.before.get(each.name, 0),
        )
        for each in store.reader.sessions()
    }


def fix_server(
    configuration: s.Configuration,
    store: Store,
    refused: Refused,
    *,
    deliver: Callable[[Item], None],
    room: Callable[[], bool],
    clock: SystemClock,
    position: Callable[[], int],
    market_data: MarketDataDesk,
    renewed: Callable[[SessionName, Callable[[], None]], None],
    taken_on: Callable[[SessionName], None],
) -> FixServer:
    """The acceptor, its sessions standing where the journal says.

    Raises:
        ConfigurationError: a password is not in the environment, or a dictionary cannot be used.
    """
    check_dictionaries(configuration)
    return FixServer(
        [session_config(configuration, each) for each in configuration.sessions],
        dictionaries=configuration.path(configuration.gateway.fix.dictionaries),
        data=configuration.data_dir,
        deliver=deliver,
        room=room,
        clock=clock,
        remember_refused=refused.remember,
        sent=store.sent(position),
        fence=store.fence,
        limits=door_limits(configuration),
        starts=session_starts(store, refused),
        market_data=market_data,
        renewed=renewed,
        taken_on=taken_on,
    )


def check_dictionaries(configuration: s.Configuration) -> None:
    """Those that the sessions need are there and are XML."""
    folder = configuration.path(configuration.gateway.fix.dictionaries)
    for version in {each.version for each in configuration.sessions}:
        try:
            read(folder, version)
        except OSError as error:
            raise ConfigurationError(f"{error.filename}: {error.strerror}") from error
        except (ParseError, ValueError) as error:
            path = folder / f"{version.value.replace('.', '')}.xml"
            raise ConfigurationError(f"{path}: not a FIX dictionary: {error}") from error
