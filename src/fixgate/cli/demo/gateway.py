"""A gateway in a process of its own, on a free port, with files of its own.

Here: GatewayProcess and make_home(). Not here: clients.
"""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

_LISTENS: Final = re.compile(r"FIX acceptor\s+\[?([^\s\]]+)\]?:(\d+)")
_LINES_KEPT: Final = 20
_STOP_S: Final = 30.0

_GATEWAY: Final = """\
[fix]
dictionaries = "{dictionaries}"
"""
_VENUES: Final = """\
[[venue]]
kind = "simulated"
name = "SIM"
seed = {seed}
"""
_SESSION: Final = """\
name = "{name}"
version = "{version}"
target_comp_id = "{name}"
default_venue = "SIM"
accounts = ["DEMO"]
default_account = "DEMO"
"""


class GatewayFailed(Exception):  # noqa: N818 - it names a fact, as the message does
    """The gateway did not start, or not stop as it should."""


def make_home(
    folder: Path, *, dictionaries: Path, seed: int, sessions: Sequence[tuple[str, str]]
) -> None:
    """Write a configuration with SIM and ``sessions`` (name and version) into ``folder``."""
    for name in ("config", "sessions"):
        (folder / name).mkdir()
    gateway = _GATEWAY.format(dictionaries=dictionaries.resolve())
    (folder / "config" / "gateway.toml").write_text(gateway, encoding="utf-8")
    (folder / "config" / "venues.toml").write_text(_VENUES.format(seed=seed), encoding="utf-8")
    for session, version in sessions:
        text = _SESSION.format(name=session, version=version)
        (folder / "sessions" / f"{session}.toml").write_text(text, encoding="utf-8")


class GatewayProcess:
    """`fixgate run` in a process of its own."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._reading: list[asyncio.Task[None]] = []
        self._last_lines: list[str] = []
        self._address: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()

    @classmethod
    async def start(cls, home: Path, *, timeout_s: float = 60.0) -> Self:
        """Start it on a free port and wait until it listens.

        Raises:
            GatewayFailed: it ended, or did not listen in time; the message has its last lines.
        """
        ours = {name: value for name, value in os.environ.items() if not name.startswith("FIXGATE")}
        gateway = cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "fixgate.cli", "run", "--home", str(home)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                env={**ours, "FIXGATE_FIX__PORT": "0", "FIXGATE_DATA_DIR": str(home / "var")},
            )
        )
        gateway._read()
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(gateway._address)
        except (TimeoutError, GatewayFailed):
            await gateway.kill()
            raise GatewayFailed(f"the gateway did not start: {gateway.last_words}") from None
        return gateway

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._address.result()

    @property
    def last_words(self) -> str:
        """The last lines it printed."""
        return " / ".join(self._last_lines) or "it said nothing"

    async def stop(self) -> int:
        """Send SIGTERM and wait; its exit status.

        Raises:
            GatewayFailed: it did not stop in time, and was killed.
        """
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_S):
                return await self._process.wait()
        except TimeoutError:
            raise GatewayFailed(f"the gateway did not stop: {self.last_words}") from None
        finally:
            await self.kill()

    async def kill(self) -> None:
        """Make sure that it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await asyncio.gather(*self._reading, return_exceptions=True)

    def _read(self) -> None:
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                self._reading.append(asyncio.create_task(self._lines(stream)))

    async def _lines(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            text = line.decode(errors="replace").rstrip()
            self._last_lines = [*self._last_lines, text][-_LINES_KEPT:]
            found = _LISTENS.search(text)
            if found is not None and not self._address.done():
                self._address.set_result((found[1], int(found[2])))
        if not self._address.done():
            self._address.set_exception(GatewayFailed("it ended"))
