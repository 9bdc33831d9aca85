"""What holds for calls to a venue: how many, when again, and what their failures mean."""

import asyncio
import socket
from collections import Counter
from collections.abc import Mapping

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.pace import HandPace
from fixgate.adapters.venues.calls import VenueCalls
from fixgate.adapters.venues.dialect import UnreadableError, WireCall
from fixgate.adapters.venues.dialects.binance import BinanceDialect
from fixgate.adapters.venues.dialects.binance_codes import is_refusal
from fixgate.adapters.venues.exchange import raise_if_refused
from fixgate.adapters.venues.limiter import Allowance, Entry, Priority, RateLimiter
from fixgate.adapters.venues.outcomes import NotSentError, VenueSaid, outcome_of, words_of
from fixgate.adapters.venues.settings import RateLimits
from fixgate.adapters.venues.timing import Backoff
from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import Outcome

FEW = settings(max_examples=50, deadline=None)
WEIGHT = Allowance(kind="weight", count=10, period_s=60.0)
ORDERS = Allowance(kind="orders", count=5, period_s=10.0)
COSTS: Mapping[Priority, Mapping[str, int]] = {
    Priority.CANCEL: {"weight": 1},
    Priority.REPLACE: {"weight": 1, "orders": 1},
    Priority.ORDER: {"weight": 1, "orders": 1},
    Priority.QUERY: {"weight": 4},
}
CANCELS_ONLY = 2  # of the weight: a fifth
seconds = st.sampled_from([0.0, 0.0, 0.0, 0.1, 1.0, 7.0, 31.0])
wishes = st.lists(st.tuples(seconds, st.sampled_from(Priority)), min_size=12, max_size=60)


class Account:
    """A limiter, and what became of those who wanted to call."""

    def __init__(self) -> None:
        self.pace = HandPace()
        self.limiter = RateLimiter(RateLimits(share=1.0, cancel_reserve=0.2), self.pace)
        self.limiter.configure((WEIGHT, ORDERS))
        self.granted: list[tuple[float, Priority]] = []
        self.ends: list[Entry] = []
        self.answered: Counter[Priority] = Counter()
        self._tasks: list[asyncio.Task[None]] = []

    async def wish(self, wait_s: float, priority: Priority) -> None:
        """Somebody wants to call after so many seconds."""
        await self.pace.pass_until(self.pace.at + wait_s)
        self._tasks.append(asyncio.create_task(self._enter(priority)))
        await asyncio.sleep(0)

    async def _enter(self, priority: Priority) -> None:
        entry = await self.limiter.enter(priority, COSTS[priority])
        self.ends.append(entry)
        self.answered[priority] += 1
        if entry is Entry.GRANTED:
            self.granted.append((self.pace.at, priority))

    async def rest(self) -> None:
        """Everybody has been answered."""
        await self.pace.pass_until(self.pace.at + 200)
        await asyncio.gather(*self._tasks)

    def used_within(self, limit: Allowance, seconds: float) -> int:
        """What was used of a limit in the last so many seconds."""
        since = self.pace.at - seconds
        return sum(COSTS[each].get(limit.kind, 0) for at, each in self.granted if at > since)

    def most_in_a_period(self, limit: Allowance) -> int:
        """What was ever used of a limit in one of its periods."""
        used = [(at, COSTS[each].get(limit.kind, 0)) for at, each in self.granted]
        return max(
            (
                sum(cost for at, cost in used if start <= at < start + limit.period_s)
                for start, _ in used
            ),
            default=0,
        )


@FEW
@given(wishes)
def test_whoever_wants_to_call_whenever_no_period_holds_more_than_the_venue_allows(
    script: list[tuple[float, Priority]],
) -> None:
    """Property: rate-limit enforcement. And everybody who asked has an answer in the end."""

    async def go() -> None:
        account = Account()
        for each in script:
            await account.wish(*each)
        await account.rest()
        assert len(account.ends) == len(script)
        for limit in (WEIGHT, ORDERS):
            assert account.most_in_a_period(limit) <= limit.count

    asyncio.run(go())


