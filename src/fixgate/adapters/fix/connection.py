"""One TCP connection of a client.

Here: Connection, an asyncio protocol: bytes in and out, the time and size limits of a connection.
Not here: judging a Logon (logon, door), what frames mean (client_session).
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

from fixgate.adapters.fix.certificates import ClientCertificate, client_certificate
from fixgate.adapters.fix.client_session import ClientSession
from fixgate.adapters.fix.config import DoorLimits
from fixgate.adapters.fix.framing import Framer, Garbage
from fixgate.adapters.fix.limits import TokenBucket
from fixgate.adapters.fix.recorder import Arrived
from fixgate.adapters.fix.turns import Turns
from fixgate.application.ports.clock import Clock

_CONGESTED_BYTES = 256 * 1024  # beyond it, repetitions of old messages pause


class Doorkeeper(Protocol):
    """The door, as a connection uses it."""

    limits: DoorLimits
    clock: Clock
    turns: Turns

    def admit(self, connection: "Connection") -> str | None:
        """Count a new connection; or say why it cannot stay."""
        ...

    def open(self, connection: "Connection", logon: Arrived) -> ClientSession | str:
        """The session that its first message opens; or why it does not."""
        ...

    def refuse(self, connection: "Connection", reason: str, arrived: Arrived | None) -> None:
        """Put on record that a connection was turned away."""
        ...

    def has_room(self) -> bool:
        """Whether more may be delivered."""
        ...

    def ended(self, connection: "Connection") -> None:
        """The connection is no more."""
        ...


class Connection(asyncio.Protocol):
    """From the accepted socket to its end."""

    def __init__(self, door: Doorkeeper, *, secure: bool = False) -> None:
        self.peer = self.address = ""
        self.secure = secure  # TLS; then it is counted, and made when its handshake is done
        self.made = False
        self.handshake: asyncio.Task[None] | None = None
        self.certificate: ClientCertificate | None = None
        self.scheduled = False  # Turns
        self.admitted = False  # counted by the door
        self._door = door
        self._limits = door.limits
        self._transport: asyncio.Transport | None = None
        self._session: ClientSession | None = None
        self._framer = Framer(bytes_max=door.limits.message_bytes_max)
        self._bucket = TokenBucket(per_s=self._limits.frames_per_s, burst=self._limits.frames_burst)
        self._backlog: deque[Arrived] = deque()
        self._backlog_bytes = 0
        self._received = 0  # bytes before the Logon was complete
        self._timer: asyncio.TimerHandle | None = None
        self._reading = True
        self._congested = False
        self._finished = False  # nothing more is taken from this connection

    # --- asyncio

    def connection_made(self, connected: asyncio.BaseTransport) -> None:
        # TCP always gives one that writes; uvloop's does not derive from asyncio's class.
        transport = cast("asyncio.Transport", connected)
        self.made = True
        self._transport = transport
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        transport.set_write_buffer_limits(high=_CONGESTED_BYTES)
        reason = self._look_at_certificate(transport) if self.secure else self._enter(transport)
        if reason is not None:
            self._turn_away(reason)
            return
        self._later(self._limits.logon_timeout_s, self._logon_timed_out)

    def data_received(self, data: bytes) -> None:
        if self._finished:
            return
        at_ns = self._door.clock.now_ns()
        found = [Arrived(item, at_ns) for item in self._framer.feed(data)]
        if self._session is None:
            self._received += len(data)
            if not self._log_on(found):
                return
        self._backlog.extend(found)
        self._backlog_bytes += sum([len(each.item.raw) for each in found])
        self._pause_or_resume()
        if found:
            self._door.turns.take_now(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        self._cancel_timer()
        if self._session is None or not self._backlog:
            self.forget()
        else:
            # What the client sent before it went is taken first. A resend would stand before it
            # for ever: what congests it is not taken any more.
            self._session.stop_resending()
            self._door.turns.wake(self)
        self._door.ended(self)

    def pause_writing(self) -> None:
        self._congested = True

    def resume_writing(self) -> None:
        self._congested = False
        self.wake()

    # --- what its session asks of it

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def buffered(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def has_more(self) -> bool:
        return bool(self._backlog)

    def close(self) -> None:
        self._finish()
        if self._transport is not None:
            self._transport.close()
            # A client that does not read what is buffered must not keep the socket.
            self._later(self._limits.close_timeout_s, self._abort_transport)

    def abort(self) -> None:
        self._finish()
        self._abort_transport()

    def wake(self) -> None:
        session = self._session
        if session is not None and (self._backlog or session.resending):
            self._door.turns.wake(self)

    # --- what the door asks of it

    @property
    def gone(self) -> bool:
        """Whether the socket is closed, though frames from it may still be waiting."""
        return self._transport is None

    def forget(self) -> None:
        """Give up what is still waiting; the session may log on again."""
        session = self._session
        self._finish()
        if session is not None:
            session.lost("the connection ended")

    # --- turns

    def work(self, most: int) -> tuple[int, bool]:
        """Take up to ``most`` frames, or repeat one piece of a resend."""
        session = self._session
        if session is None:
            return 0, False
        if session.resending:
            if self._congested or not session.may_resend:
                return 0, False  # resume_writing wakes, or the session when the piece is there
            session.resend_more()
            return most, self._can_go_on(most)
        now_s = asyncio.get_running_loop().time()
        allowed = self._bucket.take(min(most, len(self._backlog)), now_s)
        done = 0
        while done < allowed and self._backlog and not session.resending:
            if not self._door.has_room() or not session.may_take(self._backlog[0]):
                break
            arrived = self._backlog.popleft()
            self._backlog_bytes -= len(arrived.item.raw)
            done += 1
            session.take(arrived)
        if done < allowed:
            self._bucket.give_back(allowed - done)
        self._pause_or_resume()
        if self._transport is None and not self._backlog:
            self.forget()
        return done, self._can_go_on(allowed)

    def _can_go_on(self, allowed: int) -> bool:
        session = self._session
        if session is None:
            return False
        if session.resending:
            return session.may_resend and not self._congested
        if not self._backlog:
            return False
        if allowed == 0:
            self._later(self._bucket.wait_s(), self.wake)
            return False
        # If it may not be taken now, release() wakes.
        return session.may_take(self._backlog[0])

    # --- the rest

    def _enter(self, transport: asyncio.Transport) -> str | None:
        """Be counted; why it may not stay."""
        peer = transport.get_extra_info("peername") or ("", 0)
        self.address, self.peer = peer[0], f"{peer[0]}:{peer[1]}"
        return self._door.admit(self)

    def _look_at_certificate(self, transport: asyncio.Transport) -> str | None:
        """It was counted before its handshake."""
        found = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        try:
            self.certificate = client_certificate(found) if found else None
        except ValueError as error:
            return f"the client's certificate cannot be read: {error}"
        return None

    def _log_on(self, found: list[Arrived]) -> bool:
        """The first message opens a session, or the connection is closed without an answer."""
        if not found:
            if self._received > self._limits.logon_bytes_max:
                self._turn_away("too many bytes before a Logon")
            return False
        first = found[0]
        if isinstance(first.item, Garbage):
            self._turn_away(first.item.reason, first)
            return False
        if len(first.item.raw) > self._limits.logon_bytes_max:
            self._turn_away("the Logon is too long", first)
            return False
        opened = self._door.open(self, first)
        if isinstance(opened, str):
            self._turn_away(opened, first)
            return False
        self._cancel_timer()
        self._session = opened
        return True

    def _logon_timed_out(self) -> None:
        rest = self._framer.rest
        arrived = Arrived(Garbage(rest, ""), self._door.clock.now_ns()) if rest else None
        self._turn_away("no Logon in time", arrived)

    def _turn_away(self, reason: str, arrived: Arrived | None = None) -> None:
        self._door.refuse(self, reason, arrived)
        self.close()

    def _finish(self) -> None:
        self._finished = True
        self._session = None
        self._backlog.clear()
        self._backlog_bytes = 0
        self._cancel_timer()

    def _pause_or_resume(self) -> None:
        """Stop reading at a limit, and begin again when half of it is done."""
        limits, frames, held = self._limits, len(self._backlog), self._backlog_bytes
        if self._reading:
            if frames < limits.backlog_frames_max and held < limits.backlog_bytes_max:
                return
        elif frames > limits.backlog_frames_max // 2 or held > limits.backlog_bytes_max // 2:
            return
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._reading = not self._reading
        if self._reading:
            transport.resume_reading()
        else:
            transport.pause_reading()

    def _later(self, delay_s: float, call: Callable[[], None]) -> None:
        self._cancel_timer()
        self._timer = asyncio.get_running_loop().call_later(delay_s, call)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _abort_transport(self) -> None:
        if self.handshake is not None:
            self.handshake.cancel()
        if self._transport is not None:
            self._transport.abort()
