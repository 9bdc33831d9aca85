"""What must be true once everything is at rest: clients, journal and exchange tell one story.

Here: differences(), one line for each thing that is not so.
Not here: how it came about.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from decimal import Decimal

from fakes.core import contents
from fixgate.application.ports.fix import FixMessage, Handling
from fixgate.application.replay import Replay
from fixgate.domain.ids import Ids, OrderID, SessionName, order_of
from fixgate.domain.state import State
from scenarios.invariants import Wire
from simulation.client import Client
from simulation.disk import EPOCH
from simulation.plan import Simulation
from simulation.process import TERMINAL_MAX, a_codec

_FILLS = frozenset("12F")


def differences(run: Simulation) -> Iterator[str]:
    """Everything that is wrong."""
    if run.restless():
        yield f"it does not come to rest: {run.restless()}"
    for name in run.exchange.twice:
        yield f"{name} reached the exchange twice"
    for client in run.clients:
        yield from _answers(run, client)
        yield from _once(client, run.disk.said_no)
        yield from _reports(run, client)
        yield from _protocol(client)
    yield from _exec_ids(run)
    yield from _fills(run)
    yield from _replay(run)


def _answers(run: Simulation, client: Client) -> Iterator[str]:
    for number, logged in client.sent.items():
        if logged is None or logged[0] != "D":
            continue
        name = logged[1].split("\x0111=")[1].split("\x01")[0]
        if (client.name, name) not in run.disk.names and name not in client.refused:
            yield f"{client.name}: order {name}, message {number}, is not in the journal"


def _once(client: Client, said_no: AbstractSet[tuple[SessionName, int]]) -> Iterator[str]:
    """Every message has one answer, whatever was resent."""
    sent = [
        (number, (logged[0], logged[1].split("\x0111=")[1].split("\x01")[0]))
        for number, logged in client.sent.items()
        if logged is not None and logged[0] in "DFG"
    ]
    asked = Counter(each for _, each in sent)
    unserved = Counter(each for number, each in sent if (client.name, number) in said_no)
    answers: Counter[tuple[str, str]] = Counter()
    for told in client.told:
        fields = told.fields
        match fields[35]:
            case "9":
                answers["FG"[int(fields[434]) - 1], fields[11]] += 1
            case "8" if "41" not in told.fields and fields[150] in "08" and fields.get(20) != "3":
                answers["D", fields[11]] += fields[150] == "0" or fields.get(103) is not None
            case "8" if fields[150] in "45" and 41 in fields:
                answers["F" if fields[150] == "4" else "G", fields[11]] += 1
            case _:
                pass
    for each, times in asked.items():
        # A commit may fail and yet be durable: then the refusal is followed by the answer.
        if not times - unserved[each] <= answers[each] <= times:
            name = " ".join(each)
            yield f"{client.name}: {name} was sent {times} times, answered {answers[each]} times"


def _reports(run: Simulation, client: Client) -> Iterator[str]:
    promised = {
        each.payload.msg_seq_num: each.payload.text
        for each in run.disk.records
        if each.session == client.name
        and isinstance(each.payload, FixMessage)
        and each.payload.handling is Handling.REPORT
    }
    for number, text in promised.items():
        if number not in client.reports:
            yield f"{client.name}: report {number} never arrived: {text!r}"
        elif client.reports[number] != text:
            yield f"{client.name}: report {number} arrived as {client.reports[number]!r}"
    for number, text in client.reports.items():
        if number not in promised and "35=j\x01" not in text:
            yield f"{client.name}: message {number} is not in the journal: {text!r}"


def _protocol(client: Client) -> Iterator[str]:
    """What holds of every conversation, whatever happened."""
    wire = Wire(client.version.value, reopens=False)
    for told in client.told:
        if told.fields[35] == "j":
            continue
        wire._last_seq = told.number - 1  # the session layer uses numbers too
        try:
            wire.see(client.reports[told.number])
        except AssertionError as error:
            yield f"{client.name}: message {told.number}: {error}"


def _exec_ids(run: Simulation) -> Iterator[str]:
    seen = Counter(
        told.fields[17]
        for client in run.clients
        for told in client.told
        if told.fields[35] == "8" and told.fields[17] != "0"
    )
    for exec_id, count in seen.items():
        if count > 1:
            yield f"ExecID {exec_id} came under {count} numbers"


def _fills(run: Simulation) -> Iterator[str]:
    """For each order: the exchange, the journal and the client have the same quantity."""
    traded: dict[OrderID, Decimal] = defaultdict(Decimal)
    for venue_cl_ord_id, booked in run.exchange.orders.items():
        named = order_of(venue_cl_ord_id)
        if named is None or named[0] not in run.disk.orders:
            yield f"{venue_cl_ord_id} is at the exchange and not in the journal"
            continue
        traded[named[0]] += booked.cum_qty
    told: dict[str, Decimal] = defaultdict(Decimal)
    cum: dict[str, str] = {}
    for client in run.clients:
        for report in client.told:
            fields = report.fields
            if fields[35] != "8" or fields.get(20) == "3":
                continue
            if fields[150] in _FILLS:
                told[fields[37]] += Decimal(fields[32])
            cum[fields[37]] = fields[14]
    for order_id, order in run.disk.orders.items():
        counts = {
            "the exchange": traded[order_id],
            "the journal": order.cum_qty,
            "the client's fills": told[order_id],
            "the client's CumQty": Decimal(cum.get(order_id, "0")),
        }
        if len(set(counts.values())) > 1:
            yield f"{order_id} traded {', '.join(f'{v} by {k}' for k, v in counts.items())}"


def _replay(run: Simulation) -> Iterator[str]:
    """The journal, decided again from empty, gives the same events, messages and memory."""
    codec = a_codec({each.name: each.version for each in run.sessions})
    replay = Replay(State(Ids(EPOCH), terminal_max=TERMINAL_MAX), codec)
    for difference in replay.differences(run.disk.records):
        yield f"replay differs at record {difference.seq}: {difference}"
        return
    if run.process is None:
        yield "no process lives"
    elif contents(replay.state) != contents(run.process.state):
        live, again = contents(run.process.state), contents(replay.state)
        yield f"replay gives other memory: {[k for k in live if live[k] != again[k]]}"