@FEW
@given(st.lists(st.sampled_from([Priority.REPLACE, Priority.ORDER, Priority.QUERY]), max_size=60))
def test_whatever_orders_and_questions_use_there_is_room_for_cancels(
    others: list[Priority],
) -> None:
    """Property: rate-limit categories. Only what is new at the venue counts as an order."""

    async def go() -> None:
        account = Account()
        for each in others:
            await account.wish(0.0, each)
        before = len(account.granted)
        new = [each for _, each in account.granted if each is not Priority.QUERY]
        assert len(new) <= ORDERS.count
        for _ in range(CANCELS_ONLY):
            await account.wish(0.0, Priority.CANCEL)
        assert [each for _, each in account.granted[before:]] == [Priority.CANCEL] * CANCELS_ONLY
        await account.limiter.stop()

    asyncio.run(go())


@FEW
@given(wishes, st.lists(st.tuples(st.integers(0, 59), st.integers(0, 90)), max_size=3))
def test_what_is_shown_of_an_account_is_what_was_used_and_who_waits(
    script: list[tuple[float, Priority]], pauses: list[tuple[int, int]]
) -> None:
    """Property: rate-limit visibility. Used, left, waiting and paused, at every moment."""

    async def go() -> None:
        account, asked, quiet_until = Account(), Counter[Priority](), 0.0
        asking = dict(pauses)
        for number, (wait_s, priority) in enumerate(script):
            await account.wish(wait_s, priority)
            asked[priority] += 1
            if number in asking:
                account.limiter.pause(asking[number], status=429)
                quiet_until = max(quiet_until, account.pace.at + asking[number])
            shown = account.limiter.use(round(account.pace.at * 1e9))
            assert [(each.kind, each.most) for each in shown.allowances] == [
                (each.kind, each.count) for each in (WEIGHT, ORDERS)
            ]
            for each, limit in zip(shown.allowances, (WEIGHT, ORDERS), strict=True):
                # It forgets in steps, never too early.
                steps = (0, limit.period_s / 60)
                least, most = (account.used_within(limit, limit.period_s + one) for one in steps)
                assert least <= each.used <= most
            assert dict(shown.waiting) == {
                each.name.lower(): asked[each] - account.answered[each] for each in Priority
            }
            until_s = 0.0 if shown.silence is None else shown.silence.until_ns / 1e9
            assert abs(until_s - quiet_until) < 1e-6
        await account.limiter.stop()

    asyncio.run(go())


@FEW
@given(wishes, wishes)
def test_when_it_stops_all_who_wait_are_told_and_nobody_waits_any_more(
    before: list[tuple[float, Priority]], after: list[tuple[float, Priority]]
) -> None:
    """Property: graceful shutdown. Nothing is sent later on behalf of who was told no."""

    async def go() -> None:
        account = Account()
        for each in before:
            await account.wish(*each)
        await account.limiter.stop()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(account.ends) == len(before)
        for number, each in enumerate(after, len(before) + 1):
            await account.wish(*each)
            assert len(account.ends) == number

    asyncio.run(go())


class Refusing:
    """An exchange that answers as it is told to, and notes when it was called."""

    def __init__(self, pace: HandPace, answers: list[tuple[int, int]]) -> None:
        self._pace = pace
        self._answers = answers
        self.calls: list[float] = []

    async def private_get_order(self, _: object) -> object:
        status, retry_after = self._answers[len(self.calls)]
        self.calls.append(self._pace.at)
        headers = {"Retry-After": str(retry_after)}
        raise_if_refused(status, "slowly", headers, "{}", {"code": -1003} if status > 200 else {})
        return {}


