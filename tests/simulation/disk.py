"""What survives the death of a process: the journal, the engine's stores, the stop file.

Here: Disk, and DiskJournal, through which one process writes to it, with commits that are slow,
that fail, and that are durable although nobody heard of it.
Not here: SQL. Orders go through the store's own encoding, as they would in a row.
"""

import asyncio
from dataclasses import dataclass

from fixgate.adapters.store.errors import JournalFailed
from fixgate.adapters.store.kinds import json_of
from fixgate.adapters.store.rows import order_from, trades
from fixgate.application.ports.fix import Direction, FixMessage, Handling
from fixgate.application.ports.journal import Batch, ExecutionRow, Record
from fixgate.domain.balance import Balance
from fixgate.domain.ids import ClOrdID, OrderID, SessionName, VenueName
from fixgate.domain.inputs import Recalled
from fixgate.domain.order import Order, RefusedOrder, UsedID
from fixgate.domain.position import Position
from fixgate.domain.positions import Key
from simulation.world import Loop, World

EPOCH = "SIMUL0"


@dataclass(slots=True)
class Numbers:
    """The file with the next outgoing number of one session (adapters.fix.numbers)."""

    written: int = 1
    synced: int = 1
    current: bool = True  # the machine has not lost its memory since


@dataclass(slots=True)
class Faults:
    """How bad the disk is at present."""

    slow_s: float = 0.0
    fails: float = 0.0  # probability that a commit fails


class Disk:
    """Durable things."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.orders: dict[OrderID, Order] = {}
        self.working: set[OrderID] = set()
        self.refused: dict[OrderID, RefusedOrder] = {}
        self.names: dict[tuple[SessionName, ClOrdID], OrderID] = {}
        self.names_of: dict[OrderID, list[ClOrdID]] = {}
        self.executions: dict[OrderID, list[ExecutionRow]] = {}
        self.positions: dict[Key, Position] = {}
        self.balances: dict[tuple[VenueName, str], Balance] = {}
        self.last_in: dict[SessionName, int] = {}
        self.last_out: dict[SessionName, int] = {}
        self.numbers: dict[SessionName, Numbers] = {}
        self.sent: dict[SessionName, dict[int, str]] = {}  # reports by number
        self.noted: dict[SessionName, int] = {}  # of the session layer's own: the highest
        self.said_no: set[tuple[SessionName, int]] = set()  # refused, and told so if connected
        self.refused_through: dict[SessionName, int] = {}  # the stop file
        self.faults = Faults()

    @property
    def last_seq(self) -> int:
        """The number of the last record."""
        return self.records[-1].seq if self.records else 0

    def write(self, batch: Batch) -> None:
        """One transaction."""
        self.records += batch.records
        for each in batch.records:
            payload = each.payload
            if isinstance(payload, FixMessage) and each.session is not None:
                self._note(each.session, payload)
        for order in batch.orders.values():
            self.orders[order.order_id] = order
            (self.working.discard if order.is_over else self.working.add)(order.order_id)
        for refused in batch.refused:
            self.refused[refused.order_id] = refused
        for session, name, order_id in batch.names:
            if self.names.setdefault((session, name), order_id) != order_id:
                raise AssertionError(f"{name} of {session} names two orders")
            known = self.names_of.setdefault(order_id, [])
            if name not in known:
                known.append(name)
        for row in batch.executions:
            self.executions.setdefault(row.order_id, []).append(row)
        self.positions |= batch.positions
        self.balances |= batch.balances
        self.last_in |= batch.last_in
        self.last_out |= batch.last_out

    def open_orders(self) -> list[Recalled]:
        """Orders that are not over, oldest first, as a start reads them."""
        return [self._recalled(each) for each in sorted(self.working)]

    def _note(self, session: SessionName, message: FixMessage) -> None:
        if message.handling is Handling.REPORT:
            self.sent.setdefault(session, {})[message.msg_seq_num] = message.text
        elif message.direction is Direction.OUT:
            self.noted[session] = max(self.noted.get(session, 0), message.msg_seq_num)

    def power_cut(self, *, lost: bool) -> None:
        """What the operating system had not written is gone; ``lost``: that was all of it."""
        for each in self.numbers.values():
            each.current = False
            each.written = each.synced if lost else each.written

    # --- Recall

    def by_cl_ord_id(self, session: SessionName, cl_ord_id: ClOrdID) -> Recalled | None:
        order_id = self.names.get((session, cl_ord_id))
        if order_id is None:
            return None
        used = UsedID(session=session, cl_ord_id=cl_ord_id, order_id=order_id)
        return self.by_order_id(order_id) or Recalled(used=used)

    def by_order_id(self, order_id: OrderID) -> Recalled | None:
        if order_id in self.refused:
            refused = self.refused[order_id]
            return Recalled(refused=refused, cl_ord_ids=(refused.cl_ord_id,))
        return self._recalled(order_id) if order_id in self.orders else None

    def note(self, session: SessionName, cl_ord_id: ClOrdID) -> None:
        """A filter in front of a database would be told; there is none."""

    def _recalled(self, order_id: OrderID) -> Recalled:
        order = order_from(json_of(self.orders[order_id]).decode(), refused=False)
        assert isinstance(order, Order)
        return Recalled(
            order=order,
            executions=trades(self.executions.get(order_id, ())),
            cl_ord_ids=tuple(sorted(self.names_of.get(order_id, ()))),
        )


class DiskJournal:
    """The Journal port of one process."""

    def __init__(self, disk: Disk, world: World, loop: Loop) -> None:
        self._disk = disk
        self._world = world
        self._loop = loop
        self._waiting: list[tuple[Batch, asyncio.Future[None]]] = []
        self._free_ns = 0
        self._failed: JournalFailed | None = None
        self.last_seq = disk.last_seq
        self.commits = 0

    def commit(self, batch: Batch) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = self._loop.create_future()
        if self._failed is not None:
            future.set_exception(self._failed)
            return future
        self._waiting.append((batch, future))
        world, faults = self._world, self._disk.faults
        took_s = world.random.uniform(0.0002, 0.003) + world.random.random() * faults.slow_s
        self._free_ns = max(self._free_ns, world.now_ns) + int(took_s * 1e9)
        world.at(self._free_ns, self._done)
        return future

    def crash(self) -> None:
        """What was on its way is durable up to some point, and nobody heard of it."""
        for batch, _ in self._waiting[: self._world.random.randint(0, len(self._waiting))]:
            self._disk.write(batch)
        self._waiting.clear()

    def _done(self) -> None:
        if self._loop.dead or not self._waiting:
            return
        if self._world.chance(self._disk.faults.fails):
            self._fail()
            return
        batch, future = self._waiting.pop(0)
        self._disk.write(batch)
        self.last_seq = self._disk.last_seq
        self.commits += 1
        future.set_result(None)

    def _fail(self) -> None:
        """As a full disk, or a database that went away before it answered."""
        self._failed = JournalFailed("simulated")
        batch, _ = self._waiting[0]
        if self._world.chance(0.3):
            self._disk.write(batch)
        for _, future in self._waiting:
            future.set_exception(self._failed)
        self._waiting.clear()
