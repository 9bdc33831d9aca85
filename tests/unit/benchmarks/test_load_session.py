"""The load client counts what it got, however the bytes were cut."""

import socket
import threading

import pytest

from benchmarks.fix_wire import Identity, OrderForm, fields, frame
from benchmarks.load_modes import one_at_a_time, percentile, throughput
from benchmarks.load_session import LoadFailed, LoadSession, Peer, cl_ord_ids_of_new_reports

CLIENT = Identity(begin_string="FIX.4.4", sender_comp_id="C", target_comp_id="G")
SERVER = Identity(begin_string="FIX.4.4", sender_comp_id="G", target_comp_id="C")
FORM = OrderForm(symbol="S", side="1", order_qty="1", ord_type="2", price="9", account="A")


def report(cl_ord_id: str, exec_type: str, ord_status: str) -> bytes:
    return frame(SERVER, "8", 2, fields((11, cl_ord_id), (150, exec_type), (39, ord_status)))


class FakeExecutor(threading.Thread):
    """Answers Logon and orders over a real socket, and keeps what it was sent."""

    def __init__(self, *, piece_bytes: int = 1 << 16, extra: bytes = b"") -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._piece_bytes = piece_bytes
        self._extra = extra
        self.received = b""
        self.start()

    def run(self) -> None:
        connection, _ = self._listener.accept()
        rest = b""
        with connection, self._listener:
            while chunk := connection.recv(1 << 16):
                self.received += chunk
                *complete, rest = (rest + chunk).split(b"\x018=")
                if rest.endswith(b"\x01") and b"\x0110=" in rest:
                    complete, rest = [*complete, rest], b""
                for message in complete:
                    self._answer(connection, message)

    def _answer(self, connection: socket.socket, message: bytes) -> None:
        answer = b""
        if b"\x0135=A\x01" in message:
            answer = frame(SERVER, "A", 1, "") + self._extra
        if b"\x0135=D\x01" in message:
            cl_ord_id = message.partition(b"\x0111=")[2].partition(b"\x01")[0].decode()
            answer = report(cl_ord_id, "0", "0") + report(cl_ord_id, "F", "2")
        for start in range(0, len(answer), self._piece_bytes):
            connection.sendall(answer[start : start + self._piece_bytes])


def a_session(executor: FakeExecutor, orders: int) -> LoadSession:
    peer = Peer(host="127.0.0.1", port=executor.port, first_seq_num=None)
    return LoadSession(peer, CLIENT, [FORM] * orders, prefix="X")


@pytest.mark.parametrize("piece_bytes", [1, 7, 1 << 16])
def test_every_order_is_counted_once_as_new_and_once_as_filled(piece_bytes: int) -> None:
    session = a_session(FakeExecutor(piece_bytes=piece_bytes), orders=25)
    result = throughput(
        [session], window=8, until_filled=True, checkpoint_every=10, server_pid=None
    )
    session.close()

    assert (result.orders, session.new, session.filled) == (25, 25, 25)
    assert [checkpoint.orders >= 10 for checkpoint in result.checkpoints] == [True, True]


def test_one_at_a_time_gives_a_round_trip_for_each_order() -> None:
    session = a_session(FakeExecutor(), orders=5)
    result = one_at_a_time(session, server_pid=None)
    session.close()

    assert result.orders == 5
    assert result.p50_us is not None
    assert result.max_us is not None
    assert 0 < result.p50_us <= result.max_us


def test_a_test_request_is_answered_and_the_orders_after_it_keep_the_sequence() -> None:
    executor = FakeExecutor(extra=frame(SERVER, "1", 2, fields((112, "PING"))))
    session = a_session(executor, orders=3)
    one_at_a_time(session, server_pid=None)
    session.close()
    executor.join(10)

    assert b"\x01112=PING\x01" in executor.received
    numbers = [part.partition(b"\x01")[0] for part in executor.received.split(b"\x0134=")[1:]]
    assert numbers == [b"1", b"2", b"3", b"4", b"5", b"6"]


def test_a_rejected_order_ends_the_run_and_shows_the_message() -> None:
    executor = FakeExecutor(extra=report("X0", "8", "8"))

    with pytest.raises(LoadFailed, match=r"a rejected order.*11=X0"):
        one_at_a_time(a_session(executor, orders=1), server_pid=None)


def test_only_new_reports_give_their_order_ids() -> None:
    messages = report("A", "0", "0") + report("A", "F", "2") + report("B", "0", "0")

    assert cl_ord_ids_of_new_reports(messages) == [b"A", b"B"]


def test_percentiles_are_values_of_the_sample() -> None:
    sample = [float(value) for value in range(1, 101)]

    assert (percentile(sample, 50), percentile(sample, 99)) == (50, 99)
