"""What pre-trade limits cost per order: decided, matched by SIM and encoded, with and without them.

Run ``python -m benchmarks.limits``. The same orders (a limit buy that fills at once) go through the
core and SIM in turns of ``ORDERS``, without limits, with those of the demo sessions, and with every
limit there is, and the first and last also beside ``OPEN`` open orders. Everything is in this
process; only its own processor time counts, and the median of the turns is shown as a ratio to that
without limits.
"""

import asyncio
import gc
import statistics
import sys
import time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.core import FakeCore, some_rules
from fakes.edges import NothingToRecall
from fixgate.adapters.clock import SystemClock
from fixgate.adapters.store.kinds import encode
from fixgate.adapters.venues.sim_listings import SimulatedSettings
from fixgate.adapters.venues.simulated import SimulatedVenue
from fixgate.application.effects import Venues
from fixgate.application.seeing import VenuesMarket
from fixgate.application.step import Steps
from fixgate.domain import inputs as i
from fixgate.domain.ids import VenueName
from fixgate.domain.limits import LimitSet
from fixgate.domain.state import State
from scenarios.limit_words import limits_from

ORDERS = 2_000
TURNS = 12
OPEN = 5_000
_BESIDE = f"beside {OPEN:,} open orders"
HELD = Decimal(10) ** 12  # of each asset that SIM trades
SIM = VenueName("SIM")
DEMO = ["limits session CLIENT price_collar_bp=2000 reference_required=no"]
ALL = [
    "limits default price_collar_bp=2000 order_qty_max=1000 order_value_max=10000000",
    "limits default credit_max=1000000000000 position_max=1000000000 self_match=yes balance=yes",
    "limits default duplicate_within_ms=1 repeated_trades=100000/1 leverage_max=5",
    "limits venue SIM restricted=XRP/USDT",
    "limits account ACC credit_max=1000000000000",
]


class Nothing(NothingToRecall):
    """Keeps nothing either, so that the tenth thousand costs what the first did."""

    def committed(self, steps: Steps, state: State) -> None:
        """Nothing."""


class Rig:
    """The core and SIM, without a socket and without a disk."""

    def __init__(self, limits: LimitSet) -> None:
        clock = SystemClock()
        self.venue = SimulatedVenue(SimulatedSettings(name=SIM, step_period_s=None), clock)
        self.heard: list[i.VenueInput] = []
        rules = some_rules(default_venue=SIM)
        self.core = FakeCore(rules=rules, profile=self.venue.profile, limits=limits, started=False)
        self.core.at_ns = clock.now_ns()
        self.core.market = VenuesMarket({SIM: self.venue})  # type: ignore[assignment]
        self.core.recall = Nothing()  # type: ignore[assignment]
        self.core.stepper = self.core._a_stepper(last_seq=0)  # noqa: SLF001 - a rig
        self.calls = Venues({SIM: self.venue}, self.core.state, self.heard.append)
        self._clock = clock
        self._names = 0

    async def start(self) -> None:
        """Everything is configured and SIM is up."""
        self.core._configure()  # noqa: SLF001 - a rig
        await self.venue.start(self.heard.append, ())
        self._venue_says()
        held = tuple((asset, HELD, Decimal(0)) for asset in ("BTC", "USDT"))
        self.core.say(i.BalancesReported(venue=SIM, asked_at_ns=self.core.at_ns, balances=held))

    def turn(self, orders: int) -> float:
        """Processor time per order, in microseconds."""
        began = time.process_time()
        for _ in range(orders):
            self._order("44=55000|59=3")
        return (time.process_time() - began) / orders * 1e6

    def rest(self, orders: int) -> None:
        """So many orders that nothing meets, at as many prices as the tick allows."""
        for number in range(orders):
            self._order(f"44={45_000 + number % 1_000}|59=1")

    def _order(self, terms: str) -> None:
        core = self.core
        self._names += 1
        core.at_ns = self._clock.now_ns()
        head = f"11=N{self._names}|1=ACC|55=BTC/USDT|54=1|60=20231114-22:13:20|21=1"
        core.send("D", f"{head}|38=0.0{1 + self._names % 50:02d}|40=2|{terms}")
        while core.calls or self.heard:
            while core.calls:
                intent, order = core.calls.popleft()
                self.calls.call(intent, order, core.at_ns)
            self._venue_says()
        for payload in core.records:
            encode(payload)
        for kept in (core.records, core.journal, core.items, core.sent):
            kept.clear()

    def _venue_says(self) -> None:
        said, self.heard[:] = [*self.heard], []
        for each in said:
            self.core.say(each)


async def main() -> None:
    """Print the table."""
    rigs = {
        "without limits": Rig(LimitSet()),
        "the demo sessions' limits": Rig(limits_from(DEMO)),
        "every limit": Rig(limits_from(ALL)),
        f"{_BESIDE}, without": Rig(LimitSet()),
        f"{_BESIDE}, every limit": Rig(limits_from(ALL)),
    }
    turns: dict[str, list[float]] = {name: [] for name in rigs}
    for name, rig in rigs.items():
        await rig.start()
        if name.startswith(_BESIDE):
            rig.rest(OPEN)
        rig.turn(ORDERS)
    gc.collect()  # as the gateway has it
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    order = list(rigs)
    for _ in range(TURNS):
        for name in order:
            turns[name].append(rigs[name].turn(ORDERS))
        order.append(order.pop(0))  # none is always the first, or behind the same
    base = statistics.median(turns["without limits"])
    for name, each in turns.items():
        cost = statistics.median(each)
        print(f"{name:<40}{cost:8.1f} us per order {cost / base:6.2f}")


if __name__ == "__main__":
    asyncio.run(main())
