"""A process that slept adds nothing at a venue before it knows that it was not replaced."""

import asyncio
from typing import Any

import pytest

from fixgate.adapters.venues.calls import VenueCalls
from fixgate.adapters.venues.dialect import WireCall
from fixgate.adapters.venues.limiter import Priority, RateLimiter
from fixgate.adapters.venues.outcomes import NotSentError
from fixgate.adapters.venues.settings import RateLimits
from fixgate.adapters.venues.timing import LoopPace


class Exchange:
    def __init__(self) -> None:
        self.sent = 0

    async def send(self, _: dict[str, Any]) -> str:
        self.sent += 1
        return "done"


CALL = WireCall(endpoint="send", params={}, cost={})


def calls(exchange: Exchange, owned: list[bool], *, call_s: float) -> VenueCalls:
    limiter = RateLimiter(RateLimits(share=1.0), LoopPace())
    return VenueCalls(exchange, None, limiter, call_s=call_s, owned=lambda: owned[-1])


@pytest.mark.parametrize("priority", [Priority.ORDER, Priority.REPLACE])
async def test_an_order_waits_until_the_store_is_surely_ours(priority: Priority) -> None:
    exchange, owned = Exchange(), [False]
    sending = asyncio.create_task(calls(exchange, owned, call_s=20).request(CALL, priority))
    done, _ = await asyncio.wait({sending}, timeout=0.2)
    assert not done
    assert exchange.sent == 0
    owned.append(True)
    assert await sending == "done"


async def test_an_order_is_not_sent_when_that_is_not_known_in_time() -> None:
    exchange = Exchange()
    with pytest.raises(NotSentError):
        await calls(exchange, [False], call_s=0.1).request(CALL, Priority.ORDER)
    assert exchange.sent == 0


@pytest.mark.parametrize("priority", [Priority.CANCEL, Priority.QUERY])
async def test_a_cancel_or_query_does_not_wait(priority: Priority) -> None:
    exchange = Exchange()
    assert await calls(exchange, [False], call_s=20).request(CALL, priority) == "done"
