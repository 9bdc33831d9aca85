"""The asking end of the control socket, for commands and scripts.

Here: ask(), which blocks until the answer is there, and NotRunning.
Not here: what can be asked for.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from fixgate.adapters.control.address import connect
from fixgate.adapters.control.words import (
    ANSWER_BYTES_MAX,
    SOCKET_NAME,
    Json,
    Misused,
    Refused,
    request_line,
)

_CONNECT_S: Final = 5.0
ANSWER_S: Final = 120.0


class NotRunning(Exception):  # noqa: N818 - it names a fact
    """No gateway listens in the data directory."""


def ask(
    data_dir: Path,
    verb: str,
    args: Json | None = None,
    *,
    reason: str = "",
    acting_as: str | None = None,
    dry_run: bool = False,
    timeout_s: float = ANSWER_S,
) -> Json:
    """The running gateway's answer.

    Args:
        data_dir: the gateway's data directory.
        verb: what is asked for.
        args: its arguments.
        reason: why, for the record; verbs that change something need one.
        acting_as: the person, where the account is shared.
        dry_run: only say what would be done.
        timeout_s: how long to wait for the answer.

    Raises:
        NotRunning: nobody listens; a stopped gateway is worked on through its store.
        Refused: it cannot be done; Misused: it was not asked for properly.
        OSError: the connection broke, or no answer came in time.
    """
    path = data_dir / SOCKET_NAME
    try:
        connection = connect(path, timeout_s=_CONNECT_S)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        raise NotRunning(f"no gateway is running with {data_dir}") from None
    with connection:
        connection.settimeout(timeout_s)
        request = request_line(
            verb, args or {}, reason=reason, acting_as=acting_as, dry_run=dry_run
        )
        with suppress(BrokenPipeError):  # it has been answered already, with a refusal
            connection.sendall(request)
        line = bytearray()
        while not line.endswith(b"\n"):
            piece = connection.recv(65_536)
            if not piece:
                raise OSError("the gateway closed the connection without an answer")
            line += piece
            if len(line) > ANSWER_BYTES_MAX:
                raise OSError("the gateway's answer is too long")
    return _read(bytes(line))


def _read(line: bytes) -> Json:
    try:
        answer: Any = msgspec.json.decode(line)
    except msgspec.MsgspecError as error:
        raise OSError(f"the gateway's answer is no answer: {error}") from error
    if answer.get("ok"):
        result: Json = answer["result"]
        return result
    raise (Misused if answer.get("usage") else Refused)(str(answer.get("error")))
