"""The gateway put together and run: the only place where adapters are made.

Here: run(), which blocks until a signal or a failure and returns the exit code.
Not here: what any part does.
"""

import asyncio
import gc
import hashlib
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop

from fixgate.adapters.clock import SystemClock
from fixgate.adapters.control.server import ControlServer
from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import SOCKET_NAME, Call, Json, Refused
from fixgate.adapters.fix.certificates import TlsUnusable
from fixgate.adapters.fix.config import SessionStart
from fixgate.adapters.schedule.jobs import Jobs
from fixgate.adapters.store.checkpoint import LOG_ROOM_BYTES
from fixgate.adapters.store.errors import JournalFailed, StoreUnusable
from fixgate.adapters.store.store import Store
from fixgate.adapters.store.trade_books import StoredTradeBooks
from fixgate.adapters.store.unanswered import unanswered
from fixgate.adapters.venues.settings import VenueSetupError
from fixgate.application.effects import Venues
from fixgate.application.inbox import Asked, Given, Inbox, Mark
from fixgate.application.ports.fix import SessionStoreFailed
from fixgate.application.reconciling import Reconciler
from fixgate.application.sequencer import Sequencer
from fixgate.application.starting import left_behind, opening_inputs, standing, working_legs
from fixgate.application.step import Stepper
from fixgate.application.stopping import waits_for_venue
from fixgate.application.trade_lookups import RESTARTED, TradeLookups
from fixgate.application.trade_reconciling import TradeReconciler
from fixgate.bootstrap import limiting, parts, stores
from fixgate.bootstrap.alarming import Alarming, again_after_ns
from fixgate.bootstrap.drop_copies import DropCopyCheck
from fixgate.bootstrap.interruption import Interruption
from fixgate.bootstrap.loading import ConfigurationError, tls_files
from fixgate.bootstrap.logs import configure_logging
from fixgate.bootstrap.markets import Markets
from fixgate.bootstrap.pulse import Pulse
from fixgate.bootstrap.reloading import Reached, Reloading, reload_and_log
from fixgate.bootstrap.settings import Configuration
from fixgate.bootstrap.timetable import Timetable
from fixgate.bootstrap.verbs.giving import RunningCore
from fixgate.bootstrap.verbs.limits import LimitVerbs
from fixgate.bootstrap.verbs.looking import LookingVerbs, Parts
from fixgate.bootstrap.verbs.market import MarketVerbs
from fixgate.bootstrap.verbs.notes import NoteVerbs
from fixgate.bootstrap.verbs.orders import OrderVerbs
from fixgate.bootstrap.verbs.positions import PositionVerbs, ReconcileVerb
from fixgate.bootstrap.verbs.routing import RoutingVerbs
from fixgate.bootstrap.verbs.sessions import BARRED, SessionVerbs
from fixgate.bootstrap.verbs.trades import TradesVerb
from fixgate.bootstrap.verbs.venues import VenueVerbs
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.frozen import maker
from fixgate.domain.ids import Ids, SessionName, VenueName
from fixgate.domain.inputs import (
    BalancesReported,
    Input,
    NumbersReset,
    PositionsReported,
    Stopping,
    TradesFound,
    VenueInput,
)
from fixgate.domain.limits import Dealt
from fixgate.domain.state import State

EXIT_OK: Final = 0
EXIT_UNUSABLE: Final = 1  # the store, a venue or the port cannot be used; nothing was touched
EXIT_JOURNAL: Final = 74  # the journal failed while trading (sysexits: EX_IOERR)
EXIT_BUG: Final = 70  # an invariant of ours broke (sysexits: EX_SOFTWARE)
# Short enough that the journal's thread gets its turn while the event loop is busy, long enough
# that the two do not spend their time handing the interpreter to each other.
_SWITCH_INTERVAL_S: Final = 0.002

_LOOK_S: Final = 0.01

# An order leaves some forty objects and no cycles: looking at them more often finds nothing.
_COLLECT: Final = (50_000, 20, 20)

_given: Final = maker(Given)
_OF_ACCOUNTS: Final = (BalancesReported, PositionsReported)

Announce = Callable[[str], None]
log = structlog.get_logger("fixgate")


