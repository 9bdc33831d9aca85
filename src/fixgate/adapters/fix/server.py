"""The FIX side of the gateway: listens, ticks, and is the port to which reports are released.

Here: FixServer. Not here: how sessions and connections do their work.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fixgate.adapters.fix.beginning import Beginning
from fixgate.adapters.fix.certificates import TlsFiles, context_of
from fixgate.adapters.fix.client_session import ClientSession
from fixgate.adapters.fix.config import DoorLimits, SessionConfig, SessionStart
from fixgate.adapters.fix.connection import Connection
from fixgate.adapters.fix.dictionary import read
from fixgate.adapters.fix.door import Door
from fixgate.adapters.fix.engine import EngineSession
from fixgate.adapters.fix.market_data_desk import MarketDataDesk
from fixgate.adapters.fix.market_data_subscriber import Subscriber
from fixgate.adapters.fix.numbers import JUMP, PRICES_JUMP, NumbersFile
from fixgate.adapters.fix.recorder import Deliver
from fixgate.adapters.fix.tls_listener import TlsListener
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import FixDelivered, FixNoted, FixPort, Handling
from fixgate.application.ports.journal import Sent
from fixgate.domain.errors import InvariantBroken, require
from fixgate.domain.frozen import changed
from fixgate.domain.hours import closed_text
from fixgate.domain.ids import SessionName

TICK_S: Final = 1.0
_NS: Final = 1_000_000_000
_POLL_S: Final = 0.01
RememberRefused = Callable[[dict[SessionName, int]], bool]


class FixServer(FixPort):
    """All client sessions behind one listening socket.

    deliver: takes inputs and notes; must not raise.
    room: False while no more inputs can be taken; ``resume`` is called when there is room again.
    remember_refused: told, before a message is refused because of ``halt`` or ``interrupt``, up to
    which number a session's messages are refused, so that these are not asked for again. False: it
    could not remember.
    sent: reads back the reports that clients ask for again.
    fence: grows each time a process takes the journal.
    starts: what the journal knows of each session; one without has never been used.
    market_data: prices for the sessions that are for them; None: nobody gets any.
    renewed: told that a session's numbers have begun again, and what to call once that is durable.
    taken_on: told when nothing can come any more that an earlier process refused of a session.
    """

    def __init__(
        self,
        sessions: Sequence[SessionConfig],
        *,
        dictionaries: Path,
        data: Path,
        deliver: Deliver,
        room: Callable[[], bool],
        clock: Clock,
        remember_refused: RememberRefused,
        sent: Sent,
        fence: int,
        limits: DoorLimits | None = None,
        starts: Mapping[SessionName, SessionStart] = MappingProxyType({}),
        market_data: MarketDataDesk | None = None,
        renewed: Callable[[SessionName, Callable[[], None]], None] = lambda _, durable: durable(),
        taken_on: Callable[[SessionName], None] = lambda _: None,
    ) -> None:
        names = [each.name for each in sessions]
        require(len(set(names)) == len(names), "two sessions have one name")
        limits = limits or DoorLimits()
        self._dictionaries = dictionaries
        self._data = data
        self._sent = sent
        self._fence = fence
        self._limits = limits
        self._clock = clock
        self._market_data = market_data
        self._renewed = renewed
        self._taken_on = taken_on
        self._deliver = deliver
        self._barred: dict[SessionName, str] = {}
        self._interrupted: str | None = None  # what is said while the journal is away
        self._sessions: dict[SessionName, ClientSession] = {}
        for config in sessions:
            start = starts.get(config.name, SessionStart())
            self._sessions[config.name] = self._made(config, start)
        self._door = Door(self._sessions, deliver=deliver, room=room, clock=clock, limits=limits)
        self._remember_refused = remember_refused
        self._close_timeout_s = limits.close_timeout_s
        self._plain: asyncio.Server | None = None
        self._secure: TlsListener | None = None
        self._tls: ssl.SSLContext | None = None
        self._tick_timer: asyncio.TimerHandle | None = None

    def _made(self, config: SessionConfig, start: SessionStart) -> ClientSession:
        folder = self._data / "fix" / config.name
        jump = JUMP if config.market_data is None else PRICES_JUMP
        numbers = NumbersFile(folder / "numbers", fence=self._fence, jump=jump)
        sender, written = numbers.begin(start)
        engine = EngineSession(
            config,
            read(self._dictionaries, config.version),
            next_sender=sender,
            next_target=start.next_target,
        )
        seen_ns = self._clock.now_ns() if start.seen_ns is None else start.seen_ns
        session = ClientSession(
            config,
            engine,
            numbers=numbers,
            deliver=self._deliver,
            sent=self._sent,
            clock=self._clock,
            limits=self._limits,
            written=written,
            untaken_through=start.untaken_through,
            beginning=Beginning(folder / "began", otherwise_ns=seen_ns),
        )
        self._equip(session)
        session.renewal.durable = partial(self._renewed, config.name)
        session.untaken.over = partial(self._taken_on, config.name)
        session.barred = self._barred.get(config.name)
        if self._interrupted is not None:
            session.refuse = partial(self._refuse_for_now, session, self._interrupted)
        return session

    def _equip(self, session: ClientSession) -> None:
        """Give a session its subscriber, or other rules for it, or take it away."""
        rules = session.config.market_data
        if rules is None or self._market_data is None:
            if session.market is not None:
                session.market.gone()
            session.market = None
        elif session.market is not None:
            session.market.rules = rules
        else:
            session.market = Subscriber(
                session,
                rules,
                self._market_data,
                self._clock,
            )

    def bar(self, name: SessionName, why: str | None) -> None:
        """Nobody may log on to this session from now on, whatever its file says; None: again."""
        if why is None:
            self._barred.pop(name, None)
        else:
            self._barred[name] = why
        session = self._sessions.get(name)
        if session is not None:
            session.barred = why

    # --- its life

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError if the address cannot be had. Port 0: any free one."""
        loop = asyncio.get_running_loop()
        self._plain = await loop.create_server(lambda: Connection(self._door), host, port)
        self._keep_time()

    async def start_tls(self, host: str, port: int, files: TlsFiles) -> None:
        """Listen for TLS as well, or only.

        Raises:
            OSError: the address cannot be had.
            TlsUnusable: a certificate file cannot be used.
        """
        self._tls = context_of(files)
        self._secure = TlsListener(self._door, self._tls_context)
        await self._secure.start(host, port)
        self._keep_time()

    def renew_tls(self, context: ssl.SSLContext) -> None:
        """Handshakes that begin from now on use this; connections that are there stay."""
        self._tls = context

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            raise InvariantBroken("a TLS connection before start_tls()")
        return self._tls

    @property
    def port(self) -> int | None:
        """The port without TLS that is listened on."""
        return _port(self._plain)

    @property
    def tls_port(self) -> int | None:
        """The port with TLS that is listened on."""
        return None if self._secure is None else self._secure.port

    async def stop(self, text: str) -> None:
        """Log every session out with ``text``, wait a bounded time, and close the connections.

        Reports may still be reserved and released: the journal keeps them for the next connection.
        """
        self._door.shut(text)
        for server in (self._plain, self._secure):
            if server is not None:
                server.close()
        for session in self._sessions.values():
            if session.connected:
                session.logout(text)
        await self._all_gone()
        if self._tick_timer is not None:
            self._tick_timer.cancel()
        if self._market_data is not None:
            self._market_data.close()

    def close(self) -> None:
        """Give the engines back and write their numbers down; the last call."""
        for session in self._sessions.values():
            session.close()

    def resume(self) -> None:
        """There is room for inputs again."""
        self._door.turns.resume()

    def session(self, name: SessionName) -> ClientSession | None:
        """One session, for operators; None if it is not configured."""
        return self._sessions.get(name)

    # --- sessions that come and go

    def holder(self, config: SessionConfig) -> SessionName | None:
        """The session that has these CompIDs in this version; None: they are free."""
        return self._door.holder(config)

    def add(self, config: SessionConfig, start: SessionStart) -> None:
        """A new session; its client may log on at once."""
        require(config.name not in self._sessions, f"there is a session {config.name}")
        self._sessions[config.name] = self._made(config, start)
        self._door.let_in(config)

    async def change(self, config: SessionConfig) -> str | None:
        """Other rules for a session; why not, if they cannot be had now."""
        session = self._sessions[config.name]
        if config.of_engine == session.config.of_engine:
            session.reconfigure(config)
            self._equip(session)
            self._door.let_in(config)
            return None
        holder = self.holder(config)
        if holder not in (None, config.name):
            return f"{holder} still has these CompIDs"
        if session.connected:
            return "its client is connected; log it out and reload again"
        if not await self.remove(config.name, "changed"):
            return "it does not come to rest; reload again"
        start = SessionStart(next_sender=session.next_sender, next_target=session.next_target)
        self.add(config, start)
        return None

    async def remove(self, name: SessionName, text: str) -> bool:
        """Log a session out and take it away; False if it does not come to rest in time."""
        session = self._sessions[name]
        self._door.keep_out(name)
        if session.connected:
            session.logout(text)
        for _ in range(int(self._close_timeout_s / _POLL_S)):
            if session.at_rest:
                break
            await asyncio.sleep(_POLL_S)
        else:
            session.cut_off(text)
        if not session.at_rest:
            self._door.let_in(session.config)
            return False
        del self._sessions[name]
        session.close()
        return True

    # --- hours

    def keep_hours(self) -> None:
        """Log out who is there outside the hours, and begin numbers again whose time has come."""
        now = datetime.fromtimestamp(self._clock.now_ns() / _NS, UTC)
        for session in self._sessions.values():
            config = session.config
            if config.resets is not None:
                began = datetime.fromtimestamp(session.renewal.began.at_ns / _NS, UTC)
                if config.resets.between(began, now) is not None:
                    session.renewal.request("The sequence numbers begin again at 1; log on again")
            if config.hours is not None and session.logged_on and not config.hours.is_open(now):
                session.logout(closed_text(config.hours, now))

    async def catch_up(self) -> None:
        """Before anybody may log on: keep hours, and wait a bounded time for numbers to begin."""
        self.keep_hours()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._close_timeout_s):
                while any(each.renewal.pending is not None for each in self._sessions.values()):
                    await asyncio.sleep(_POLL_S)
                    for session in self._sessions.values():
                        session.renewal.go_on()

    # --- the port

    def reserve(self, session: SessionName, count: int) -> int | None:
        found = self._sessions.get(session)
        return None if found is None else found.reserve(count)

    def release(self, session: SessionName, reports: Sequence[tuple[int, str]]) -> None:
        self._sessions[session].release(reports)

    def interrupt(self, text: str) -> None:
        self._interrupted = text
        for session in self._sessions.values():
            session.refuse = partial(self._refuse_for_now, session, text)

    def go_on(self) -> None:
        self._interrupted = None
        for session in self._sessions.values():
            session.refuse = None

    def halt(self, unanswered: Sequence[FixDelivered], text: str) -> None:
        self._door.shut(text)
        waiting: dict[SessionName, list[FixDelivered]] = {}
        for each in unanswered:
            # Who is not there cannot be told; its messages are asked for again at the next start.
            session = self._sessions.get(each.session)
            if session is not None and session.connected:
                waiting.setdefault(each.session, []).append(each)
        for session in self._sessions.values():
            session.refuse = partial(self._refuse, session, text)
            session.abandon()
        highest = {name: each[-1].message.msg_seq_num for name, each in waiting.items()}
        if highest and not self._remember_refused(highest):
            for session in self._sessions.values():
                session.cut_off(text)
            return
        for name, session in self._sessions.items():
            for each in waiting.get(name, []):
                session.answer_refused(each, text)
            if session.connected:
                session.logout(text)

    def _refuse(self, session: ClientSession, text: str, refused: FixDelivered) -> None:
        if self._remember_refused({session.config.name: refused.message.msg_seq_num}):
            session.answer_refused(refused, text)
        else:
            session.cut_off(text)

    def _refuse_for_now(self, session: ClientSession, text: str, refused: FixDelivered) -> None:
        number = refused.message.msg_seq_num
        if not self._remember_refused({session.config.name: number}):
            self._deliver(refused)  # unanswered, it may as well wait
            return
        message = changed(refused.message, handling=Handling.REFUSED, reason=text)
        self._deliver(
            FixNoted(at_ns=refused.at_ns, session=refused.session, message=message, last_in=number)
        )
        session.answer_refused(refused, text)

    # --- time

    def _keep_time(self) -> None:
        if self._tick_timer is None:
            self._tick_timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        # First, so that a failure in one session does not stop the others' time for good.
        self._tick_timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        for session in self._sessions.values():
            session.tick()
            session.renewal.go_on()

    async def _all_gone(self) -> None:
        if self._door.connections:
            gone = asyncio.Event()
            self._door.on_empty = gone.set
            try:
                async with asyncio.timeout(self._close_timeout_s):
                    await gone.wait()
            except TimeoutError:
                for connection in list(self._door.connections):
                    connection.abort()


def _port(server: asyncio.Server | None) -> int | None:
    sockets = server.sockets if server is not None else ()
    return int(sockets[0].getsockname()[1]) if sockets else None
