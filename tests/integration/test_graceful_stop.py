"""Asked to stop, the gateway takes no new orders, waits for what is under way, and says goodbye.

Here: a real gateway with the Binance double behind it. `stop` is SIGTERM.
Not here: an orderly stop of an idle gateway (test_gateway_lifecycle).
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fixgate.doubles.binance.faults import Fault, FaultKind
from integration.binance_desk import Desk, a_desk
from integration.gateway_process import ROOT
from integration.raw_peer import a_name

SUBMIT = "POST /api/v3/order"


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path, getattr(request, "param", {})) as one:
        yield one


async def test_what_is_under_way_is_answered_and_new_orders_are_not_taken(desk: Desk) -> None:
    """Property: graceful shutdown. Calls in flight end, then logout with text, and exit code 0.

    Issue: no new orders meanwhile (j, 380=4).
    """
    slow = a_name("slow")
    desk.double.faults.add(SUBMIT, Fault(kind=FaultKind.HOLD, accepts=True))
    await desk.orders(slow)
    await asyncio.wait_for(desk.double.faults.wait_held(), 20)

    desk.gateway.request_stop()
    late, answer = await desk.until_refused()
    desk.double.faults.release()
    said = await desk.until_farewell()

    assert (answer[372], answer[379], answer[380]) == ("D", late[-1], "4")
    assert [(each[35], each[11], each[39]) for each in said[:-1]] == [("8", slow, "0")]
    assert said[-1][58] == "Fixgate is stopping"
    assert list(desk.booked().values()) == ["NEW"] * len(late)


@pytest.mark.parametrize("desk", [{"FIXGATE_ON_STOP": "cancel"}], indirect=True)
async def test_open_orders_are_canceled_where_the_configuration_says_so(desk: Desk) -> None:
    resting = a_name("rest")
    await desk.orders(resting)
    await asyncio.to_thread(desk.peer.until, lambda each: each[11] == resting)
    desk.gateway.request_stop()
    said = await desk.until_farewell()

    canceled = [each for each in said if each[150] == "4"]
    assert [(each[11], each[39], each[151], each[378]) for each in canceled] == [
        (resting, "4", "0", "4")
    ]
    assert list(desk.booked().values()) == ["CANCELED"]


@pytest.mark.parametrize(
    "desk", [{"PYTHONPATH": f"{ROOT / 'tests/chaos/slow_disk'}:{ROOT / 'src'}"}], indirect=True
)
async def test_an_order_on_its_way_to_a_slow_disk_still_goes_to_its_venue(
    desk: Desk, tmp_path: Path
) -> None:
    """It went wrong: the venue had been stopped when the order was durable, with exit status 70."""
    name = a_name("disk")
    (tmp_path / "home" / "commit_s").write_text("0.5")
    await desk.orders(name)
    await asyncio.sleep(0.1)  # decides nothing: the order is on its way to disk, or has arrived
    desk.gateway.request_stop()
    said = await desk.until_farewell()

    assert [(each[11], each[39]) for each in said if each[35] == "8"] == [(name, "0")]
    assert list(desk.booked().values()) == ["NEW"]
