import sqlite3
from pathlib import Path

import pytest

from fixgate.adapters.store import checkpoint, open_store
from fixgate.adapters.store.checkpoint import Checkpointer

from .samples import FixedClock, Gateway, database


async def test_a_copy_that_fails_fails_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "LONG_BYTES", 1)
    store = open_store(database(tmp_path), FixedClock())
    journal, gateway = store.journal(), Gateway()
    gone = sqlite3.connect(":memory:")
    gone.close()
    journal._durable._checkpointer._connection = gone
    for _ in range(20):
        await journal.commit(gateway.batch())
    assert journal.last_seq == 200
    await store.close()


async def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    store = open_store(database(tmp_path), FixedClock())
    connection = sqlite3.connect(database(tmp_path))
    copier = Checkpointer(database(tmp_path), connection)
    assert not copier.grown(1_000)
    assert not copier._wanted.is_set()
    copier.close()
    connection.close()
    await store.close()
