"""Verbs about client sessions on a gateway that runs.

Here: SessionVerbs: disable and enable, log out, reset numbers, resend.
Not here: the same on a gateway that does not run (stopped).
"""

import asyncio
from collections.abc import Callable
from typing import Final

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused, Refused
from fixgate.adapters.fix.client_session import ClientSession
from fixgate.adapters.fix.server import FixServer
from fixgate.bootstrap.verbs.giving import (
    Core,
    new_numbers,
    noted,
    numbers_text,
    session_named,
)
from fixgate.domain import inputs as i
from fixgate.domain.ids import SessionName

BARRED: Final = "the session is disabled"
_BUSY_S: Final = 5.0
_POLL_S: Final = 0.01


class SessionVerbs:
    """Registers the verbs."""

    def __init__(self, core: Core, fix: FixServer, verbs: Verbs) -> None:
        self._core = core
        self._fix = fix
        for name, handler, words, args in (
            ("disable_session", self._disable, "Log out and keep out", ("session",)),
            ("enable_session", self._enable, "Let it log on again", ("session",)),
            ("logout_session", self._logout, "Log out; it may come back", ("session",)),
            (
                "reset_session",
                self._reset,
                "Set its sequence numbers",
                ("session", "sender", "target"),
            ),
            ("resend", self._resend, "Send messages again", ("session", "from", "to")),
        ):
            verbs.add(name, handler, help=words, args=args, changes=True)

    async def _disable(self, call: Call) -> Json:
        name, session = self._session(call)
        if name in self._core.state.disabled:
            raise Refused(f"session {name} is disabled already")
        what = f"log session {name} out and let it not log on again"
        if call.dry_run:
            return {"would": what}
        await self._bar(call, name, barred=True)
        self._fix.bar(name, BARRED)
        if session.connected:
            session.logout("The session was disabled by operations")
        return {"done": what}

    async def _enable(self, call: Call) -> Json:
        name, _ = self._session(call)
        if name not in self._core.state.disabled:
            raise Refused(f"session {name} is not disabled")
        what = f"let session {name} log on again"
        if call.dry_run:
            return {"would": what}
        await self._bar(call, name, barred=False)
        self._fix.bar(name, None)
        return {"done": what}

    async def _bar(self, call: Call, name: SessionName, *, barred: bool) -> None:
        await self._core.give(
            i.SessionBarred(
                session=name, barred=barred, person=call.person.name, reason=call.reason
            )
        )

    async def _logout(self, call: Call) -> Json:
        name, session = self._session(call)
        if not session.connected:
            raise Refused(f"session {name} is not connected")
        what = f"log session {name} out"
        if call.dry_run:
            return {"would": what}
        await self._core.give(noted(call, name))
        session.logout("Logged out by operations")
        return {"done": what}

    async def _reset(self, call: Call) -> Json:
        name, session = self._session(call)
        sender, target = new_numbers(call)
        change = numbers_text((session.next_sender, session.next_target), (sender, target))
        away = ", after logging it out" if session.connected else ""
        what = f"set session {name}{away}: {change}"
        if call.dry_run:
            return {"would": what}
        if session.connected:
            session.logout("The sequence numbers are being reset by operations")
        await self._until(
            lambda: (
                not session.connected
                and session.renewal.try_set(next_sender=sender, next_target=target)
            ),
            f"session {name} does not come to rest; try again",
        )
        # No await between the two: the journal must not see a message under a new number first.
        await self._core.give(
            i.NumbersReset(
                session=name,
                next_sender=sender,
                next_target=target,
                detail=change,
                person=call.person.name,
                reason=call.reason,
            )
        )
        # Where the numbers began must outlive the process: nothing older may be repeated.
        session.renewal.began.keep()
        return {"done": what}

    async def _resend(self, call: Call) -> Json:
        name, session = self._session(call)
        begin = call.number_or_none("from")
        if begin is None:
            raise Misused(f"{call.verb} needs from")
        last = call.number_or_none("to")
        if last is not None and last < begin:
            raise Misused(f"{call.verb}: to is {last}, which is below from, {begin}")
        if not session.logged_on:
            raise Refused(f"session {name} is not logged on")
        sent = session.next_sender - 1
        if begin > sent:
            raise Refused(f"session {name} was sent messages 1 to {sent}; there is no {begin}")
        last = last or sent
        what = f"send session {name} its messages {begin} to {last} again"
        if call.dry_run:
            return {"would": what}
        await self._core.give(noted(call, name, f"{begin} to {last}"))
        said: list[str | None] = []

        def begun() -> bool:
            said[:] = [session.resend(begin, last)]
            return said[0] != "busy"

        await self._until(begun, f"session {name} is busy; try again")
        if said[0] is not None:
            raise Refused(said[0])
        return {"done": what}

    async def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Wait a bounded time until something has been done."""
        loop = asyncio.get_running_loop()
        limit = loop.time() + _BUSY_S
        while not holds():
            if loop.time() > limit:
                raise Refused(otherwise)
            await asyncio.sleep(_POLL_S)

    def _session(self, call: Call) -> tuple[SessionName, ClientSession]:
        name = session_named(call, self._core.configuration)
        session = self._fix.session(name)
        if session is None:
            raise Misused(f"session {name} is not in use; reload the configuration")
        return name, session
