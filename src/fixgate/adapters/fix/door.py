"""Who may come in: connections counted, first Logons judged, refusals put on record.

Here: Door. Not here: sessions' own affairs (client_session), listening (server).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from fixgate.adapters.fix.client_session import ClientSession
from fixgate.adapters.fix.config import DoorLimits, SessionConfig
from fixgate.adapters.fix.connection import Connection
from fixgate.adapters.fix.framing import Frame, Garbage
from fixgate.adapters.fix.limits import Connections, TokenBucket
from fixgate.adapters.fix.logon import SessionKey, judge, key_of
from fixgate.adapters.fix.recorder import Arrived, Deliver, Recorder
from fixgate.adapters.fix.turns import Turns
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import Handling
from fixgate.domain.hours import closed_text
from fixgate.domain.ids import SessionName

_NS: Final = 1_000_000_000


class Door:
    """All connections, those with a session and those that have none yet."""

    def __init__(
        self,
        sessions: Mapping[SessionName, ClientSession],
        *,
        deliver: Deliver,
        room: Callable[[], bool],
        clock: Clock,
        limits: DoorLimits,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.has_room = room
        self.turns = Turns(
            per_turn=limits.frames_per_turn,
            per_worker=limits.frames_per_connection_turn,
            room=room,
        )
        self.connections: set[Connection] = set()
        self.on_empty: Callable[[], None] | None = None
        self._sessions = sessions
        self._configs: dict[SessionKey, SessionConfig] = {
            key_of(each.config): each.config for each in sessions.values()
        }
        self._holders: dict[SessionName, Connection] = {}
        self._deliver = deliver
        self._counted = Connections(
            total_max=limits.connections_max, per_address_max=limits.connections_per_address_max
        )
        self._notes = TokenBucket(
            per_s=limits.refusals_noted_per_s, burst=limits.refusals_noted_per_s
        )
        self._unnoted = 0
        self._closed: str | None = None

    def let_in(self, config: SessionConfig) -> None:
        """A session is new, or has other rules."""
        self.keep_out(config.name)
        self._configs[key_of(config)] = config

    def keep_out(self, name: SessionName) -> None:
        """Nobody may log on to this session any more."""
        self._configs = {key: each for key, each in self._configs.items() if each.name != name}

    def holder(self, config: SessionConfig) -> SessionName | None:
        """The session that has these CompIDs in this version."""
        found = self._configs.get(key_of(config))
        return None if found is None else found.name

    def shut(self, reason: str) -> None:
        """Admit nobody from now on."""
        self._closed = reason

    def admit(self, connection: Connection) -> str | None:
        if self._closed is not None:
            return self._closed
        reason = self._counted.try_add(connection.address)
        if reason is None:
            connection.admitted = True
            self.connections.add(connection)
        return reason

    def open(self, connection: Connection, logon: Arrived) -> ClientSession | str:
        if not isinstance(logon.item, Frame):
            return logon.item.reason
        if self._closed is not None:
            return self._closed
        verdict = judge(
            logon.item,
            self._configs,
            address=connection.address,
            now_ns=self.clock.now_ns(),
            is_connected=self._is_connected,
            secure=connection.secure,
            certificate=connection.certificate,
        )
        if isinstance(verdict, str):
            return verdict
        session = self._sessions[verdict.config.name]
        if session.renewal.pending is not None:
            return session.renewal.pending
        if (
            why := self._closed_until(verdict.config) or session.barred or session.away()
        ) is not None:
            # Only who could have logged on is told why not.
            session.turn_away(connection, logon.item, why)
            return why
        self._holders[verdict.config.name] = connection
        session.attach(connection, verdict)
        return session

    def refuse(self, connection: Connection, reason: str, arrived: Arrived | None) -> None:
        # Whoever connects without end must not fill the journal: some are noted, all are counted.
        if not self._notes.take(1, self.clock.now_ns() / _NS):
            self._unnoted += 1
            return
        if self._unnoted:
            reason = f"{reason} ({self._unnoted} more refused before this one)"
            self._unnoted = 0
        record = Recorder(None, self._deliver, self.clock)
        record.peer = connection.peer
        if arrived is None:
            arrived = Arrived(Garbage(b"", reason), self.clock.now_ns())
        record.incoming(arrived, Handling.REFUSED, reason=reason)

    def ended(self, connection: Connection) -> None:
        if connection.admitted:
            connection.admitted = False
            self._counted.remove(connection.address)
            self.connections.discard(connection)
        if not self.connections and self.on_empty is not None:
            self.on_empty()

    def _closed_until(self, config: SessionConfig) -> str | None:
        """What to tell a client that comes outside its session's hours."""
        hours = config.hours
        now = datetime.fromtimestamp(self.clock.now_ns() / _NS, UTC)
        if hours is None or hours.is_open(now):
            return None
        return closed_text(hours, now)

    def _is_connected(self, config: SessionConfig) -> bool:
        if not self._sessions[config.name].connected:
            return False
        holder = self._holders[config.name]
        if holder.gone:
            # The client is back before all of its last connection was taken; it resends the rest.
            holder.forget()
        return not holder.gone
