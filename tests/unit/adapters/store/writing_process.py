"""A process that commits orders until it is killed, and prints each record it knows durable.

Run by the contract tests: python writing_process.py FOLDER [URL PASSWORD]
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from fixgate.adapters.store import Store, open_store
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.opening import open_postgres
from unit.adapters.store.samples import FixedClock, Gateway, database


def opened(folder: Path, database_in: list[str]) -> Store:
    if database_in:
        return open_postgres(PostgresAddress(*database_in), folder / "var")
    return open_store(database(folder), FixedClock())


async def main(store: Store) -> None:
    journal = store.journal()
    gateway = Gateway(last_seq=journal.last_seq)
    gateway.orders = journal.last_seq
    in_flight: list[tuple[int, asyncio.Future[None]]] = []
    while True:
        batch = gateway.batch(3)
        in_flight.append((batch.records[-1].seq, journal.commit(batch)))
        if len(in_flight) == 4:
            seq, future = in_flight.pop(0)
            await future
            sys.stdout.write(f"{seq}\n")
            sys.stdout.flush()


asyncio.run(main(opened(Path(sys.argv[1]), sys.argv[2:])))