def run(configuration: Configuration, *, announce: Announce, standby: bool = False) -> int:
    """Start the gateway and serve until Ctrl-C or SIGTERM.

    Args:
        configuration: checked files.
        announce: takes each line for the person who started it.
        standby: wait while another gateway has the store, and take over when it has not.

    Returns:
        The exit code: 0 after an orderly stop; else why not is on stderr.
    """
    configure_logging(configuration.gateway.log_level)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    try:
        return uvloop.run(_serve(configuration, announce, standby=standby))
    except (StoreUnusable, ConfigurationError, VenueSetupError, TlsUnusable) as error:
        print(f"fixgate: {error}", file=sys.stderr)  # noqa: T201 - the one line for the operator
        return EXIT_UNUSABLE
    except OSError as error:
        where = (
            f"cannot listen on {configuration.gateway.fix.host}:{configuration.gateway.fix.port}"
        )
        if error.filename is not None:  # it is about a file
            where, error = error.filename, OSError(error.strerror)
        print(f"fixgate: {where}: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_UNUSABLE


async def _serve(configuration: Configuration, announce: Announce, *, standby: bool) -> int:
    clock = SystemClock()
    stop = _stop_signal()
    if standby or configuration.gateway.journal.standby:
        store = await stores.wait_to_run(configuration, clock, stop=stop, announce=announce)
        if store is None:
            return EXIT_OK
    else:
        store = stores.open_to_run(configuration, clock)
    try:
        gateway = Gateway(configuration, store, clock)
        return await gateway.serve(announce, stop)
    finally:
        await store.close()


class Gateway:
    """All parts of one running gateway."""

    def __init__(self, configuration: Configuration, store: Store, clock: SystemClock) -> None:
        self._configuration = configuration
        self._clock = clock
        self._where = store.where
        self._inbox = Inbox()
        # First: from now on what has to be renewed is renewed, however long the rest takes.
        self._journal = store.journal(log_room_bytes=LOG_ROOM_BYTES)
        self._state = _kept(configuration, store)
        self._venues = parts.venues(
            configuration, clock, lambda: self._journal.holds, self._state.positions
        )
        self._markets = Markets(self._state, self._venues, configuration.routing)
        recall = store.recall()
        last_in = {each.name: each.last_in for each in store.reader.sessions()}
        self._refused = parts.Refused(parts.refused_path(configuration), last_in)
        codec = parts.codec(configuration)
        stepper = Stepper(
            self._state,
            codec,
            recall,
            last_seq=self._journal.last_seq,
            market=self._markets.market,
            alert_again_ns=again_after_ns(configuration.gateway.alerts),
        )
        self._alarming = Alarming(
            configuration,
            clock,
            self._state,
            self._inbox,
            market=self._markets.market,
            verdicts=stepper.verdicts,
            away=lambda: interruption.away,
        )
        self._fix = parts.fix_server(
            configuration,
            store,
            self._refused,
            deliver=self._inbox.put,
            room=self._inbox.has_room,
            clock=clock,
            position=lambda: stepper.last_seq,
            market_data=parts.market_data(self._markets.market, self._state),
            renewed=self._renewed,
            taken_on=self._taken_on,
        )
        self._calls = Venues(self._venues, self._state, self._hear, health=self._markets.health)
        self._reconciler = Reconciler(self._venues, self._state, self._inbox, clock)
        self._lookups = TradeLookups(store.trades(), self._inbox, clock)
        self._sequencer = Sequencer(
            inbox=self._inbox,
            stepper=stepper,
            journal=self._journal,
            codec=codec,
            fix=self._fix,
            venues=self._calls,
            recall=recall,
            alert=self._alarming.take,
            resume=self._fix.resume,
            look_up=self._lookups.want,
        )
        interruption = Interruption(self._fix, self._inbox, self._refused, exit_status=EXIT_JOURNAL)
        self._journal.watch = interruption.watch()
        self._open = False  # clients may log on
        # What the running gateway answers on its control socket; every part registers its own.
        self._verbs = Verbs()
        self._control = ControlServer(configuration.data_dir / SOCKET_NAME, self._verbs)
        self._jobs = Jobs(clock)
        self._timetable = Timetable(self._jobs, self._fix.keep_hours, self._verbs)
        for session in configuration.sessions:
            self._timetable.add(session)
        self._timetable.archive(configuration)
        every_s = configuration.gateway.operations.reconcile_every_s
        self._timetable.reconcile(every_s, self._reconciler.everywhere)
        self._trade_reconciler = TradeReconciler(
            StoredTradeBooks(store.new_reader), self._venues, self._state, self._inbox, clock
        )
        every_s = configuration.gateway.operations.trades_every_s
        self._timetable.reconcile_trades(every_s, self._trade_reconciler.go_on)
        self._reader, self._new_reader = store.reader, store.new_reader
        self._timetable.compare_drop_copies(
            DropCopyCheck(store.new_reader, lambda: self._state.copies, self._inbox, clock).run
        )
        self._standing = standing(store.reader.operator_actions())
        watch = parts.stuck_watch(configuration, self._state)
        self._pulse = Pulse(
            self._state,
            watch,
            self._markets,
            self._inbox,
            clock,
            notice=self._alarming.look,
        )
        shared = Parts(
            configuration=configuration,
            clock=clock,
            inbox=self._inbox,
            state=self._state,
            journal=self._journal,
            new_reader=store.new_reader,
            journal_away=lambda: interruption.away,
            fix=self._fix,
            open=lambda: self._open,
        )
        core = RunningCore(configuration, self._state, self._inbox, clock, store.reader)
        looking = LookingVerbs(shared, self._verbs)
        calls = self._calls
        OrderVerbs(core, watch, self._verbs, cancel_now=calls.cancel_now, forget=calls.forget)
        SessionVerbs(core, self._fix, self._verbs)

        def took(now: Configuration) -> None:
            self._configuration = core.configuration = now
            looking.reconfigure(now)

        self._reloading = Reloading(
            configuration,
            Reached(
                fix=self._fix,
                codec=codec,
                timetable=self._timetable,
                give=self._give,
                start_of=lambda name: parts.session_starts(store, self._refused).get(
                    name, SessionStart()
                ),
                took=took,
                limits=lambda: self._state.limits,
                watch_routing=self._markets.reconfigure,
                charge=lambda venue: parts.charge(self._venues, venue),
                dealt=self._dealt,
            ),
        )
        self._reloads: set[asyncio.Task[None]] = set()
        self._add_verbs(core)

    def _add_verbs(self, core: RunningCore) -> None:
        """Those that need no more than what is there by now."""
        self._verbs.add("reload", self._reload, help="Take over changed session files")
        NoteVerbs(core, self._verbs)
        PositionVerbs(core, self._verbs, market=self._markets.market)
        ReconcileVerb(core, self._verbs, self._reconciler)
        TradesVerb(core, self._verbs, self._trade_reconciler)
        RoutingVerbs(self._state, self._markets.market, core.clock, self._verbs)
        LimitVerbs(core, self._verbs, dealt=self._dealt)
        VenueVerbs(self._venues, self._state, core.clock, self._verbs)
        MarketVerbs(self._markets.market, self._state, self._verbs, self._venues)

    def _hear(self, given: VenueInput) -> None:
        if isinstance(given, _OF_ACCOUNTS):
            self._reconciler.hear(given)
        else:
            now_ns = self._clock.now_ns()
            self._inbox.put(_given(at_ns=now_ns, given=given))
            if self._markets.outside:
                self._markets.heard(given, now_ns)

    async def serve(self, announce: Announce, stop: "asyncio.Future[None]") -> int:
        """Open, trade, and close in order when ``stop`` is done; the exit code."""
        for given in opening_inputs(
            self._state,
            version=version("fixgate"),
            fingerprint=_fingerprint(self._configuration),
            sessions=tuple(parts.rules(each) for each in self._configuration.sessions),
            aliases=tuple(sorted(self._configuration.aliases.items())),
            profiles=[each.profile for each in self._venues.values()],
            differences=parts.differences(self._configuration),
            refused=self._refused.found.refused_through,
            standing=self._standing,
            limits=limiting.at_start(self._configuration, self._reader, self._clock.now_ns()),
            routing=parts.routing(self._configuration),
        ):
            self._inbox.put(Given(at_ns=self._clock.now_ns(), given=given))
        for request in unanswered(self._reader.connection):
            given = TradesFound(request=request, failure=RESTARTED)
            self._inbox.put(Given(at_ns=self._clock.now_ns(), given=given))
        asyncio.get_running_loop().set_exception_handler(self._unexpected)
        sequencing = asyncio.create_task(self._sequencer.run(), name="sequencer")
        try:
            await self._control.start()
            for venue in self._venues.values():
                await venue.start(self._hear, working_legs(self._state, venue.profile))
            await self._settled(sequencing)
            self._take_over_sessions()
            self._alarming.start()
            self._pulse.start()
            await self._fix.catch_up()  # a boundary may have passed while nobody was here
            self._jobs.start()
            await self._listen()
            self._open = True
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up_signal)
            self._announce(announce)
            # Everything made so far stays for good; the collector need not look at it again.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*_COLLECT)
            await asyncio.wait({sequencing, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            code = await self._close(sequencing)
        return code

    def _taken_on(self, session: SessionName) -> None:
        """What an earlier process refused of a session is in the journal, once this is."""
        self._inbox.put(Mark(reached=partial(self._refused.past, session)))

    def _renewed(self, session: SessionName, durable: Callable[[], None]) -> None:
        """A session's numbers have begun again at their time: for the journal."""
        given = NumbersReset(
            session=session,
            next_sender=1,
            next_target=1,
            detail="both numbers begin again at 1",
            person="schedule",
            reason="the time that its session file says",
        )
        at_ns = self._clock.now_ns()
        self._inbox.put(Asked(at_ns=at_ns, given=given, answer=lambda _: durable()))

    def _give(self, given: Input) -> "asyncio.Future[None]":
        """Let the core decide on an input; done when that is durable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def answer(_: object) -> None:
            if not done.done():
                done.set_result(None)

        self._inbox.put(Asked(at_ns=self._clock.now_ns(), given=given, answer=answer))
        return done

    async def _dealt(self, configuration: Configuration) -> tuple[Dealt, ...]:
        return await limiting.dealt_today(configuration, self._new_reader, self._clock.now_ns())

    async def _reload(self, call: Call) -> Json:
        if not self._open:
            raise Refused("the gateway is starting or stopping; try again")
        try:
            result = await self._reloading.reload(by=call)
        except ConfigurationError as error:
            raise Refused(str(error)) from None
        return {"done": result.done, "not_done": result.not_done}

    def _hang_up_signal(self) -> None:
        """SIGHUP."""
        if self._open:
            task = asyncio.ensure_future(reload_and_log(self._reloading))
            self._reloads.add(task)
            task.add_done_callback(self._reloads.discard)

    async def _listen(self) -> None:
        settings = self._configuration.gateway.fix
        if settings.plain:
            await self._fix.start(settings.host, settings.port)
        files = tls_files(self._configuration)
        if files is not None:
            host = settings.tls.host or settings.host
            await self._fix.start_tls(host, settings.tls.port, files)

    def _take_over_sessions(self) -> None:
        """What an earlier process left of the sessions: who is barred, who was connected."""
        for name in self._standing.disabled:
            self._fix.bar(name, BARRED)
        open_orders, now_ns = self._state.open_orders(), self._clock.now_ns()
        for note in left_behind(self._reader.sessions(), open_orders, now_ns):
            if self._fix.session(note.session) is not None:
                self._inbox.put(note)

    async def _settled(self, sequencing: "asyncio.Task[None]") -> None:
        """Let the first inputs be durable, venues come up, and what was left open be settled.

        A venue that cannot be reached does not keep the door shut for longer than the limit;
        its orders are settled when it is back.
        """
        found = self._journal.last_seq
        limit_ns = self._clock.now_ns() + int(SETTLE_LIMIT_S * 1e9)
        while not sequencing.done():
            await asyncio.sleep(0.005)
            if self._journal.last_seq == found:
                continue
            up = all(self._state.venues_up.get(name, False) for name in self._venues)
            if (up and not self._state.unsettled) or self._clock.now_ns() > limit_ns:
                return

    def _unexpected(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception that reached the event loop: our bug.

        A broken invariant ends the gateway. Anything else is logged and ends at most the
        connection it came from, so that no peer can find bytes that stop everybody.
        """
        error = context.get("exception")
        log.error("unexpected", text=context.get("message", ""), exc_info=error)
        if isinstance(error, InvariantBroken | SessionStoreFailed):
            self._inbox.fail(error)

    def _announce(self, announce: Announce) -> None:
        fix = self._configuration.gateway.fix
        if self._fix.port is not None:
            announce(f"FIX acceptor    {fix.host}:{self._fix.port}")
        if self._fix.tls_port is not None:
            announce(f"FIX over TLS    {fix.tls.host or fix.host}:{self._fix.tls_port}")
        announce(f"Journal         {self._where}")
        announce(f"Data            {self._configuration.data_dir}")
        for name, venue in self._venues.items():
            up = self._state.venues_up.get(VenueName(name), False)
            announce(f"Venue           {venue.profile.venue} ({'up' if up else 'connecting'})")
        for each in self._configuration.sessions:
            ours = each.sender_comp_id or self._configuration.gateway.fix.comp_id
            announce(
                f"Session         {each.name}: {each.version.value}, "
                f"SenderCompID {each.target_comp_id}, TargetCompID {ours}"
            )
        announce("First order     .venv/bin/fixgate order buy 0.5 BTC/USDT --limit 50000")
        announce("Stop            Ctrl-C")

    async def _quiet(self, sequencing: "asyncio.Task[None]", limit_s: float) -> None:
        """Wait until everything is durable and no venue owes an answer."""
        limit_ns = self._clock.now_ns() + int(limit_s * 1e9)
        while not sequencing.done() and self._clock.now_ns() < limit_ns:
            busy = len(self._inbox) or self._sequencer.busy
            if not busy and not waits_for_venue(self._state):
                return
            await asyncio.sleep(_LOOK_S)

    async def _close(self, sequencing: "asyncio.Task[None]") -> int:
        """No new orders, what is under way, sessions, venues, the last inputs; in bounded time."""
        limit_s = self._configuration.gateway.stop_timeout_s
        self._open = False
        self._jobs.stop()
        await self._control.stop()
        self._pulse.stop()
        cancels = self._configuration.gateway.on_stop == "cancel"
        self._inbox.put(
            Given(at_ns=self._clock.now_ns(), given=Stopping(text=STOPPING, cancels=cancels))
        )
        await self._quiet(sequencing, limit_s)
        await self._fix.stop(STOPPING)
        self._calls.close()
        self._lookups.stop()
        for venue in self._venues.values():
            await venue.stop()
        self._inbox.close()
        done, _ = await asyncio.wait({sequencing}, timeout=limit_s)
        self._fix.close()
        self._alarming.stop()
        if not done:
            sequencing.cancel()
            log.error("stop", text=f"the journal did not finish within {limit_s} s")
            return EXIT_JOURNAL
        return _exit_code(sequencing.exception())


SETTLE_LIMIT_S: Final = 10.0
STOPPING: Final = "Fixgate is stopping"


def _exit_code(error: BaseException | None) -> int:
    if error is None:
        return EXIT_OK
    code, kind = EXIT_BUG, "INTERNAL ERROR"
    if isinstance(error, JournalFailed | SessionStoreFailed):
        code = EXIT_JOURNAL
        kind = "JOURNAL FAILED" if isinstance(error, JournalFailed) else "SESSION STORE FAILED"
    # Plain stderr besides the log: this must be seen whatever the log level is.
    print(f"fixgate: {kind}, order intake stopped: {error}", file=sys.stderr)  # noqa: T201
    if not isinstance(error, JournalFailed | SessionStoreFailed | InvariantBroken):
        log.error("internal error", exc_info=error)
    return code


def _kept(configuration: Configuration, store: Store) -> State:
    """What the journal has of orders and positions."""
    terminal_max = configuration.gateway.journal.terminal_orders_in_memory
    state = State(Ids(store.epoch), terminal_max=terminal_max)
    for each in store.reader.open_orders():
        if each.order is not None:
            state.load(each.order, each.executions, each.cl_ord_ids)
    state.positions.load(store.reader.positions(), store.reader.balances())
    return state


def _stop_signal() -> "asyncio.Future[None]":
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def requested() -> None:
        if not stop.done():
            stop.set_result(None)

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, requested)
    return stop


def _fingerprint(configuration: Configuration) -> str:
    """SHA-256 over the configuration files and dictionaries in use (control 30)."""
    digest = hashlib.sha256()
    folders: list[tuple[Path, str]] = [
        (configuration.home / "config", "*.toml"),
        (configuration.path(configuration.gateway.sessions_dir), "*.toml"),
        (configuration.path(configuration.gateway.fix.dictionaries), "*.xml"),
    ]
    for folder, pattern in folders:
        for path in sorted(folder.glob(pattern)):
            content = path.read_bytes()
            digest.update(f"{path.name}:{len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()