@FEW
@given(
    st.lists(
        st.tuples(seconds, st.sampled_from([200, 200, 418, 429]), st.integers(1, 50)), max_size=12
    )
)
def test_nothing_is_sent_until_the_time_that_the_venue_asked_for_has_passed(
    story: list[tuple[float, int, int]],
) -> None:
    """Property: retry-after. As long as the venue says, for a limit and for a ban."""

    async def go() -> None:
        pace = HandPace()
        exchange = Refusing(pace, [(status, after) for _, status, after in story])
        limiter = RateLimiter(RateLimits(), pace)
        calls = VenueCalls(exchange, BinanceDialect(VenueName("V")), limiter, call_s=60.0)
        tasks = []
        for wait_s, _, _ in story:
            await pace.pass_until(pace.at + wait_s)
            call = WireCall(endpoint="private_get_order", cost={"weight": 1})
            tasks.append(asyncio.create_task(calls.request(call, Priority.QUERY)))
        await pace.pass_until(pace.at + 1_000)
        await asyncio.gather(*tasks, return_exceptions=True)
        for number, at in enumerate(exchange.calls):
            _, status, after = story[number]
            silent_until = at + after if status in (418, 429) else at
            # What left in the same instant left before the answer came.
            later = [each for each in exchange.calls if each > at]
            assert not later or min(later) >= silent_until

    asyncio.run(go())


@given(st.integers(1, 100), st.integers(1, 64), st.lists(st.booleans(), max_size=30))
def test_pauses_double_up_to_their_limit_and_begin_again_after_a_success(
    first: int, factor: int, worked: list[bool]
) -> None:
    """Property: backoff."""
    backoff, failures = Backoff(first_s=first, max_s=first * factor), 0
    for each in worked:
        if each:
            backoff.reset()
            failures = 0
        else:
            assert backoff.next_s() == min(first * 2**failures, first * factor)
            failures += 1


NEVER_LEFT = (
    NotSentError(Entry.FULL),
    NotSentError(Entry.LATE),
    socket.gaierror(),
    aiohttp.ClientConnectorError(
        ConnectionKey("host", 443, True, True, None, None, None), OSError("refused")
    ),
)
PROVES_NOTHING = (
    TimeoutError(),
    KeyError("x"),
    ConnectionResetError(),
    UnreadableError("junk"),
    aiohttp.ServerDisconnectedError(),
    aiohttp.ClientPayloadError(),
)
# Of Binance's codes, whether they prove that nothing was done.
CODES = {
    **dict.fromkeys((-1003, -1013, -1121, -2011, -2015), True),
    **dict.fromkeys((None, -1000, -1006, -1007, -2013, -9999), False),
}
Failure = tuple[BaseException, Outcome]


def wrapped(cause: BaseException, times: int) -> BaseException:
    """As a library wraps it, with a text that nobody may see."""
    for _ in range(times):
        error = RuntimeError("POST https://host/order?apiKey=secret&signature=abc")
        error.__cause__ = cause
        cause = error
    return cause


def answered(status: int, code: int | None) -> Failure:
    """The venue said no, and whether that is one."""
    error = VenueSaid(status=status, code=code, message="Market is closed.", body="{}")
    proved = status in (418, 429) or (CODES[code] and status < 500)
    return error, Outcome.REJECTED if proved else Outcome.UNKNOWN


failures = st.one_of(
    st.builds(wrapped, st.sampled_from(NEVER_LEFT), st.integers(0, 3)).map(
        lambda error: (error, Outcome.NOT_SENT)
    ),
    st.builds(wrapped, st.sampled_from(PROVES_NOTHING), st.integers(0, 3)).map(
        lambda error: (error, Outcome.UNKNOWN)
    ),
    st.builds(
        answered,
        st.sampled_from([0, 200, 400, 401, 403, 404, 418, 429, 500, 502, 503]),
        st.sampled_from(list(CODES)),
    ),
)


@given(failures)
def test_a_failed_call_is_refused_or_not_sent_only_where_that_is_proved(failure: Failure) -> None:
    """Property: error categories. Everything else is unknown, and no text gives a secret away."""
    error, outcome = failure
    code, words = getattr(error, "code", None), words_of(error)
    assert outcome_of(error, refused=is_refusal(code, "Market is closed.")) is outcome
    assert not any(secret in words for secret in ("http", "secret", "signature"))
