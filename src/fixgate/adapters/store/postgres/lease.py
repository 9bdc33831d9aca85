"""One gateway for one database: a lease with a number that fences off who had it before.

Here: the one row of ``gateway_lease``; taking it, giving it up, and what it says of its holder.
The row is changed by every commit, in the same transaction (commit): who has lost the lease can
write nothing, however late it wakes up.
Not here: commits; waiting for a lease (bootstrap).
"""

import os
import socket
from pathlib import Path
from typing import Final

from fixgate.adapters.store.errors import StoreInUse
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.connecting import Connection
from fixgate.domain.frozen import value

_READ: Final = (
    "SELECT fence, commits, holder, identity,"
    " extract(epoch FROM until - clock_timestamp())::float8 FROM gateway_lease"
)
_TAKE: Final = (
    "UPDATE gateway_lease SET fence = fence + 1, holder = %s, identity = %s,"
    " until = clock_timestamp() + make_interval(secs => %s)"
    " WHERE fence = %s AND (until <= clock_timestamp() OR %s) RETURNING fence, commits"
)
_GIVE_UP: Final = "UPDATE gateway_lease SET until = clock_timestamp() WHERE fence = %s"


@value
class Lease:
    """The lease as its row says."""

    fence: int
    commits: int  # how many there were: tells whether one whose answer was lost has happened
    holder: str
    identity: str
    left_s: float


def read(connection: Connection) -> Lease:
    """The lease, whoever has it.

    Raises:
        psycopg.Error: it cannot be read.
    """
    row = connection.execute(_READ).fetchone()
    if row is None:
        raise LookupError("the table gateway_lease is empty")
    fence, commits, holder, identity, left_s = row
    return Lease(
        fence=int(str(fence)),
        commits=int(str(commits)),
        holder=str(holder),
        identity=str(identity),
        left_s=float(str(left_s)),
    )


def take(connection: Connection, address: PostgresAddress, *, lease_s: float) -> Lease:
    """Become the holder, if nobody is.

    Raises:
        StoreInUse: somebody else is.
        psycopg.Error: the database cannot be asked.
    """
    found = read(connection)
    # Its process is gone from this very machine: nobody is left to be waited for.
    gone = found.left_s > 0 and _is_gone(found.identity)
    if found.left_s > 0 and not gone:
        raise _in_use(address, found)
    me = f"process {os.getpid()} on {socket.gethostname()}"
    row = connection.execute(_TAKE, (me, _identity(os.getpid()), lease_s, found.fence, gone))
    taken = row.fetchone()
    if taken is None:
        raise _in_use(address, read(connection))
    return Lease(
        fence=int(str(taken[0])),
        commits=int(str(taken[1])),
        holder=me,
        identity="",
        left_s=lease_s,
    )


def give_up(connection: Connection, fence: int) -> None:
    """Let the next one have it at once.

    Raises:
        psycopg.Error: the database cannot be asked.
    """
    connection.execute(_GIVE_UP, (fence,))


def _in_use(address: PostgresAddress, found: Lease) -> StoreInUse:
    left = f"its lease ends in {max(found.left_s, 0.0):.1f} s unless it is renewed"
    return StoreInUse(str(address), f"is in use by {found.holder}; {left}")


def _identity(pid: int) -> str:
    """What no other process has, on any machine, in any container, before or after a boot."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = Path("/proc/self/ns/pid").readlink()
        # The time at which the process began is the 20th field after its name.
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return f"{boot} {space} {pid} {stat.rpartition(')')[2].split()[19]}"


def _is_gone(identity: str) -> bool:
    """Whether a process is known to be gone; False where that cannot be told from here."""
    mine = _identity(os.getpid())
    parts = identity.split()
    if not mine or len(parts) != len(mine.split()) or parts[:2] != mine.split()[:2]:
        return False
    return _identity(int(parts[2])) != identity
