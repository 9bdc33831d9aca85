"""The three-way reconciliation: what clients saw, what the journal says, what the venue did.

Here: Evidence, and differences(), one line for each thing on which the three do not agree.
Not here: where the evidence comes from (judge, and tests/chaos for real processes).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fixgate.domain.ids import OrderID, SessionName, VenueClOrdID, order_of
from fixgate.domain.order import Order
from scenarios.invariants import Wire
from simulation.client import Client, essence

_FILLS = frozenset("12F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What each of the three says, once everything is at rest."""

    clients: Sequence[Client]
    reports: Mapping[SessionName, Mapping[int, str]]  # by the journal, by number
    names: Mapping[SessionName, frozenset[str]]  # ClOrdIDs of orders in the journal
    orders: Mapping[OrderID, Order]
    traded: Mapping[VenueClOrdID, Decimal]  # by the venue, for every order that reached it
    reached_twice: Sequence[VenueClOrdID] = ()
    # MsgSeqNums that were refused after the journal had failed (380=4).
    refused: Mapping[SessionName, frozenset[int]] = field(default_factory=dict)
    # Orders at a venue that keeps no record of its own: there the journal is believed.
    unwitnessed: frozenset[OrderID] = frozenset()


def differences(evidence: Evidence) -> Iterator[str]:
    """Everything on which they do not agree."""
    for name in evidence.reached_twice:
        yield f"{name} reached the venue twice"
    for client in evidence.clients:
        yield from _journaled(evidence, client)
        yield from _once(client, evidence.refused.get(client.name, frozenset()))
        yield from _reports(client, evidence.reports.get(client.name, {}))
    yield from _exec_ids(evidence.clients)
    yield from _fills(evidence)


def _journaled(evidence: Evidence, client: Client) -> Iterator[str]:
    """Every order is in the journal, unless it was refused."""
    known = evidence.names.get(client.name, frozenset())
    refused = evidence.refused.get(client.name, frozenset())
    for number, kind, name in client.requests():
        if kind == "D" and name not in known and number not in refused:
            yield f"{client.name}: order {name}, message {number}, is not in the journal"


def _once(client: Client, refused: frozenset[int]) -> Iterator[str]:
    """Every message has one answer, whatever was resent."""
    asked = Counter((kind, name) for _, kind, name in client.requests())
    unserved = Counter((k, name) for number, k, name in client.requests() if number in refused)
    answers: Counter[tuple[str, str]] = Counter()
    for told in client.told:
        fields = told.fields
        match fields[35]:
            case "9":
                answers["FG"[int(fields[434]) - 1], fields[11]] += 1
            case "8" if fields[150] in "08" and 41 not in fields and fields.get(20) != "3":
                answers["D", fields[11]] += 1
            case "j":
                unserved[fields[372], fields[379]] += 1
            case "8" if fields[150] in "45" and 41 in fields:
                answers["F" if fields[150] == "4" else "G", fields[11]] += 1
            case _:
                pass
    for each, times in asked.items():
        # Refused (380=4), whether or not that came through. A commit may also fail and yet be
        # durable: then the refusal is followed by the answer.
        if not times - unserved[each] <= answers[each] <= times:
            name = " ".join(each)
            yield f"{client.name}: {name} was sent {times} times, answered {answers[each]} times"


def _reports(client: Client, promised: Mapping[int, str]) -> Iterator[str]:
    """Every report arrived under its number, as it was promised; each says what it may say."""
    wire = Wire(client.version.value, reopens=False)
    for number, text in sorted(promised.items()):
        if number not in client.reports:
            yield f"{client.name}: report {number} never arrived: {text!r}"
        elif essence(client.reports[number]) != essence(text):
            yield f"{client.name}: report {number} arrived as {client.reports[number]!r}"
        wire._last_seq = number - 1  # the session layer uses numbers too
        try:
            wire.see(text)
        except AssertionError as error:
            yield f"{client.name}: report {number}: {error}"
    for number, text in client.reports.items():
        if number not in promised and "\x0135=j\x01" not in text:
            yield f"{client.name}: message {number} is not in the journal: {text!r}"


def _exec_ids(clients: Sequence[Client]) -> Iterator[str]:
    seen = Counter(
        told.fields[17]
        for client in clients
        for told in client.told
        if told.fields[35] == "8" and told.fields[17] != "0"
    )
    for exec_id, count in seen.items():
        if count > 1:
            yield f"ExecID {exec_id} came under {count} numbers"


def _fills(evidence: Evidence) -> Iterator[str]:
    """For each order: the venue, the journal and the client have the same quantity."""
    traded: dict[OrderID, Decimal] = defaultdict(Decimal)
    for venue_cl_ord_id, qty in evidence.traded.items():
        named = order_of(venue_cl_ord_id)
        if named is None or named[0] not in evidence.orders:
            yield f"{venue_cl_ord_id} is at the venue and not in the journal"
        else:
            traded[named[0]] += qty
    told: dict[str, Decimal] = defaultdict(Decimal)
    cum: dict[str, Decimal] = defaultdict(Decimal)
    for client in evidence.clients:
        for report in client.told:
            fields = report.fields
            if fields[35] != "8" or fields.get(20) == "3":
                continue
            if fields[150] in _FILLS:
                told[fields[37]] += Decimal(fields[32])
            cum[fields[37]] = Decimal(fields[14])
    for order_id, order in evidence.orders.items():
        counts = {
            "the journal": order.cum_qty,
            "the client's fills": told[order_id],
            "the client's CumQty": cum[order_id],
        }
        if order_id not in evidence.unwitnessed:
            counts["the venue"] = traded[order_id]
        if len(set(counts.values())) > 1:
            yield f"{order_id} traded {', '.join(f'{v} by {k}' for k, v in counts.items())}"
