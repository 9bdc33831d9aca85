"""One simulated run: what goes wrong and when, all of it from the seed.

Here: Simulation, which lets a gateway, its clients and its exchange live through days of faults,
then lets everything come to rest.
Not here: whether it was right (judge).
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from fixgate.domain.ids import SessionName
from fixgate.domain.sessions import FixVersion, SessionRules
from simulation.client import Client
from simulation.disk import Disk, Faults
from simulation.exchange import Exchange
from simulation.network import Wire
from simulation.process import Process
from simulation.venue_link import VENUE, Weather
from simulation.world import SECOND, World

HOUR = 3_600
REST_ROUNDS = 40


@dataclass(frozen=True, kw_only=True)
class Severity:
    """How often things go wrong: mean hours between, or steps for crashes."""

    crash_steps: float = 1_500.0
    weather_h: float = 2.0
    disk_h: float = 2.0
    stall_h: float = 4.0
    cut_h: float = 3.0
    stream_h: float = 3.0
    clock_h: float = 12.0
    calm_s: float = 1_000.0  # between bursts of one client
    power_cut: float = 0.2  # probability that an end is one
    numbers_lost: float = 0.1


def some_severity(random: Random) -> Severity:
    """Of each seed its own: some worlds are mostly calm, in others the process hardly lives."""
    return Severity(
        crash_steps=random.choice((250, 1_000, 4_000)),
        weather_h=random.choice((0.5, 2, 6)),
        disk_h=random.choice((1, 3, 10)),
        stall_h=random.choice((1, 6)),
        cut_h=random.choice((0.5, 3)),
        stream_h=random.choice((0.5, 3)),
        calm_s=random.choice((600, 1_200, 1_800)),
        power_cut=random.choice((0, 0.2)),
        numbers_lost=random.choice((0, 0.1, 0.5)),
    )


FINE = Weather()
FLAKY = Weather(
    request_lost=0.02, answer_lost=0.02, late=0.02, broken=0.02, error=0.02, silence=0.01,
    rubbish=0.01, message_lost=0.02, message_twice=0.05, message_late=0.1,
)  # fmt: skip
STORM = Weather(
    refused=0.2, request_lost=0.15, answer_lost=0.2, late=0.2, broken=0.1, error=0.15,
    silence=0.05, rubbish=0.05, message_lost=0.3, message_twice=0.3, message_late=0.4,
)  # fmt: skip
OUTAGE = Weather(refused=1.0)


class Simulation:
    """A world with a gateway in it."""

    def __init__(self, seed: int, severity: Severity | None = None) -> None:
        self.seed = seed
        self.world = World(seed)
        self.disk = Disk()
        self.exchange = Exchange(self.world)
        self.process: Process | None = None
        self.crashes = self.failures = 0
        self._severity = severity or some_severity(self.world.random)
        self._weather = FINE
        self._skew_ns = 0
        self._steps_left = 0
        self._faults = True
        random = self.world.random
        self.sessions = tuple(
            SessionRules(
                name=SessionName(f"C{number}"),
                version=version,
                default_venue=VENUE,
                pending_new_reports=random.random() < 0.3,
                pending_reports=random.random() < 0.8,
                submit_again_ms=random.choice((0, 60_000, 600_000)),
            )
            for number, version in enumerate((FixVersion.FIX42, FixVersion.FIX44))
        )
        calm_s = self._severity.calm_s
        self.clients = [Client(self.world, s.name, s.version, calm_s=calm_s) for s in self.sessions]
        self._wires: dict[SessionName, Wire] = {}
        for each in self.clients:
            each.connect = self._connect
        self.world.on_step = self._step

    def run(self, hours: float) -> None:
        """Live through ``hours`` of faults, then come to rest.

        Raises:
            BugFound: something was seen on the way that must never be.
        """
        self._start()
        severity = self._severity
        self._again(severity.weather_h, self._change_weather)
        self._again(severity.disk_h, self._change_disk)
        self._again(severity.stall_h, self._stall)
        self._again(severity.cut_h / len(self.clients), self._cut_client)
        self._again(severity.stream_h, self._cut_stream)
        self._again(severity.clock_h, self._jump)
        self._go_on(hours)
        self._rest()

    def close(self) -> None:
        """Let go of what still lives."""
        if self.process is not None:
            self.process.loop.kill()

    def _go_on(self, hours: float) -> None:
        self.world.run(until_ns=self.world.now_ns + int(hours * HOUR * SECOND))

    def _rest(self) -> None:
        """No more faults; everything open is canceled, and everybody hears of it."""
        self._faults = False
        self._steps_left = -1
        self._set_weather(FINE)
        self.disk.faults = Faults()
        self.exchange.quiet = True
        for each in self.clients:
            each.trading = False
        for _ in range(REST_ROUNDS):
            self._go_on(1.0)
            if self._at_rest():
                return
            for each in self.clients:
                each.cancel_all()

    def _at_rest(self) -> bool:
        return not self.restless()

    def restless(self) -> list[str]:
        """What keeps it from being at rest."""
        found = [f"{each.name} is not connected" for each in self.clients if not each.connected]
        for each in self.clients:
            found += [f"{name} is not answered" for name in each.unanswered]
            found += [f"{name} is open" for name in each.open]
        found += [f"{order_id} is not over" for order_id in sorted(self.disk.working)]
        over = self.exchange.orders.values()
        found += [f"{e.leg.venue_cl_ord_id} works" for e in over if e.over is None]
        return found

    # --- the process

    def _start(self) -> None:
        self.process = Process(
            self.world,
            disk=self.disk,
            exchange=self.exchange,
            weather=self._weather,
            sessions=self.sessions,
            skew_ns=self._skew_ns,
        )
        steps = self.world.random.expovariate(1 / self._severity.crash_steps)
        self._steps_left = int(steps) if self._faults else -1

    def _step(self) -> None:
        """Between any two awaits the process may be killed."""
        process = self.process
        if process is None:
            return
        if process.failed:
            self.failures += 1
            self._end(process)
        elif self._steps_left == 0:
            self.crashes += 1
            self._end(process)
        elif self._steps_left > 0:
            self._steps_left -= 1

    def _end(self, process: Process) -> None:
        process.crash()
        self.process = None
        for name in [*self._wires]:
            self._wires.pop(name).cut()
        random = self.world.random
        if random.random() < self._severity.power_cut:
            self.disk.power_cut(lost=random.random() < 0.5)
        if random.random() < self._severity.numbers_lost:
            self._lose_numbers(random.choice(self.sessions).name)
        down_s = random.choice((1, 5, 60, 1_800)) * random.random() if self._faults else 1
        self.world.after(down_s, self._start)

    def _lose_numbers(self, name: SessionName) -> None:
        """The file of a session is gone; what was in it last has come to the journal too."""
        file = self.disk.numbers.get(name)
        if file is not None and file.written <= self.disk.noted.get(name, 0) + 1:
            del self.disk.numbers[name]

    def _connect(self, client: Client) -> Wire | None:
        process = self.process
        if process is None or self.world.now_ns < self.world.stalled_until_ns:
            return None
        wire = Wire(self.world, client, lambda message: self._take(process, client, message))
        if not process.door.connected(client.name, wire):
            return None
        wire.on_server_gone(lambda: self._lost(process, client, wire))
        self._wires[client.name] = wire
        return wire

    def _take(self, process: Process, client: Client, message: tuple) -> None:
        if not process.loop.dead:
            process.loop.call_soon(process.door.take, client.name, message)

    def _lost(self, process: Process, client: Client, wire: Wire) -> None:
        if self._wires.get(client.name) is wire:
            del self._wires[client.name]
        if not process.loop.dead:
            process.loop.call_soon(process.door.lost, client.name)

    # --- faults

    def _again(self, mean_h: float, happen: Callable[[], None]) -> None:
        """Let it happen again and again, until the world comes to rest."""

        def once() -> None:
            if self._faults:
                happen()
                self._again(mean_h, happen)

        self.world.after(self.world.random.expovariate(1 / (mean_h * HOUR)), once)

    def _change_weather(self) -> None:
        weather = self.world.random.choice((FINE, FLAKY, FLAKY, STORM, OUTAGE))
        self._set_weather(weather)
        if weather is OUTAGE:
            self._cut_stream()
            self.world.after(self.world.random.uniform(1, 1_200), lambda: self._set_weather(FINE))

    def _set_weather(self, weather: Weather) -> None:
        self._weather = weather
        if self.process is not None:
            self.process.network.weather = weather

    def _change_disk(self) -> None:
        random = self.world.random
        self.disk.faults = Faults(
            slow_s=random.choice((0.02, 0.5, 5.0)), fails=random.choice((0, 0.005, 0.05))
        )
        self.world.after(random.uniform(60, 1_800), lambda: setattr(self.disk, "faults", Faults()))

    def _stall(self) -> None:
        self.world.stall(self.world.random.choice((0.5, 15, 90)))

    def _cut_client(self) -> None:
        random = self.world.random
        random.choice(self.clients).cut(random.choice((0, 0, 5, 60)))

    def _cut_stream(self) -> None:
        if self.process is not None:
            self.process.network.cut_stream(silently=self.world.chance(0.5))

    def _jump(self) -> None:
        """The machine's clock is set; by less than the exchange's window, as NTP would."""
        self._skew_ns = int(self.world.random.uniform(-2, 2) * SECOND)
        if self.process is not None:
            self.process.skew_ns = self._skew_ns
