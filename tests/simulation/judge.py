"""What must be true of a simulated run once everything is at rest.

Here: differences(): the three-way reconciliation, and that the journal gives the live state.
Not here: the reconciliation itself (evidence).
"""

from collections import defaultdict
from collections.abc import Iterator

from fakes.core import contents
from fixgate.application.replay import Replay
from fixgate.domain.ids import Ids, SessionName
from fixgate.domain.state import State
from simulation import evidence
from simulation.disk import EPOCH
from simulation.plan import Simulation
from simulation.process import TERMINAL_MAX, a_codec


def differences(run: Simulation) -> Iterator[str]:
    """Everything that is wrong."""
    if run.restless():
        yield f"it does not come to rest: {run.restless()}"
    yield from evidence.differences(_evidence(run))
    yield from _replay(run)


def _evidence(run: Simulation) -> evidence.Evidence:
    disk = run.disk
    names: dict[SessionName, set[str]] = defaultdict(set)
    for session, name in disk.names:
        names[session].add(name)
    refused: dict[SessionName, set[int]] = defaultdict(set)
    for session, number in disk.said_no:
        refused[session].add(number)
    return evidence.Evidence(
        clients=run.clients,
        reports=disk.sent,
        names={session: frozenset(each) for session, each in names.items()},
        orders=disk.orders,
        traded={name: booked.cum_qty for name, booked in run.exchange.orders.items()},
        reached_twice=run.exchange.twice,
        refused={session: frozenset(each) for session, each in refused.items()},
    )


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
