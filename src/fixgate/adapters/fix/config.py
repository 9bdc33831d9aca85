"""What the FIX side is told at its start: sessions and limits.

Here: SessionConfig, SessionStart, DoorLimits. Not here: where these come from (configuration).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from fixgate.adapters.fix.certificates import CertificateDemand
from fixgate.adapters.fix.rates import Rates
from fixgate.domain.errors import require
from fixgate.domain.hours import Hours, Resets
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.sessions import FixVersion

Network = IPv4Network | IPv6Network
LOOPBACK: Final[tuple[Network, ...]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDataRules:
    """What a session for market data may subscribe to, and how often it hears of it."""

    default_venue: VenueName | None = None  # for symbols that name none
    venues: frozenset[VenueName] = frozenset()  # empty: any
    min_interval_s: float = 0.1  # between two messages of one subscription
    subscriptions_max: int = 1_000  # symbols, each time they are subscribed to
    stalled_s: float = 30.0  # a client that takes nothing of what waits for so long is let go


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """One client session, as the door and the engine need it."""

    name: SessionName
    version: FixVersion
    target_comp_id: str  # the client's CompID
    sender_comp_id: str = "FIXGATE"
    username: str | None = None  # None: 553 is not looked at
    password_ok: Callable[[str], bool] | None = None  # None: 554 is not looked at
    networks: tuple[Network, ...] = LOOPBACK  # addresses the client may come from
    heart_bt_int_s_min: int = 1
    heart_bt_int_s_max: int = 3_600
    latency_s_max: int = 120  # SendingTime (52) against our clock
    reset_allowed: bool = True  # ResetSeqNumFlag (141) Y in a Logon
    cancel_on_disconnect: bool = False  # unless the Logon says otherwise: 8013, 9001, 8674
    user_tags_checked: bool = False  # True: tags from 5000 that the dictionary lacks are rejected
    tls_required: bool = False
    certificate: CertificateDemand | None = None  # None: none is needed
    hours: Hours | None = None  # None: always open
    resets: Resets | None = None  # None: sequence numbers never begin again by themselves
    rates: Rates = field(default_factory=Rates)
    market_data: MarketDataRules | None = None  # None: it is for something else
    timestamp_precision: int = 3  # digits of the engine's own SendingTime; FIX 4.2 allows 3

    @property
    def of_engine(self) -> tuple[object, ...]:
        """What its engine is made with, and cannot change while it is in use."""
        return (
            self.version,
            self.sender_comp_id,
            self.target_comp_id,
            self.latency_s_max,
            self.user_tags_checked,
            self.timestamp_precision,
        )

    def __post_init__(self) -> None:
        for text in (self.name, self.sender_comp_id, self.target_comp_id):
            # They name a folder and files.
            require(_FILE_NAME.fullmatch(text) is not None, f"{text!r} cannot name a session")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStart:
    """What the journal knows of a session when the gateway starts.

    next_sender: the number after the highest one of a report.
    next_target: the number after ``last_in``; a lower one than true is asked for again.
    seen_ns: when its client last came or went; None: never.
    untaken_through: up to which number an earlier process refused what the journal does not have.
    """

    next_sender: int = 1
    next_target: int = 1
    seen_ns: int | None = None
    untaken_through: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """What the door allows; every figure is per connection unless its name says otherwise."""

    connections_max: int = 1_000  # all together
    connections_per_address_max: int = 200
    logon_timeout_s: float = 10.0
    logon_bytes_max: int = 4_096  # before the Logon is complete
    message_bytes_max: int = 65_536
    frames_per_s: float = 20_000.0
    frames_burst: int = 20_000
    frames_per_turn: int = 128  # of all connections, per turn of the event loop
    frames_per_connection_turn: int = 32
    backlog_frames_max: int = 512  # beyond it reading pauses
    backlog_bytes_max: int = 1024 * 1024  # the same
    write_buffer_bytes_max: int = 8 * 1024 * 1024
    beyond_gap_max: int = 10_000  # messages kept while an earlier one is missing
    beyond_gap_bytes_max: int = 16 * 1024 * 1024
    garbled_max: int = 100  # in a row
    resend_piece: int = 2_500  # messages answered without a pause
    resend_repeats_max: int = 10  # of one BeginSeqNo, per minute
    refusals_noted_per_s: float = 20.0  # of all connections together
    late_after_s: float = 10.0  # a report released later gets the time of its release
    close_timeout_s: float = 5.0


def password_is(expected: str) -> Callable[[str], bool]:
    """A check against a known password, in a time that does not tell how much of it was right."""
    secret = expected.encode()

    def check(given: str) -> bool:
        return compare_digest(given.encode("utf-8", "surrogateescape"), secret)

    return check
