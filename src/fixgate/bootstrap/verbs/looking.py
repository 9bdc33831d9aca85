"""Verbs that look at a gateway that runs and change nothing.

Here: LookingVerbs: status, sessions, actions.
Not here: verbs that change something (orders, sessions).
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Final, TypeVar

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused, Refused
from fixgate.adapters.fix.client_session import ClientSession
from fixgate.adapters.fix.server import FixServer
from fixgate.adapters.store.reader import Reader, StoredSession
from fixgate.application.inbox import Inbox
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.journal import Journal
from fixgate.bootstrap.settings import Configuration, FixSettings
from fixgate.domain.frozen import changed, value
from fixgate.domain.ids import SessionName
from fixgate.domain.operations import Scope
from fixgate.domain.routing import SMART
from fixgate.domain.state import State

_LISTED_MAX: Final = 1_000
_READ_S: Final = 10.0
T = TypeVar("T")


@value
class Parts:
    """The parts of a running gateway that operations look at."""

    configuration: Configuration
    clock: Clock
    inbox: Inbox
    state: State
    journal: Journal
    new_reader: Callable[[], Reader]
    journal_away: Callable[[], bool]  # nothing can be written for now; orders are refused
    fix: FixServer
    open: Callable[[], bool]  # whether clients may log on yet


class LookingVerbs:
    """The verbs that show how the gateway is."""

    def __init__(self, parts: Parts, verbs: Verbs) -> None:
        self._parts = parts
        self._started_ns = parts.clock.now_ns()
        verbs.add("actions", self._actions, help="Who did what", args=("last",))
        verbs.add("status", self._status, help="How the gateway is")
        verbs.add("sessions", self._sessions, help="How the client sessions are", args=("session",))

    def reconfigure(self, configuration: Configuration) -> None:
        """This configuration is in force now."""
        self._parts = changed(self._parts, configuration=configuration)

    async def _status(self, _: Call) -> Json:
        parts = self._parts
        fix = parts.configuration.gateway.fix
        logged_on = [each for each in self._names() if self._logged_on(each)]
        return {
            "version": version("fixgate"),
            "pid": os.getpid(),
            "started_ns": self._started_ns,
            "now_ns": parts.clock.now_ns(),
            "data_dir": str(parts.configuration.data_dir.resolve()),
            "listening": _listening(fix, parts.fix) if parts.open() else None,
            "journal_seq": parts.journal.last_seq,
            "journal_away": parts.journal_away(),
            "inbox": len(parts.inbox),
            "open_orders": sum(each.part_of is None for each in parts.state.open_orders()),
            "unsettled_orders": len(parts.state.unsettled),
            "sessions": len(self._names()),
            "logged_on": len(logged_on),
            "kill_switches": [
                {
                    "covers": each.coverage.words,
                    "person": each.person,
                    "reason": each.reason,
                    "at_ns": each.at_ns,
                }
                for each in parts.state.kills.values()
            ],
            "disabled": sorted(parts.state.disabled),
            "paused": dict(parts.state.exposure.paused),
            "venues": {
                str(name): parts.state.venues_up.get(name, False)
                for name in sorted(parts.state.venues)
                if name != SMART
            },
            "unfit": dict(parts.state.unfit),
        }

    async def _sessions(self, call: Call) -> Json:
        wanted = call.text_or_none("session")
        names = self._names()
        if wanted is not None and wanted not in names:
            raise Misused(f"no session is named {wanted[:64]}; there are: {', '.join(names)}")
        seen, heard_ns = await self._stored()
        shown: Json = {}
        open_orders = Counter(
            each.instruction.session
            for each in self._parts.state.open_orders()
            if each.part_of is None
        )
        for name in names if wanted is None else [SessionName(wanted)]:
            stored = seen.get(name)
            session = self._parts.fix.session(name)
            shown[name] = {
                "connected": session is not None and session.connected,
                "logged_on": self._logged_on(name),
                "since_ns": stored.since_ns if stored else None,
                "peer": stored.peer if stored else "",
                "next_sender": session.next_sender if session else None,
                "next_target": session.next_target if session else None,
                "waiting_bytes": session.waiting_bytes if session else 0,
                "cancel_on_disconnect": self._cancels(name),
                "cancel_at_ns": self._parts.state.leaving.get(name),
                "disabled": name in self._parts.state.disabled,
                "killed": self._killed(name),
                "open_orders": open_orders[name],
                "price_subscriptions": _prices(session),
                "position_subscriptions": len(self._parts.state.watch.of(name)),
                "last_in_ns": heard_ns.get((name, "in")),
                "last_out_ns": heard_ns.get((name, "out")),
            }
        return shown

    async def _actions(self, call: Call) -> Json:
        last = min(call.number_or_none("last") or 20, _LISTED_MAX)
        rows = (await self._read(lambda reader: reader.operator_actions()))[-last:]
        return {"actions": [asdict(each) for each in rows]}

    async def _stored(
        self,
    ) -> tuple[dict[SessionName, StoredSession], dict[tuple[SessionName | None, str], int]]:
        """What the journal has of the sessions; nothing while it is away."""
        try:
            seen = await self._read(lambda reader: reader.sessions())
            heard_ns = await self._read(lambda reader: reader.last_message_times())
        except Refused:
            return {}, {}
        return {each.name: each for each in seen}, heard_ns

    async def _read(self, what: Callable[[Reader], T]) -> T:
        """Read the journal, in a thread: a database that is away must not hold up the gateway.

        Raises:
            Refused: it cannot be read.
        """

        def work() -> T:
            reader = self._parts.new_reader()
            try:
                return what(reader)
            finally:
                reader.close()

        try:
            return await asyncio.wait_for(asyncio.to_thread(work), _READ_S)
        except Exception as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise Refused(f"the journal cannot be read: {said}") from error

    def _cancels(self, name: SessionName) -> bool:
        session = self._parts.fix.session(name)
        if session is not None and session.connected:
            return session.cancels_on_disconnect
        rules = self._parts.state.sessions.get(name)
        return rules is not None and rules.cancel_on_disconnect

    def _killed(self, name: SessionName) -> list[str]:
        """The kill switches that keep a session from trading, in whole or in part."""
        return [
            each.words
            for each in self._parts.state.kills
            if each.scope is not Scope.SESSION or each.name == name
        ]

    def _names(self) -> list[SessionName]:
        return [SessionName(each.name) for each in self._parts.configuration.sessions]

    def _logged_on(self, name: SessionName) -> bool:
        session = self._parts.fix.session(name)
        return session is not None and session.logged_on


def _prices(session: ClientSession | None) -> int:
    return 0 if session is None or session.market is None else session.market.count


def _listening(settings: FixSettings, fix: FixServer) -> str:
    """Where clients connect: "127.0.0.1:9878, TLS 127.0.0.1:9879"."""
    places = [] if fix.port is None else [f"{settings.host}:{fix.port}"]
    if fix.tls_port is not None:
        places.append(f"TLS {settings.tls.host or settings.host}:{fix.tls_port}")
    return ", ".join(places)
