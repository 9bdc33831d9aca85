"""The ways of sending a run's orders, and what is measured.

Here: a window of orders in flight, one order at a time, and a fixed rate.
Not here: sockets and messages (load_session), and the command line (load_client).
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from benchmarks import procstat
from benchmarks.load_session import (
    TIMEOUT_S,
    LoadFailed,
    LoadSession,
    cl_ord_ids_of_new_reports,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How things stood when so many orders were answered."""

    orders: int
    elapsed_s: float
    server: procstat.Usage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run. Times in seconds or, for one order, in microseconds."""

    orders: int
    elapsed_s: float
    orders_per_s: float
    client_cpu_us_per_order: float
    server_cpu_us_per_order: float | None
    server_rss_mb: float | None
    p50_us: float | None = None
    p99_us: float | None = None
    max_us: float | None = None
    checkpoints: list[Checkpoint] = field(default_factory=list)


class Meter:
    """The clock of a run and the processor time both ends used meanwhile."""

    def __init__(self, server_pid: int | None) -> None:
        self._server_pid = server_pid
        self._server_before = self.server()
        self._client_before_ns = time.process_time_ns()
        self.started_s = time.perf_counter()

    def server(self) -> procstat.Usage | None:
        """What the server has used so far, if it is known which process it is."""
        return procstat.usage(self._server_pid) if self._server_pid else None

    def checkpoint(self, orders: int) -> Checkpoint:
        """How things stand now."""
        elapsed_s = time.perf_counter() - self.started_s
        return Checkpoint(orders=orders, elapsed_s=elapsed_s, server=self.server())

    def result(
        self,
        orders: int,
        *,
        round_trips_us: Sequence[float] = (),
        checkpoints: Sequence[Checkpoint] = (),
    ) -> Result:
        """The run that ended just now."""
        elapsed_s = time.perf_counter() - self.started_s
        client_us = (time.process_time_ns() - self._client_before_ns) / 1_000 / orders
        server, before = self.server(), self._server_before
        server_us = (server.cpu_s - before.cpu_s) * 1e6 / orders if server and before else None
        sample = sorted(round_trips_us)
        return Result(
            orders=orders,
            elapsed_s=elapsed_s,
            orders_per_s=orders / elapsed_s,
            client_cpu_us_per_order=client_us,
            server_cpu_us_per_order=server_us,
            server_rss_mb=server.rss_mb if server else None,
            p50_us=percentile(sample, 50) if sample else None,
            p99_us=percentile(sample, 99) if sample else None,
            max_us=sample[-1] if sample else None,
            checkpoints=list(checkpoints),
        )


def percentile(sorted_sample: Sequence[float], per_cent: float) -> float:
    """The smallest value that at least so many per cent of the sample do not exceed."""
    return sorted_sample[max(0, ceil(len(sorted_sample) * per_cent / 100) - 1)]


def warm_up(sessions: Sequence[LoadSession], orders: int) -> None:
    """Send the first orders of every session and wait for their New reports, unmeasured."""
    for session in sessions:
        session.send_until(orders)
        while session.new < session.sent:
            session.receive()


def throughput(
    sessions: Sequence[LoadSession],
    *,
    window: int,
    until_filled: bool,
    checkpoint_every: int,
    server_pid: int | None,
) -> Result:
    """Keep `window` orders of every session unanswered until all are answered.

    An order is answered by its New report and, with `until_filled`, by its last fill too.
    """
    poller = select.epoll()
    by_descriptor = {session.socket.fileno(): session for session in sessions}
    for descriptor in by_descriptor:
        poller.register(descriptor, select.EPOLLIN)
    first = sum(session.answered(until_filled=until_filled) for session in sessions)
    total = sum(session.total for session in sessions)
    checkpoints: list[Checkpoint] = []
    meter = Meter(server_pid)
    for session in sessions:
        session.send_until(session.sent + window)
    done, next_checkpoint = first, first + checkpoint_every
    while done < total:
        ready = poller.poll(TIMEOUT_S)
        if not ready:
            raise LoadFailed(f"silent for {TIMEOUT_S:.0f} s after {done} answered orders")
        for descriptor, _ in ready:
            session = by_descriptor[descriptor]
            before = session.answered(until_filled=until_filled)
            session.receive()
            after = session.answered(until_filled=until_filled)
            # A quarter of the window at once: fewer and larger writes cost the client less.
            if after + window - session.sent >= window // 4:
                session.send_until(after + window)
            done += after - before
        if checkpoint_every and done >= next_checkpoint:
            checkpoints.append(meter.checkpoint(done - first))
            next_checkpoint += checkpoint_every
    return meter.result(total - first, checkpoints=checkpoints)


def one_at_a_time(session: LoadSession, *, server_pid: int | None) -> Result:
    """Send an order, wait for its New report, send the next."""
    first = session.sent
    round_trips_us = []
    meter = Meter(server_pid)
    for index in range(first, session.total):
        sent_s = time.perf_counter()
        session.send_until(index + 1)
        while session.new <= index:
            session.receive()
        round_trips_us.append((time.perf_counter() - sent_s) * 1e6)
    return meter.result(session.total - first, round_trips_us=round_trips_us)


def fixed_rate(
    sessions: Sequence[LoadSession], *, orders_per_s: float, server_pid: int | None
) -> Result:
    """Send on a schedule, whatever comes back, the sessions taking turns.

    A round trip begins when the order was due, so that a stall is charged to every order that had
    to wait for its end.
    """
    first = sessions[0].sent
    queue = [session for _ in range(first, sessions[0].total) for session in sessions]
    by_socket = {session.socket: session for session in sessions}
    due_s: dict[bytes, float] = {}
    round_trips_us: list[float] = []
    meter = Meter(server_pid)
    sent = 0
    while len(round_trips_us) < len(queue):
        while sent < len(queue) and meter.started_s + sent / orders_per_s <= time.perf_counter():
            session = queue[sent]
            due_s[session.cl_ord_id(session.sent).encode()] = meter.started_s + sent / orders_per_s
            session.send_until(session.sent + 1)
            sent += 1
        until_s = meter.started_s + sent / orders_per_s if sent < len(queue) else None
        wait_s = TIMEOUT_S if until_s is None else max(0.0, until_s - time.perf_counter())
        # select, unlike poll, waits in microseconds.
        readable, _, _ = select.select(list(by_socket), [], [], wait_s)
        if not readable and until_s is None:
            raise LoadFailed(f"silent for {TIMEOUT_S:.0f} s with {len(due_s)} orders unanswered")
        for ready in readable:
            keys = cl_ord_ids_of_new_reports(by_socket[ready].receive())
            heard_s = time.perf_counter()
            round_trips_us.extend((heard_s - due_s.pop(key)) * 1e6 for key in keys)
    return meter.result(len(queue), round_trips_us=round_trips_us)
