"""A disk that is slow when told to: loaded by Python itself into the gateway under test.

Here: each commit of SQLite waits for as many seconds as the file named in the environment says.
Not here: anything that the gateway knows of.
"""

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

_TOLD = os.environ.get("CHAOS_COMMIT_S_FILE")


def _wait() -> None:
    with suppress(OSError, ValueError):
        time.sleep(float(Path(_TOLD or "").read_text(encoding="ascii")))


class _Slow(sqlite3.Connection):
    def execute(self, sql, *parameters):
        if sql == "COMMIT":
            _wait()
        return super().execute(sql, *parameters)

    def commit(self):
        _wait()
        super().commit()


if _TOLD is not None:
    _connect = sqlite3.connect
    sqlite3.connect = lambda *args, **more: _connect(*args, **{"factory": _Slow, **more})
