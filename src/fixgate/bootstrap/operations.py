"""What the control socket of a running gateway answers.

Here: Operations, whose verbs look at the gateway's parts.
Not here: the socket and its protocol (adapters.control); how the gateway is put together (gateway).
"""

import os
from collections.abc import Callable
from importlib.metadata import version

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused
from fixgate.adapters.fix.server import FixServer
from fixgate.adapters.store.reader import Reader
from fixgate.application.inbox import Inbox
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.journal import Journal
from fixgate.bootstrap.settings import Configuration, FixSettings
from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName
from fixgate.domain.state import State


@value
class Parts:
    """The parts of a running gateway that operations look at."""

    configuration: Configuration
    clock: Clock
    inbox: Inbox
    state: State
    journal: Journal
    reader: Reader
    fix: FixServer
    open: Callable[[], bool]  # whether clients may log on yet


class Operations:
    """The verbs that show how the gateway is."""

    def __init__(self, parts: Parts, verbs: Verbs) -> None:
        self._parts = parts
        self._started_ns = parts.clock.now_ns()
        verbs.add("status", self._status, help="How the gateway is")
        verbs.add("sessions", self._sessions, help="How the client sessions are", args=("session",))

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
            "inbox": len(parts.inbox),
            "open_orders": sum(1 for _ in parts.state.open_orders()),
            "unsettled_orders": len(parts.state.unsettled),
            "sessions": len(self._names()),
            "logged_on": len(logged_on),
            "venues": {
                str(name): parts.state.venues_up.get(name, False)
                for name in sorted(parts.state.venues)
            },
        }

    async def _sessions(self, call: Call) -> Json:
        wanted = call.text_or_none("session")
        names = self._names()
        if wanted is not None and wanted not in names:
            raise Misused(f"no session is named {wanted[:64]}; there are: {', '.join(names)}")
        seen = {each.name: each for each in self._parts.reader.sessions()}
        shown: Json = {}
        for name in names if wanted is None else [SessionName(wanted)]:
            stored = seen.get(name)
            session = self._parts.fix.session(name)
            shown[name] = {
                "connected": session is not None and session.connected,
                "logged_on": self._logged_on(name),
                "since_ns": stored.since_ns if stored else None,
                "peer": stored.peer if stored else "",
                "next_sender": stored.last_out + 1 if stored else 1,
                "next_target": stored.last_in + 1 if stored else 1,
            }
        return shown

    def _names(self) -> list[SessionName]:
        return [SessionName(each.name) for each in self._parts.configuration.sessions]

    def _logged_on(self, name: SessionName) -> bool:
        session = self._parts.fix.session(name)
        return session is not None and session.logged_on


def _listening(settings: FixSettings, fix: FixServer) -> str:
    """Where clients connect: "127.0.0.1:9878, TLS 127.0.0.1:9879"."""
    places = [] if fix.port is None else [f"{settings.host}:{fix.port}"]
    if fix.tls_port is not None:
        places.append(f"TLS {settings.tls.host or settings.host}:{fix.tls_port}")
    return ", ".join(places)
