"""When and where the sequence numbers of a session last began at 1, from one process to the next.

Here: Beginning and its file. Not here: which numbers come next (numbers).
"""

import json
from contextlib import suppress
from pathlib import Path


class Beginning:
    """Of one session.

    at_ns: when the numbers began; place: the journal's last record at that time, 0: not known.
    """

    def __init__(self, path: Path, *, otherwise_ns: int) -> None:
        """Read what an earlier process left; without it, they began at ``otherwise_ns``."""
        self._path = path
        self.at_ns, self.place = _read(path) or (otherwise_ns, 0)

    def begin(self, at_ns: int, place: int) -> None:
        """They begin now."""
        self.at_ns, self.place = at_ns, place

    def keep(self) -> None:
        """Write it down. Where that fails, a boundary may be kept twice, and never missed."""
        beside = self._path.with_suffix(".new")
        with suppress(OSError):
            beside.write_text(json.dumps({"at_ns": self.at_ns, "place": self.place}))
            beside.replace(self._path)


def _read(path: Path) -> tuple[int, int] | None:
    try:
        found = json.loads(path.read_bytes())
        return int(found["at_ns"]), int(found["place"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
