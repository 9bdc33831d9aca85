"""Prices for all sessions that have subscribed to some.

Here: MarketDataDesk. A market that has changed is looked at, at most as often as its subscriptions
want; those that are due get a turn, a piece at a time. All this takes at most a tenth of the event
loop's time: under load prices come less often, and are then still those of the moment, while
orders hardly notice.
Not here: one market (market_data_feed), one session (market_data_subscriber).
"""

import asyncio
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import count
from math import inf
from time import perf_counter
from typing import Final

from fixgate.adapters.fix.market_data_feed import Feed, FeedKey
from fixgate.adapters.fix.market_data_subscriber import Subscriber, Subscription
from fixgate.application.ports.market import Prices
from fixgate.domain.ids import VenueName

_SHARE: Final = 0.1  # of the event loop's time
_SLICE_S: Final = 0.001  # at once
_LOOK_EVERY_S: Final = 0.01  # at least, between two looks at one market


class MarketDataDesk:
    """Feeds, and whose turn it is."""

    def __init__(self, prices: Prices, listed: Callable[[VenueName, str], str | None]) -> None:
        self.listed = listed
        self._prices = prices
        self._feeds: dict[FeedKey, tuple[Feed, dict[Subscription, None]]] = {}
        self._changed: dict[Feed, None] = {}
        self._ready: dict[Subscriber, None] = {}
        self._later: list[tuple[float, int, Subscription]] = []
        self._blocked: dict[Subscriber, float] = {}
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._turn_at = 0.0
        self._rest_until = 0.0

    # --- subscriptions

    def join(self, subscription: Subscription, key: FeedKey) -> Feed | None:
        found = self._feeds.get(key)
        if found is None:
            feed = Feed(self._prices, key)
            if not feed.begin(partial(self._has_changed, feed)):
                return None
            feed.look()
            found = self._feeds[key] = (feed, {})
        feed, subscriptions = found
        subscriptions[subscription] = None
        now = asyncio.get_running_loop().time()
        self._queue(subscription, now)
        self._wake(now)
        return feed

    def leave(self, subscription: Subscription) -> None:
        feed = subscription.feed
        if feed is None:
            return
        _, subscriptions = self._feeds[feed.key]
        subscriptions.pop(subscription, None)
        if not subscriptions:
            feed.end()
            del self._feeds[feed.key]
            self._changed.pop(feed, None)

    def close(self) -> None:
        """No more turns."""
        if self._timer is not None:
            self._timer.cancel()

    # --- turns

    def _has_changed(self, feed: Feed) -> None:
        if feed not in self._changed:
            self._changed[feed] = None
            self._wake(feed.look_at)

    def _queue(self, subscription: Subscription, now: float) -> None:
        if subscription.queued:
            return
        subscription.queued = True
        if subscription.next_at <= now:
            subscription.owner.due.append(subscription)
            self._ready[subscription.owner] = None
        else:
            heappush(self._later, (subscription.next_at, next(self._numbers), subscription))

    def _wake(self, at: float) -> None:
        """Take a turn at this time, or when it may next be taken."""
        at = max(at, self._rest_until)
        if self._timer is None or at < self._turn_at:
            if self._timer is not None:
                self._timer.cancel()
            self._turn_at = at
            self._timer = asyncio.get_running_loop().call_at(at, self._turn)

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        now, began = loop.time(), perf_counter()
        try:
            next_at = min(self._look(now), self._collect(now), self._send(now, began))
        finally:
            self._rest_until = loop.time() + (perf_counter() - began) * (1 / _SHARE - 1)
        if next_at < inf:
            self._wake(next_at)

    def _look(self, now: float) -> float:
        """Look at the markets that have changed, if it is time; when it is for the others."""
        next_at = inf
        for feed in tuple(self._changed):
            if feed.look_at > now:
                next_at = min(next_at, feed.look_at)
                continue
            del self._changed[feed]
            feed.look_at = now + _LOOK_EVERY_S
            if feed.look():
                for subscription in self._feeds[feed.key][1]:
                    self._queue(subscription, now)
        return next_at

    def _collect(self, now: float) -> float:
        """Those whose time has come; when it is for the others."""
        while self._later and self._later[0][0] <= now:
            subscription = heappop(self._later)[2]
            if not subscription.ended:
                subscription.owner.due.append(subscription)
                self._ready[subscription.owner] = None
        for subscriber, at in tuple(self._blocked.items()):
            if at <= now:
                del self._blocked[subscriber]
                self._ready[subscriber] = None
        return min(self._later[0][0] if self._later else inf, *self._blocked.values(), inf)

    def _send(self, now: float, began: float) -> float:
        """Pieces to one after the other, until the time is up; when to go on."""
        while self._ready:
            subscriber = next(iter(self._ready))
            del self._ready[subscriber]
            again_at = subscriber.send_some(now)
            if again_at is not None and again_at <= now:
                self._ready[subscriber] = None
            elif again_at is not None:
                self._blocked[subscriber] = again_at
            if perf_counter() - began > _SLICE_S:
                break
        return now if self._ready else min(self._blocked.values(), default=inf)
