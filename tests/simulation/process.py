"""One life of a simulated gateway process: the real core, put together as bootstrap does it.

Here: Process, from its start to its end, which is mostly violent.
Not here: when it ends (plan), what must be true then (judge).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from fixgate.adapters.fix.codec import Codec, addressing
from fixgate.adapters.store.errors import JournalFailed
from fixgate.application.effects import Venues
from fixgate.application.inbox import Given, Inbox
from fixgate.application.sequencer import Sequencer
from fixgate.application.starting import opening_inputs, working_legs
from fixgate.application.step import Stepper
from fixgate.domain.ids import Ids, SessionName
from fixgate.domain.inputs import VenueInput
from fixgate.domain.sessions import FixVersion, SessionRules
from fixgate.domain.state import State
from simulation.disk import EPOCH, Disk, DiskJournal
from simulation.door import Door
from simulation.exchange import Exchange
from simulation.venue_link import PROFILE, VENUE, Network, SimulatedLink, Weather
from simulation.world import BugFound, Loop, World

TERMINAL_MAX = 200
_SETTLE_LIMIT_NS = 10 * 10**9


def a_codec(versions: Mapping[SessionName, FixVersion]) -> Codec:
    """FIX text for the simulated sessions."""
    return Codec(
        {
            name: addressing(version, sender_comp_id="FIXGATE", target_comp_id=name)
            for name, version in versions.items()
        }
    )


class Process:
    """A gateway."""

    def __init__(
        self,
        world: World,
        *,
        disk: Disk,
        exchange: Exchange,
        weather: Weather,
        sessions: Sequence[SessionRules],
        skew_ns: int,
    ) -> None:
        self.loop = world.loop = Loop(world)
        self.loop.on_error = self._unexpected
        self.skew_ns = skew_ns
        self.failed = False
        self.alerts: list[str] = []
        self._world = world
        self._sessions = tuple(sessions)
        self._inbox = Inbox()
        self._refused = tuple(disk.refused_through)
        self.state = State(Ids(EPOCH), terminal_max=TERMINAL_MAX)
        for each in disk.open_orders():
            assert each.order is not None
            self.state.load(each.order, each.executions, each.cl_ord_ids)
        self.state.positions.load(disk.positions.values(), disk.balances.values())
        self.journal = DiskJournal(disk, world, self.loop)
        codec = a_codec({each.name: each.version for each in sessions})
        names = [each.name for each in sessions]
        self.door = Door(disk, self._inbox, self.now_ns, names)
        self.network = Network(world, self.loop, exchange, weather)
        self.venue = SimulatedLink(self.network, self)
        self.sequencer = Sequencer(
            inbox=self._inbox,
            stepper=Stepper(self.state, codec, disk, last_seq=self.journal.last_seq),
            journal=self.journal,
            codec=codec,
            fix=self.door,
            venues=Venues({VENUE: self.venue}, self.state, self.hear),
            recall=disk,
            alert=lambda each, _: self.alerts.append(each.text),
            resume=lambda: None,
        )
        asyncio.events._set_running_loop(self.loop)
        self.loop.create_task(self._serve())
        asyncio.events._set_running_loop(None)

    def now_ns(self) -> int:
        """The process's own idea of the time."""
        return self._world.now_ns + self.skew_ns

    def hear(self, given: VenueInput) -> None:
        """Takes what the venue says."""
        self._inbox.put(Given(at_ns=self.now_ns(), given=given))

    def crash(self) -> None:
        """It is gone, at whatever point it is."""
        self.journal.crash()
        self.loop.kill()
        self._world.loop = None

    async def _serve(self) -> None:
        """As bootstrap.gateway does."""
        for given in opening_inputs(
            self.state,
            version="simulated",
            fingerprint="",
            sessions=self._sessions,
            aliases=(),
            profiles=[self.venue.profile],
            refused=self._refused,
        ):
            self._inbox.put(Given(at_ns=self.now_ns(), given=given))
        sequencing = self.loop.create_task(self.sequencer.run())
        sequencing.add_done_callback(self._ended)
        await self.venue.start(self.hear, working_legs(self.state, PROFILE))
        found = self.journal.last_seq
        limit_ns = self._world.now_ns + _SETTLE_LIMIT_NS
        while not sequencing.done():
            await asyncio.sleep(0.05)
            if self.journal.last_seq == found:
                continue
            settled = self.state.venues_up.get(VENUE, False) and not self.state.unsettled
            if settled or self._world.now_ns > limit_ns:
                break
        self.door.open = True

    def _ended(self, sequencing: "asyncio.Task[None]") -> None:
        error = None if sequencing.cancelled() else sequencing.exception()
        if not isinstance(error, JournalFailed):
            raise BugFound(f"the sequencer ended: {error!r}") from error
        self.failed = True

    def _unexpected(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        raise BugFound(f"unexpected: {context.get('message')} {error!r}") from error
