"""One seed from its beginning to its verdict.

Here: judged(), for the test suite and the command alike; what a run that failed leaves to look at.
Not here: which seeds.
"""

from pathlib import Path

from chaos.schedule import store_of
from chaos.verdict import verdict
from chaos.world import Run, Unexpected
from contract.binance_world import HOSTS
from contract.local_tls import make_local_tls
from fixgate.bootstrap.loading import load
from fixgate.bootstrap.stores import open_to_read


async def judged(
    seed: int, folder: Path, seconds: float, kinds: tuple[str, ...] = ()
) -> tuple[str, list[str]]:
    """What happened, in a few words, and what was wrong with it."""
    home = folder / "home"
    home.mkdir()
    run = Run(seed, home, make_local_tls(folder, HOSTS), seconds, kinds)
    try:
        await run.live()
        wrong = list(verdict(run))
        if wrong:
            _leave(run, folder)
        return _told(run), wrong
    except (Unexpected, AssertionError) as error:
        return "ended early", [f"{type(error).__name__}: {error}", *run.time.bugs]
    finally:
        run.close()


def _leave(run: Run, folder: Path) -> None:
    """The gateway's last words and its journal; a database is gone when this process ends."""
    (folder / "stderr.txt").write_text("\n".join(run.gateway.errors))
    reader = open_to_read(load(run.gateway.home, {}))
    with (folder / "journal.txt").open("w") as file:
        for each in reader.records():
            file.write(f"{each.seq} {each.at_ns} {each.session} {each.cause} {each.payload}\n")
    reader.close()


def _told(run: Run) -> str:
    (account,) = run.double.exchange.accounts.values()
    requests = sum(1 for client in run.clients for _ in client.requests())
    reports = sum(len(client.reports) for client in run.clients)
    told = f"{store_of(run.seed)}, {len(run.faults)} faults"
    told = f"{told}, {requests} orders and requests, {reports} reports"
    return f"{told}, {len(account.trades)} trades at the venue"
