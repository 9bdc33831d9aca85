"""What was done with the archive, by whom and why, and what is on legal hold.

Here: Actions, a file of one JSON line for each action, each line with the hash of the one before
it, so that a line that was changed or taken away shows.
Not here: archiving and dropping themselves (closing).
"""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from fixgate.adapters.store.archive.files import ArchiveUnusable

FILE: Final = "actions.jsonl"
_FIRST: Final = "0" * 64
_ADD: Final = "hold added"
_REMOVE: Final = "hold removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Days that must not be dropped, both included."""

    number: int
    first_day: str
    last_day: str
    reason: str
    by: str
    at_ns: int

    def covers(self, day: str) -> bool:
        """Whether a day is held."""
        return self.first_day <= day <= self.last_day


class Actions:
    """The file, read when it is made. It is only ever appended to."""

    def __init__(self, folder: Path) -> None:
        """Read it, if it is there.

        Raises:
            ArchiveUnusable: it cannot be read, or is not as it was written.
        """
        self._path = folder / FILE
        self.lines: list[dict[str, Any]] = []
        self._tip = _FIRST
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as problem:
            raise ArchiveUnusable(f"{self._path}: cannot be read: {problem}") from problem
        for number, line in enumerate(text.splitlines(), 1):
            self._read(number, line)

    def _read(self, number: int, line: str) -> None:
        try:
            said = json.loads(line)
            made = said.pop("hash")
            fits = said["prev_hash"] == self._tip and made == _hash(said)
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise ArchiveUnusable(
                f"{self._path}: line {number} is not as it was written: {problem}"
            ) from problem
        if not fits:
            raise ArchiveUnusable(
                f"{self._path}: line {number} was altered, or follows one that was removed"
            )
        self._tip = made
        self.lines.append(said)

    def note(self, action: str, *, by: str, reason: str, at_ns: int, **details: Any) -> None:
        """Append a line, durably.

        Raises:
            ArchiveUnusable: it cannot be written.
        """
        said = {"at_ns": at_ns, "action": action, "by": by, "reason": reason, **details}
        said["prev_hash"] = self._tip
        made = _hash(said)
        line = json.dumps({**said, "hash": made}) + "\n"
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise ArchiveUnusable(f"{self._path}: cannot be written: {problem.strerror}") from None
        self._tip = made
        self.lines.append(said)

    def holds(self) -> list[Hold]:
        """The holds in force, oldest first."""
        found: dict[int, Hold] = {}
        for said in self.lines:
            if said["action"] == _ADD:
                found[said["hold"]] = Hold(
                    number=said["hold"],
                    first_day=said["first_day"],
                    last_day=said["last_day"],
                    reason=said["reason"],
                    by=said["by"],
                    at_ns=said["at_ns"],
                )
            elif said["action"] == _REMOVE:
                found.pop(said["hold"], None)
        return list(found.values())

    def hold(self, first_day: str, last_day: str, *, by: str, reason: str, at_ns: int) -> int:
        """Hold days from now on; the hold's number."""
        number = 1 + sum(1 for each in self.lines if each["action"] == _ADD)
        self.note(
            _ADD,
            by=by,
            reason=reason,
            at_ns=at_ns,
            hold=number,
            first_day=first_day,
            last_day=last_day,
        )
        return number

    def release(self, number: int, *, by: str, reason: str, at_ns: int) -> None:
        """End a hold.

        Raises:
            KeyError: there is no such hold.
        """
        if number not in {each.number for each in self.holds()}:
            raise KeyError(number)
        self.note(_REMOVE, by=by, reason=reason, at_ns=at_ns, hold=number)


def _hash(said: dict[str, Any]) -> str:
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
