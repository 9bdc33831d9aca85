"""A home folder whose journal is in PostgreSQL.

Here: postgres_home(), and Link, a way to the database that can be cut.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path

from fixgate.adapters.store.postgres.address import PostgresAddress
from integration.gateway_process import make_home
from postgres import PASSWORD


def postgres_home(
    folder: Path, address: PostgresAddress, *, lease_s: float = 3.0, more: str = ""
) -> Path:
    """The project's configuration, with the journal in a database that has been made."""
    folder.mkdir(parents=True, exist_ok=True)
    home = make_home(folder)
    secret = home / "config" / "journal.password"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    settings = home / "config" / "gateway.toml"
    text = settings.read_text().replace(
        "[journal]\n",
        f'[journal]\nurl = "{address.url}"\npassword_file = "config/journal.password"\n{more}',
    )
    lines = [line for line in text.splitlines() if not line.startswith("lease_s")]
    at = lines.index("[journal]") + 1
    settings.write_text("\n".join([*lines[:at], f"lease_s = {lease_s}", *lines[at:]]) + "\n")
    return home


class Link:
    """Passes bytes to a server; it can be cut, or swallow all that is sent."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._flows = threading.Event()
        self._flows.set()
        self._up = True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        self._up = False
        for pair in self._pairs:
            for each in pair:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def mend(self) -> None:
        """Let connections through again."""
        self._up = True
        self._flows.set()

    def hang(self) -> None:
        """Keep the connections, and pass nothing."""
        self._flows.clear()

    def close(self) -> None:
        """The last call."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._up:
                    near.close()
                    continue
                try:
                    far = socket.create_connection(("127.0.0.1", self._to_port))
                except OSError:
                    near.close()  # the server is away; the way to it is not
                    continue
                self._pairs.append((near, far))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                self._flows.wait()
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        one.close()  # the other way round closes the other
