"""Taking over changed session files, aliases, certificates, limits, policies and fees, running.

Everything is read and checked first: a fault in any file leaves all as it was. Then each session
that was added, changed or removed is dealt with by itself; the others notice nothing.

Here: Reloading, and what a reload came to. Not here: reading files (loading), sessions' engines
(adapters.fix), jobs (timetable).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from fixgate.adapters.control.words import Call
from fixgate.adapters.fix.certificates import context_of
from fixgate.adapters.fix.codec import Codec
from fixgate.adapters.fix.config import SessionConfig, SessionStart
from fixgate.adapters.fix.server import FixServer
from fixgate.bootstrap import parts
from fixgate.bootstrap.loading import ConfigurationError, load, tls_files
from fixgate.bootstrap.routing_settings import RoutingFile
from fixgate.bootstrap.settings import Configuration, SessionFile, VenueSettings
from fixgate.bootstrap.timetable import Timetable
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import Input, LimitsGiven, SessionsConfigured
from fixgate.domain.limit_book import LimitBook
from fixgate.domain.limit_changes import differences
from fixgate.domain.limits import Dealt, LimitSet

REMOVED: Final = "The session was taken out of service"
log = structlog.get_logger("fixgate.reload")


@dataclass(slots=True)
class Reloaded:
    """One line for each thing that took effect, and for each that could not."""

    done: list[str] = field(default_factory=list)
    not_done: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The parts of a running gateway that a reload reaches.

    give: lets the core decide on an input; returns when that is durable.
    start_of: where a session's numbers stand by the journal.
    took: told the configuration that is in force from now on.
    limits: those in force. dealt: what was traded today.
    watch_routing: measures venues' health and price gaps by these settings from now on.
    charge: a simulated venue takes its fees by these settings from now on.
    """

    fix: FixServer
    codec: Codec
    timetable: Timetable
    give: Callable[[Input], "asyncio.Future[None]"]
    start_of: Callable[[SessionName], SessionStart]
    took: Callable[[Configuration], None]
    limits: Callable[[], LimitBook]
    watch_routing: Callable[[RoutingFile], None]
    charge: Callable[[VenueSettings], None]
    dealt: Callable[[Configuration], Awaitable[tuple[Dealt, ...]]]


