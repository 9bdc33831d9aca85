"""The rate limiter: cancels first, room for them, pauses, and no queue without an end."""

import asyncio

from fakes.pace import HandPace
from fixgate.adapters.venues.limiter import Allowance, Entry, Priority, RateLimiter, Window
from fixgate.adapters.venues.settings import RateLimits

ONE = {"weight": 1}
ORDER = {"weight": 1, "orders": 1}


def a_limiter(pace: HandPace, *, count: int = 10, **limits: float) -> RateLimiter:
    limiter = RateLimiter(RateLimits(**{"share": 1.0, **limits}), pace)  # type: ignore[arg-type]
    limiter.configure(
        (
            Allowance(kind="weight", count=count, period_s=60.0),
            Allowance(kind="orders", count=5, period_s=10.0),
        )
    )
    return limiter


async def grants(limiter: RateLimiter, priority: Priority, tries: int) -> int:
    """How many of so many calls are let through at once."""
    tasks = [asyncio.create_task(limiter.enter(priority, ONE)) for _ in range(tries)]
    for _ in range(5):
        await asyncio.sleep(0)
    done = sum(each.done() and each.result() is Entry.GRANTED for each in tasks)
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return done


async def test_orders_leave_room_for_cancels_and_queries_leave_room_for_both() -> None:
    pace = HandPace()
    limiter = a_limiter(pace)
    assert await grants(limiter, Priority.QUERY, 20) == 6
    assert await grants(limiter, Priority.ORDER, 20) == 2
    assert await grants(limiter, Priority.CANCEL, 20) == 2
    await limiter.stop()


async def test_only_new_orders_count_against_the_order_limit() -> None:
    pace = HandPace()
    limiter = a_limiter(pace, count=1_000)
    for _ in range(5):
        assert await limiter.enter(Priority.ORDER, ORDER) is Entry.GRANTED
    waiting = asyncio.create_task(limiter.enter(Priority.ORDER, ORDER))
    await asyncio.sleep(0)
    assert await limiter.enter(Priority.CANCEL, ONE) is Entry.GRANTED
    assert not waiting.done()
    await limiter.stop()
    assert await waiting is Entry.LATE


async def test_cancels_that_wait_go_before_orders_that_waited_longer() -> None:
    pace = HandPace()
    limiter = a_limiter(pace, order_wait_max_s=100.0)
    assert await grants(limiter, Priority.CANCEL, 10) == 10
    entered: list[str] = []

    async def enter(name: str, priority: Priority) -> None:
        assert await limiter.enter(priority, ONE) is Entry.GRANTED
        entered.append(name)

    tasks = [
        asyncio.create_task(enter("query", Priority.QUERY)),
        asyncio.create_task(enter("order", Priority.ORDER)),
        asyncio.create_task(enter("replace", Priority.REPLACE)),
        asyncio.create_task(enter("cancel", Priority.CANCEL)),
    ]
    await pace.pass_until(pace.at + 70)
    await asyncio.gather(*tasks)
    assert entered == ["cancel", "replace", "order", "query"]


async def test_a_full_queue_and_a_long_wait_are_refused() -> None:
    pace = HandPace()
    limiter = a_limiter(pace, order_queue_max=1, order_wait_max_s=5.0)
    assert await grants(limiter, Priority.CANCEL, 10) == 10
    waiting = asyncio.create_task(limiter.enter(Priority.ORDER, ONE))
    await asyncio.sleep(0)
    assert await limiter.enter(Priority.ORDER, ONE) is Entry.FULL
    await pace.pass_until(pace.at + 6)
    assert await waiting is Entry.LATE
    assert limiter.waiting(Priority.ORDER) == 0


async def test_a_pause_stops_everybody_and_refuses_who_cannot_wait_so_long() -> None:
    pace = HandPace()
    limiter = a_limiter(pace, order_wait_max_s=5.0, cancel_wait_max_s=60.0)
    limiter.pause(30, status=429)
    assert await limiter.enter(Priority.ORDER, ONE) is Entry.LATE
    cancel = asyncio.create_task(limiter.enter(Priority.CANCEL, ONE))
    await pace.pass_until(pace.at + 29)
    assert not cancel.done()
    await pace.pass_until(pace.at + 2)
    assert await cancel is Entry.GRANTED


async def test_who_waits_is_looked_at_about_once_a_second_and_not_all_the_time() -> None:
    """A window of which nothing is left has nothing to forget either."""

    class Counting(HandPace):
        looks = 0

        async def sleep(self, seconds: float) -> None:
            self.looks += 1
            await super().sleep(seconds)

    pace = Counting()
    limiter = a_limiter(pace, query_wait_max_s=50.0)
    assert await limiter.enter(Priority.ORDER, ORDER) is Entry.GRANTED
    assert await grants(limiter, Priority.CANCEL, 9) == 9
    waiting = asyncio.create_task(limiter.enter(Priority.QUERY, ONE))
    await pace.pass_until(pace.at + 51)
    assert await waiting is Entry.LATE
    assert pace.looks < 100


async def test_who_gives_up_waiting_takes_no_turn() -> None:
    pace = HandPace()
    limiter = a_limiter(pace)
    limiter.pause(10, status=429)
    gone = asyncio.create_task(limiter.enter(Priority.CANCEL, ONE))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert limiter.waiting(Priority.CANCEL) == 0
    await limiter.stop()


async def test_the_venues_own_count_is_believed_when_it_is_higher() -> None:
    pace = HandPace()
    limiter = a_limiter(pace)
    limiter.note_used("weight", 60.0, 9)
    assert await grants(limiter, Priority.CANCEL, 5) == 1
    limiter.note_used("weight", 60.0, 3)
    assert await grants(limiter, Priority.CANCEL, 5) == 0
    await limiter.stop()


async def test_new_limits_keep_what_was_used_under_the_old() -> None:
    pace = HandPace()
    limiter = a_limiter(pace)
    assert await grants(limiter, Priority.CANCEL, 20) == 10
    limiter.configure((Allowance(kind="weight", count=10, period_s=60.0),))
    assert await grants(limiter, Priority.CANCEL, 1) == 0
    limiter.configure((Allowance(kind="weight", count=20, period_s=60.0),))
    assert await grants(limiter, Priority.CANCEL, 30) == 20
    await limiter.stop()


def test_no_window_of_its_length_ever_holds_more_than_the_limit() -> None:
    """Invariant: whatever second one looks at, the last period used at most ``count``."""
    window = Window(Allowance(kind="weight", count=7, period_s=60.0), share=1.0)
    taken: list[float] = []
    now = 0.0
    for step in range(2_000):
        now += (step * 7 % 13) / 3
        while window.used(now) < window.most:
            window.take(1, now)
            taken.append(now)
    for start in taken:
        assert sum(start <= at < start + 60.0 for at in taken) <= 7


def test_a_window_uses_only_its_share() -> None:
    assert Window(Allowance(kind="weight", count=100, period_s=1.0), share=0.9).most == 90
