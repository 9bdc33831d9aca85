"""What clients saw, what the journal says, what the venue did: the end of every run.

Here: verdict(), one line for each thing that is wrong.
Not here: the comparison itself (simulation.evidence), the journal's own audit (journal_check).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from chaos.schedule import store_of
from chaos.world import CLIENTS, Run
from fixgate.application.ports.fix import FixMessage, Handling
from fixgate.application.ports.journal import FixIn, Record
from fixgate.bootstrap.loading import load
from fixgate.bootstrap.stores import open_to_read
from fixgate.domain.ids import OrderID, SessionName, VenueClOrdID
from fixgate.domain.order import Order
from integration.journal_check import audit
from simulation.evidence import Evidence, differences

_MOST = 1_000_000


def verdict(run: Run) -> Iterator[str]:
    """Everything that is wrong. The gateway has stopped."""
    yield from run.trouble
    yield from run.time.bugs
    try:
        journaled = audit(run.gateway.home)
    except AssertionError as error:
        yield f"the journal's audit: {error}"
        return
    refused = _refused(run, journaled.records)
    for client in run.clients:
        client.give_up(refused.get(client.name, frozenset()))
    if run.owed():
        yield f"it does not come to rest: {run.owed()}"
    reader = open_to_read(load(run.gateway.home, {}))
    stored = [each.order for each in reader.recent_orders(_MOST)]
    reader.close()
    orders = {each.order_id: each for each in stored if isinstance(each, Order)}
    names: dict[SessionName, set[str]] = defaultdict(set)
    for each in stored:
        session = each.instruction.session if isinstance(each, Order) else each.session
        names[session].add(str(each.cl_ord_id))
    for session, name in _sent_names(journaled.records):
        names[session].add(name)
    traded, twice = _at_the_venue(run)
    yield from differences(
        Evidence(
            clients=run.clients,
            reports={SessionName(name): dict(each) for name, each in journaled.reports.items()},
            names={session: frozenset(each) for session, each in names.items()},
            orders=orders,
            traded=traded,
            reached_twice=twice,
            refused=refused,
            unwitnessed=_of_sim(orders),
        )
    )


def _of_sim(orders: dict[OrderID, Order]) -> frozenset[OrderID]:
    return frozenset(each for each, order in orders.items() if order.instruction.venue == "SIM")


def _sent_names(records: list[Record]) -> Iterator[tuple[SessionName, str]]:
    """ClOrdIDs of the orders that the journal has received."""
    for each in records:
        payload = each.payload
        if isinstance(payload, FixIn) and payload.message.msg_type == "D" and each.session:
            yield each.session, payload.message.text.split("\x0111=")[1].split("\x01")[0]


def _refused(run: Run, records: list[Record]) -> dict[SessionName, frozenset[int]]:
    """The messages that a process refused when its journal had failed: not received as inputs."""
    refused: dict[SessionName, frozenset[int]] = {}
    for name in (SessionName(each) for each, *_ in CLIENTS):
        delivered, through = set(), 0
        for each in records:
            payload = each.payload
            if each.session != name:
                continue
            if isinstance(payload, FixIn):
                delivered.add(payload.message.msg_seq_num)
            elif isinstance(payload, FixMessage) and payload.handling is Handling.REFUSED:
                through = max(through, payload.msg_seq_num)
        if _may_refuse(run):
            refused[name] = frozenset(range(1, through + 1)) - delivered
    return refused


def _may_refuse(run: Run) -> bool:
    """Whether the journal was away. A database may fall silent because the machine is busy."""
    if any(each.what == "full_disk" or "postgres" in each.what for each in run.faults):
        return True
    said = any("order intake interrupted" in each for each in run.gateway.errors)
    return said and store_of(run.seed) == "postgres"


def _at_the_venue(run: Run) -> tuple[dict[VenueClOrdID, Decimal], list[VenueClOrdID]]:
    """By the double's own books: what traded, and which of our ids it was given twice."""
    (account,) = run.double.exchange.accounts.values()
    taken = account.orders(None)
    ids = Counter(VenueClOrdID(each.request.client_order_id) for each in taken)
    traded: dict[VenueClOrdID, Decimal] = {each: Decimal(0) for each in ids}
    by_number = {each.order_id: VenueClOrdID(each.request.client_order_id) for each in taken}
    for trade in account.trades:
        traded[by_number[trade.order_id]] += trade.qty
    return traded, [each for each, count in ids.items() if count > 1]
