"""QuickFIX's own initiator against the door: an engine that nobody wrote for us."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from fixgate.adapters.fix.config import SessionStart
from fixgate.domain.ids import SessionName
from integration.door_kit import EchoGateway, RawClient, a_name
from unit.adapters.fix.messages import config, logon

SCRIPT = Path(__file__).with_name("initiator.py")


async def run_initiator(
    gateway: EchoGateway, name: str, store: Path, *, orders: int, reports: int, more: str = ""
) -> tuple[list[tuple[int, bool]], str]:
    """Reports as (MsgSeqNum, PossDup), and the text of a Logout."""
    words = [str(gateway.server.port), name, str(store), str(orders), str(reports), *more.split()]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), *words, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    said = json.loads(out)
    return [(number, dup) for number, dup in said["reports"]], said["logout"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "client"


def last_received(store: Path, number: int) -> None:
    """Make the client believe that it expects ``number`` next."""
    (seqnums,) = store.glob("*.seqnums")
    sender, _ = seqnums.read_text().split(" : ")
    seqnums.write_text(f"{sender} : {number:020d}")


def last_sent(store: Path, number: int) -> None:
    """Make the client believe that it sends ``number`` next."""
    (seqnums,) = store.glob("*.seqnums")
    _, target = seqnums.read_text().split(" : ")
    seqnums.write_text(f"{number:020d} : {target}")


async def test_it_trades_logs_out_and_goes_on_the_next_day(tmp_path: Path, store: Path) -> None:
    name = a_name()
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        first, _ = await run_initiator(gateway, name, store, orders=200, reports=200)
        second, _ = await run_initiator(gateway, name, store, orders=200, reports=200)

        assert first == [(number, False) for number in range(2, 202)]
        assert len(second) == 200
        assert not any(dup for _, dup in second)
        assert len(gateway.delivered(name)) == 400


async def test_it_gets_what_it_missed_by_asking_for_it(tmp_path: Path, store: Path) -> None:
    name = a_name()
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        await run_initiator(gateway, name, store, orders=1, reports=1)
        session = gateway.server.session(SessionName(name))
        assert session is not None
        first = session.reserve(0)
        session.release([])
        gateway.holding = True
        client = await RawClient.log_on(gateway, name, seq=4)
        for _ in range(30):
            client.order()
        await gateway.until(lambda: len(gateway.delivered(name)) == 31)
        client.hang_up()
        await gateway.until(lambda: not gateway.is_connected(name))
        gateway.commit_all()
        gateway.holding = False

        # The store does not know what the raw client sent: the number is set by hand.
        last_sent(store, 35)
        reports, _ = await run_initiator(gateway, name, store, orders=0, reports=30)

        assert [dup for _, dup in reports] == [True] * 30
        assert [number for number, _ in reports] == list(range(first + 1, first + 31))


async def test_it_fills_the_gap_that_a_restart_of_ours_leaves(tmp_path: Path, store: Path) -> None:
    """Our crash loses the last two orders before their commit: they are asked for, and resent."""
    name = a_name()
    async with EchoGateway(tmp_path / "one", [config(name)]) as gateway:
        await run_initiator(gateway, name, store, orders=20, reports=20)

    # Orders were 2 to 21 and Logout 22; what the journal has ends with order 19.
    start = SessionStart(next_sender=23, next_target=20)
    async with EchoGateway(
        tmp_path / "two", [config(name)], starts={SessionName(name): start}
    ) as gateway:
        reports, _ = await run_initiator(gateway, name, store, orders=1, reports=3)

        assert gateway.delivered(name)[:2] == [20, 21]
        assert len(gateway.delivered(name)) == 3
        assert len(reports) == 3


async def test_it_is_told_which_number_is_expected_when_its_store_is_lost(
    tmp_path: Path, store: Path
) -> None:
    name = a_name()
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        await run_initiator(gateway, name, store, orders=5, reports=5)

        client = await RawClient.connect(gateway, name)
        client.send(logon(1, client=name))
        (logout,) = await client.closed()
        assert logout["58"] == "MsgSeqNum too low, expecting 8 but received 1"

        elsewhere = tmp_path / "new"
        more = "ResetOnLogon=Y"
        reports, _ = await run_initiator(gateway, name, elsewhere, orders=5, reports=5, more=more)
        assert reports == [(number, False) for number in range(2, 7)]


async def test_next_expected_msg_seq_num_works_between_engines(tmp_path: Path, store: Path) -> None:
    """FIX 4.4, tag 789: the client sends it, and gets what it missed without asking."""
    name = a_name()
    more = "SendNextExpectedMsgSeqNum=Y"
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        await run_initiator(gateway, name, store, orders=3, reports=3, more=more)
        last_received(store, 2)

        reports, _ = await run_initiator(gateway, name, store, orders=2, reports=5, more=more)

        assert reports[:3] == [(2, True), (3, True), (4, True)]
        assert [dup for _, dup in reports[3:]] == [False, False]
