"""A process that commits orders until it is killed, and prints each record it knows durable.

Run by the contract tests: python writing_process.py FOLDER
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from fixgate.adapters.store import open_store
from unit.adapters.store.samples import FixedClock, Gateway, database


async def main(folder: Path) -> None:
    store = open_store(database(folder), FixedClock())
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


asyncio.run(main(Path(sys.argv[1])))
