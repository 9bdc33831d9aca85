"""A whole gateway but for its edges, writing a real journal at times that a test gives.

Here: Desk: a client whose orders are decided, made durable and answered; its venue says what the
test says.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fakes.core import SESSION, VENUE, FakeCore, a_profile, an_instrument, some_rules
from fakes.edges import FakeFix, FakeVenue
from fixgate.adapters.store import Store, open_store
from fixgate.adapters.store.postgres.opening import open_postgres
from fixgate.application.effects import Venues
from fixgate.application.inbox import Given, Inbox
from fixgate.application.ports.fix import Direction, FixDelivered, FixMessage, FixNoted, Handling
from fixgate.application.sequencer import Sequencer
from fixgate.application.step import Stepper
from fixgate.domain import inputs as i
from fixgate.domain.ids import Ids, OrderID, TradeID, VenueClOrdID, VenueOrderID
from fixgate.domain.rounding import ZERO
from fixgate.domain.state import State
from fixgate.domain.trades import TradeRequest
from postgres import new_database
from unit.adapters.store.samples import FixedClock

TERMINAL_MAX = 4_000


class Desk:
    """Use ``start``, then say things; each is durable when its method returns."""

    def __init__(self, path: Path, opened: Callable[[], Store] | None = None) -> None:
        self._open = opened or (lambda: open_store(path, FixedClock()))
        self.at_ns = 0
        self.wanted: list[TradeRequest] = []  # to be looked up
        self.client = FakeCore(started=False)  # only to compose client messages
        self.fix = FakeFix()

    async def start(self, at_ns: int) -> None:
        """A process begins."""
        self.at_ns = at_ns
        self.store = self._open()
        self.state = State(Ids(self.store.epoch), terminal_max=TERMINAL_MAX)
        for each in self.store.reader.open_orders():
            assert each.order is not None
            self.state.load(each.order, each.executions, each.cl_ord_ids)
        self.state.positions.load(self.store.reader.positions(), self.store.reader.balances())
        self.inbox = Inbox()
        self.journal = self.store.journal()
        recall = self.store.recall()
        self.sequencer = Sequencer(
            inbox=self.inbox,
            stepper=Stepper(self.state, self.client.codec, recall, last_seq=self.journal.last_seq),
            journal=self.journal,
            codec=self.client.codec,
            fix=self.fix,
            venues=Venues({VENUE: FakeVenue(a_profile())}, self.state, lambda _: None),
            recall=recall,
            alert=lambda _, __: None,
            resume=lambda: None,
            look_up=self.wanted.append,
        )
        self.task = asyncio.create_task(self.sequencer.run())
        opened = tuple(self.state.orders)
        for given in (
            i.Started(epoch=self.store.epoch, open_orders=opened, version="1", fingerprint=""),
            i.SessionsConfigured(sessions=(some_rules(),)),
            i.VenueConfigured(profile=a_profile()),
            i.InstrumentsLoaded(venue=VENUE, instruments=(an_instrument(),)),
            i.VenueConnection(venue=VENUE, up=True),
        ):
            await self.say(given)

    async def stop(self) -> None:
        """The process ends."""
        self.inbox.close()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.store.close()

    async def take(self, item) -> None:
        """Let something be decided and made durable."""
        before = self.journal.last_seq
        self.inbox.put(item)
        async with asyncio.timeout(30):
            while self.journal.last_seq == before and not self.task.done():
                await asyncio.sleep(0.001)
        self.at_ns += 1_000_000

    async def say(self, given: i.Input) -> None:
        """A venue, or the process, says something."""
        await self.take(Given(at_ns=self.at_ns, given=given))

    async def send(self, msg_type: str, fields: str) -> None:
        """The client sends a message."""
        text = self.client.message(msg_type, fields)
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.DELIVERED,
            msg_type=msg_type,
            msg_seq_num=self.client._in,
            text=text,
            peer="10.0.0.7:5000",
        )
        await self.take(
            FixDelivered(
                at_ns=self.at_ns,
                session=SESSION,
                message=message,
                text=text,
                last_in=self.client._in,
            )
        )

    async def log_on(self, password: str) -> None:
        """A Logon, for the record."""
        text = self.client.message("A", f"98=0|108=30|553=jane|554={password}")
        message = FixMessage(
            direction=Direction.IN,
            handling=Handling.ENGINE,
            msg_type="A",
            msg_seq_num=self.client._in,
            text=text,
        )
        await self.take(FixNoted(at_ns=self.at_ns, session=SESSION, message=message))

    async def order(self, name: str, *, qty: str = "2", px: str = "50000") -> OrderID:
        """A new order; its OrderID."""
        await self.send(
            "D", f"11={name}|55=BTC/USDT|54=1|38={qty}|40=2|44={px}|60=20231114-22:13:20"
        )
        return self.state.order_ids[SESSION, name]

    async def accept(self, order_id: OrderID) -> None:
        """The venue works it."""
        await self.say(
            i.VenueAnswered(
                venue=VENUE,
                call=i.VenueCall.SUBMIT,
                venue_cl_ord_id=VenueClOrdID(order_id + "00"),
                outcome=i.Outcome.ACCEPTED,
                venue_order_id=VenueOrderID(f"V-{order_id}"),
                raw='{"status":"<NEW>"}',
            )
        )

    async def trade(self, order_id: OrderID, qty, *, trade_id: str, px="49999.5") -> None:
        """A trade at the venue."""
        await self.say(
            i.VenueTraded(
                venue=VENUE,
                venue_cl_ord_id=VenueClOrdID(order_id + "00"),
                trade_id=TradeID(trade_id),
                last_qty=ZERO + qty,
                last_px=ZERO + type(ZERO)(px),
            )
        )


HOME = {
    "config/gateway.toml": '[journal]\nfile = "journal.sqlite"\n',
    "config/venues.toml": '[[venue]]\nkind = "simulated"\nname = "V"\n',
    "sessions/client.toml": (
        'name = "CLIENT"\nversion = "FIX.4.4"\ntarget_comp_id = "CLIENT"\ndefault_venue = "V"\n'
    ),
}
"""The configuration that such a gateway would have had."""


def make_home(folder: Path) -> Path:
    """Write HOME into a folder; the journal goes to its var/journal.sqlite."""
    for name, text in HOME.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "fix_specs").symlink_to(Path(__file__).parents[2] / "fix_specs")
    return folder


def desk_over(database: str, folder: Path) -> Desk:
    """One whose journal is in "sqlite" or "postgresql"."""
    if database == "sqlite":
        return Desk(folder / "journal.sqlite")
    address = new_database()
    return Desk(folder / "unused", opened=lambda: open_postgres(address, folder))
