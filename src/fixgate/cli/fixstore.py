"""What a FIX client must not forget between two runs: sequence numbers and messages.

Here: ClientStore, in memory or in a file with one JSON object per line, only ever appended to.
Not here: what the numbers mean (fixsession).

The file is flushed to the operating system, not synced: after a power failure the numbers may be
old, the gateway says so at the next Logon, and a Logon with ResetSeqNumFlag puts it right.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any, Final

from fixgate.cli.fixtext import Message, parse

_COMPACT_BYTES: Final = 8 << 20
_KEPT: Final = 5_000  # messages kept when a long file is written anew; older ones are gap-filled


class StoreProblem(Exception):  # noqa: N818 - it names a fact, as the message does
    """The file cannot be used; the message is one line a person can act on."""


class ClientStore:
    """Numbers and application messages of one session."""

    def __init__(self) -> None:
        """Begin empty, and keep everything in memory only."""
        self.next_out = 1  # MsgSeqNum (34) of the next message we send
        self.next_in = 1  # of the next message we expect
        self.history: list[tuple[bool, Message]] = []  # (whether we sent it, message)
        self._sent: dict[int, Message] = {}
        self._file: IO[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @classmethod
    def open(cls, path: Path) -> "ClientStore":
        """The store in a file, which is made if it is not there. Others are kept out of it.

        Raises:
            StoreProblem: another process has it, or it cannot be read or written.
        """
        store = cls()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            store._lock = _locked(path.with_suffix(".lock"))
            store._file = store._read(path)
        except OSError as problem:
            store.close()
            raise StoreProblem(f"{path}: {problem.strerror}") from None
        except StoreProblem:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let others have the file."""
        for file in (self._file, self._lock):
            if file is not None:
                file.close()
        self._file = self._lock = None

    def sent(self, msg_seq_num: int) -> Message | None:
        """The application message that was sent under a number; None for any other."""
        return self._sent.get(msg_seq_num)

    def save_out(self, message: Message, *, application: bool) -> None:
        """A message is about to be sent under ``next_out``."""
        self._do({"out": self.next_out, "text": message.text if application else None}, message)

    def save_in(self, next_in: int, message: Message | None = None) -> None:
        """Messages before ``next_in`` are dealt with; ``message`` is the last if application."""
        self._do({"in": next_in, "text": None if message is None else message.text}, message)

    def reset(self) -> None:
        """Both directions begin again at 1. What was sent before is not sent again."""
        self._do({"reset": True})

    def _do(self, line: dict[str, Any], message: Message | None = None) -> None:
        self._apply(line, message)
        if self._file is not None:
            self._file.write(_encoded(line))
            self._file.flush()

    def _apply(self, line: dict[str, Any], message: Message | None = None) -> None:
        if line.get("reset"):
            self.next_out = self.next_in = 1
            self._sent.clear()
            return
        text = line["text"]
        if message is None and text is not None:
            message = parse(text)
        if text is not None and message is not None:
            self.history.append(("in" not in line, message))
        if "in" in line:
            self.next_in = int(line["in"])
        elif line["out"] is not None:  # None: sent before a reset, kept for the record
            self.next_out = int(line["out"]) + 1
            if text is not None and message is not None:
                self._sent[int(line["out"])] = message

    def _read(self, path: Path) -> IO[bytes]:
        file = path.open("a+b")
        file.seek(0)
        at = 0
        for line in file.readlines():
            try:
                self._apply(json.loads(line))
            except (ValueError, KeyError, TypeError):
                if line.endswith(b"\n"):
                    file.close()
                    raise StoreProblem(
                        f"{path}: damaged at byte {at}; move it away and give --reset-sequence"
                    ) from None
                file.truncate(at)  # the last line was being written when the process ended
                return file
            if not line.endswith(b"\n"):
                file.write(b"\n")
            at += len(line)
        return self._compacted(path, file) if at > _COMPACT_BYTES else file

    def _compacted(self, path: Path, file: IO[bytes]) -> IO[bytes]:
        """The file written anew with its latest messages."""
        self.history = self.history[-_KEPT:]
        number_of = {id(message): number for number, message in self._sent.items()}
        self._sent = {n: m for m in (m for _, m in self.history) if (n := number_of.get(id(m)))}
        lines: list[dict[str, Any]] = [
            {"out": number_of.get(id(message)), "text": message.text}
            if ours
            else {"in": self.next_in, "text": message.text}
            for ours, message in self.history
        ]
        lines += [{"out": self.next_out - 1, "text": None}, {"in": self.next_in, "text": None}]
        file.close()
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as new:
            new.write(b"".join(map(_encoded, lines)))
            new.flush()
            os.fsync(new.fileno())
        fresh.replace(path)
        return path.open("a+b")


def _encoded(line: dict[str, Any]) -> bytes:
    return json.dumps(line).encode() + b"\n"


def _locked(path: Path) -> IO[bytes]:
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise StoreProblem(f"{path}: another `fixgate order` is using this session") from None
    return file