class Reloading:
    """Compares what is in force with what the files say now, and brings the two together."""

    def __init__(self, configuration: Configuration, reached: Reached) -> None:
        self._now = configuration
        self._reached = reached
        self._one_at_a_time = asyncio.Lock()

    async def reload(self, by: Call | None = None) -> Reloaded:
        """Read the files and take over what they say.

        by: who asks for it; limits are not taken over from nobody.

        Raises:
            ConfigurationError: a file cannot be used; nothing was touched.
        """
        async with self._one_at_a_time:
            new = load(self._now.home)
            configs = {each.name: parts.session_config(new, each) for each in new.sessions}
            parts.check_dictionaries(new)
            files = tls_files(new)
            context = None if files is None else context_of(files)
            result = Reloaded()
            in_force = await self._sessions(new, configs, result)
            self._others(new, result)
            if context is not None and self._reached.fix.tls_port is not None:
                self._reached.fix.renew_tls(context)
                result.done.append("TLS: new connections use the certificates as they are now")
            await self._routing(new, result)
            await self._take(new, in_force)
            await self._limits(new, by, result)
            self._reached.fix.keep_hours()  # new hours may leave out this very moment
            return result

    async def _take(self, new: Configuration, sessions: tuple[SessionFile, ...]) -> None:
        """What is in force from now on, for the core, the journal and everybody who asks."""
        self._now = self._now.model_copy(update={"sessions": sessions, "aliases": new.aliases})
        self._reached.codec.replace(parts.addressings(self._now))
        self._reached.took(self._now)
        given = SessionsConfigured(
            sessions=tuple(parts.rules(each) for each in sessions),
            aliases=tuple(sorted(new.aliases.items())),
        )
        await self._reached.give(given)

    async def _routing(self, new: Configuration, result: Reloaded) -> None:
        """Policies, and the fees, of which all else in venues.toml takes no notice."""
        venues = _with_fees(self._now.venues, new.venues)
        if new.routing == self._now.routing and venues == self._now.venues:
            return
        edges = (new.routing.health, new.routing.gaps)
        if edges != (self._now.routing.health, self._now.routing.gaps):
            self._reached.watch_routing(new.routing)
        if new.routing != self._now.routing:
            result.done.append("config/routing.toml: changed")
        for before, venue in zip(self._now.venues, venues, strict=True):
            if before != venue:
                self._reached.charge(venue)
                result.done.append(f"config/venues.toml: fees of {venue.name}: changed")
        self._now = self._now.model_copy(update={"routing": new.routing, "venues": venues})
        await self._reached.give(parts.routing(self._now))

    async def _limits(self, new: Configuration, by: Call | None, result: Reloaded) -> None:
        """Limits change by a person's word only, and that is journaled (control 15)."""
        wanted, book = new.limits(), self._reached.limits()
        now = LimitSet() if book.in_force is None else book.in_force.limits
        waits = book.scheduled or book.proposed
        self._now = self._now.model_copy(update={"risk": new.risk})
        self._reached.took(self._now)
        if wanted in (now, None if waits is None else waits.limits):
            return
        changes = "; ".join(differences(now, wanted))
        if now.four_eyes:
            result.not_done.append(
                f"limits: not changed ({changes}): two persons must agree: fixgate limits propose"
            )
        elif by is None or not by.reason:
            result.not_done.append(
                f"limits: not changed ({changes}): it is journaled who wants it and why: --reason"
            )
        else:
            await self._reached.give(
                LimitsGiven(
                    limits=wanted,
                    effective_ns=new.risk.effective_ns,
                    person=by.person.name,
                    reason=by.reason,
                    dealt=await self._reached.dealt(new),
                )
            )
            result.done.append(f"limits: changed ({changes})")

    async def _sessions(
        self, new: Configuration, configs: dict[str, SessionConfig], result: Reloaded
    ) -> tuple[SessionFile, ...]:
        """Deal with each session; those that are in force then."""
        old = {each.name: each for each in self._now.sessions}
        wanted = {each.name: each for each in new.sessions}
        in_force = dict(old)
        for name in [each for each in old if each not in wanted]:
            if await self._remove(name, result):
                del in_force[name]
        for name, session in wanted.items():
            config = configs[name]
            before = old.get(name)
            if before == session and self._reached.fix.session(config.name) is not None:
                in_force[name] = session
                continue
            if before is None:
                took = self._add(session, config, result)
            else:
                took = await self._change(before, session, config, result)
            if took:
                in_force[name] = session
                self._reached.timetable.add(session)
        return tuple(in_force.values())

    def _add(self, session: SessionFile, config: SessionConfig, result: Reloaded) -> bool:
        holder = self._reached.fix.holder(config)
        if holder is not None:
            result.not_done.append(
                f"session {session.name}: not added: {holder} still has its CompIDs"
            )
            return False
        # Its reports can be written before anybody can log on.
        self._reached.codec.replace(
            {**self._reached.codec.sessions, **parts.addressings(self._now, (session,))}
        )
        self._reached.fix.add(config, self._reached.start_of(config.name))
        result.done.append(f"session {session.name}: added")
        return True

    async def _change(
        self, before: SessionFile, session: SessionFile, config: SessionConfig, result: Reloaded
    ) -> bool:
        changed = ", ".join(
            key for key in type(session).model_fields
            if getattr(before, key) != getattr(session, key)
        )  # fmt: skip
        fault = await self._reached.fix.change(config)
        if fault is not None:
            result.not_done.append(f"session {session.name}: not changed ({changed}): {fault}")
            return False
        result.done.append(f"session {session.name}: changed ({changed})")
        return True

    async def _remove(self, name: str, result: Reloaded) -> bool:
        if not await self._reached.fix.remove(SessionName(name), REMOVED):
            result.not_done.append(f"session {name}: not removed: it does not come to rest")
            return False
        self._reached.timetable.remove(name)
        result.done.append(f"session {name}: removed; its open orders stay")
        return True

    def _others(self, new: Configuration, result: Reloaded) -> None:
        if new.aliases != self._now.aliases:
            result.done.append("config/symbols.toml: changed")
        for file, before, after in (
            ("config/gateway.toml", self._now.gateway, new.gateway),
            ("config/venues.toml", _with_fees(self._now.venues, new.venues), new.venues),
        ):
            if before != after:
                result.not_done.append(f"{file}: changed; it takes effect at the next start")


def _with_fees(
    venues: tuple[VenueSettings, ...], new: tuple[VenueSettings, ...]
) -> tuple[VenueSettings, ...]:
    """The venues as they are, with the fees that they have in ``new``."""
    fees = {each.name: each.fees for each in new}
    return tuple(
        each.model_copy(update={"fees": fees.get(each.name, each.fees)}) for each in venues
    )


async def reload_and_log(reloading: Reloading) -> None:
    """A reload that nobody waits for: SIGHUP."""
    try:
        result = await reloading.reload()
    except ConfigurationError as error:
        for line in str(error).splitlines():
            log.error("reload", text=f"nothing was changed: {line}")  # noqa: TRY400 - one line says it
        return
    for line in result.done:
        log.info("reload", text=line)
    for line in result.not_done:
        log.warning("reload", text=line)
