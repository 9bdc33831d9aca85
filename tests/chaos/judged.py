"""One seed from its beginning to its verdict.

Here: judged(), for the test suite and the command alike. Not here: which seeds.
"""

from pathlib import Path

from chaos.schedule import store_of
from chaos.verdict import verdict
from chaos.world import Run, Unexpected
from contract.binance_world import HOSTS
from contract.local_tls import make_local_tls


async def judged(
    seed: int, folder: Path, seconds: float, kinds: tuple[str, ...] = ()
) -> tuple[str, list[str]]:
    """What happened, in a few words, and what was wrong with it."""
    home = folder / "home"
    home.mkdir()
    run = Run(seed, home, make_local_tls(folder, HOSTS), seconds, kinds)
    try:
        await run.live()
        return _told(run), list(verdict(run))
    except (Unexpected, AssertionError) as error:
        return "ended early", [f"{type(error).__name__}: {error}", *run.time.bugs]
    finally:
        run.close()


def _told(run: Run) -> str:
    (account,) = run.double.exchange.accounts.values()
    requests = sum(1 for client in run.clients for _ in client.requests())
    reports = sum(len(client.reports) for client in run.clients)
    told = f"{store_of(run.seed)}, {len(run.faults)} faults"
    told = f"{told}, {requests} orders and requests, {reports} reports"
    return f"{told}, {len(account.trades)} trades at the venue"
