"""Any bytes before a logon, any change to a valid message after it: the process lives, and another
session keeps trading.

Here: two properties over real sockets. Not here: framing alone (unit tests).
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixgate.adapters.fix.config import DoorLimits
from integration.door_kit import EchoGateway, RawClient, a_name
from unit.adapters.fix.messages import ORDER, config, message, raw

FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SOH = b"\x01"
TAGS = st.sampled_from(
    [8, 9, 10, 11, 34, 35, 36, 43, 49, 52, 56, 95, 96, 97, 98, 108, 112, 122, 141]
)
FIELD = st.tuples(TAGS | st.integers(0, 30_000), st.binary(max_size=12))
Change = Callable[[list[bytes]], list[bytes]]


class Bench:
    """One gateway for all examples of a property: its neighbour must outlive every one of them."""

    def __init__(self, folder: Path) -> None:
        self.runner = asyncio.Runner()
        self.victim, self.other = a_name(), a_name()
        self.gateway = EchoGateway(
            folder,
            [config(self.victim), config(self.other)],
            limits=DoorLimits(refusals_noted_per_s=1e6, connections_max=50),
        )
        self.neighbour = self.runner.run(self._open())

    async def _open(self) -> RawClient:
        await self.gateway.__aenter__()
        return await RawClient.log_on(self.gateway, self.other)

    def close(self) -> None:
        self.runner.run(self.gateway.__aexit__())
        self.runner.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def hostile_logons() -> st.SearchStrategy[bytes]:
    """Well-framed Logons with any fields, so that more than the framer is reached."""
    inside = st.lists(FIELD, max_size=8).map(
        lambda fields: b"".join(b"%d=" % tag + value + SOH for tag, value in fields)
    )
    return inside.map(
        lambda body: raw("35=A|34=1|98=0|108=30|") if not body else framed(b"35=A\x01" + body)
    )


def framed(inside: bytes) -> bytes:
    text = b"8=FIX.4.4\x019=%d\x01" % len(inside) + inside
    return text + b"10=%03d\x01" % (sum(text) % 256)


@FUZZ
@given(
    st.binary(max_size=400)
    | hostile_logons()
    | st.binary(max_size=80).map(lambda b: b"8=FIX.4.4\x019=" + b)
)
def test_any_bytes_before_logon_leave_everybody_else_alone(bench: Bench, data: bytes) -> None:
    """Invariant: whoever has not logged on can do nothing but be closed."""

    async def example() -> None:
        stranger = await RawClient.connect(bench.gateway, "X")
        stranger.send(data)
        stranger.hang_up()
        assert (await bench.neighbour.trade())["35"] == "8"
        await stranger.end()
        bench.gateway.clients.remove(stranger)

    bench.runner.run(example())


def mutations() -> st.SearchStrategy[Change]:
    """Ways to change the fields between BodyLength and CheckSum."""
    index = st.integers(0, 30)

    def put(at: int, field: tuple[int, bytes]) -> Change:
        return lambda old: [
            *old[: at % (len(old) + 1)],
            b"%d=" % field[0] + field[1],
            *old[at % (len(old) + 1) :],
        ]

    def drop(at: int) -> Change:
        return lambda old: [each for i, each in enumerate(old) if i != at % len(old)]

    def change(at: int, value: bytes) -> Change:
        def apply(old: list[bytes]) -> list[bytes]:
            which = at % len(old)
            tag = old[which].partition(b"=")[0]
            return [*old[:which], tag + b"=" + value, *old[which + 1 :]]

        return apply

    def junk(at: int, value: bytes) -> Change:
        return lambda old: [*old[: at % len(old)], value, *old[at % len(old) + 1 :]]

    def swap(at: int) -> Change:
        return lambda old: [*old[at % len(old) :], *old[: at % len(old)]]

    return st.one_of(
        st.builds(put, index, FIELD),
        st.builds(drop, index),
        st.builds(change, index, st.binary(max_size=20)),
        st.builds(junk, index, st.binary(max_size=20)),
        st.builds(swap, index),
    )


BODIES = {
    "D": ORDER,
    "F": "11=Y|41=X|54=1|55=BTC/USDT|60=20260102-03:04:05",
    "0": "",
    "1": "112=x",
    "2": "7=1|16=0",
    "3": "45=2|58=x",
    "4": "123=Y|36=9",
    "5": "",
    "A": "98=0|108=30|141=Y",
    "7": "2=1|5=N",
    "8": "6=0|14=0|17=E|37=O|39=0|54=1|55=B|150=0|151=1",
}


@FUZZ
@given(
    msg_type=st.sampled_from(sorted(BODIES)),
    changes=st.lists(mutations(), min_size=1, max_size=3),
    offset=st.sampled_from([0, 0, 0, 1, 5, -1]),
    spoil=st.none() | st.tuples(st.integers(0, 400), st.integers(0, 255)),
)
def test_any_change_to_a_message_after_logon_leaves_everybody_else_alone(
    bench: Bench,
    msg_type: str,
    changes: list[Change],
    offset: int,
    spoil: tuple[int, int] | None,
) -> None:
    """Invariant: whoever has logged on can at worst end its own connection."""
    original = message(msg_type, 2 + offset, BODIES[msg_type], client=bench.victim)
    parts = original.split(SOH)[2:-2]
    for change in changes:
        parts = change(parts) or [b"35=0"]
    data = framed(b"".join(part + SOH for part in parts))
    if spoil is not None:
        at, value = spoil[0] % len(data), spoil[1]
        data = data[:at] + bytes([value]) + data[at + 1 :]

    async def example() -> None:
        victim = await RawClient.log_on(bench.gateway, bench.victim, body="98=0|108=30|141=Y")
        victim.send(data, message("1", 3, "112=end", client=bench.victim))
        assert (await bench.neighbour.trade())["35"] == "8"
        await victim.end()
        bench.gateway.clients.remove(victim)
        await bench.gateway.until(lambda: not bench.gateway.is_connected(bench.victim))

    bench.runner.run(example())
