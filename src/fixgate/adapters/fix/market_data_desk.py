"""Prices for all sessions that have subscribed to some.

Here: MarketDataDesk. A market that has changed is looked at, now and then, once for all
subscriptions that are alike; those that are due get a turn, a piece at a time. All this takes at
most a tenth of the event loop's time: under load prices come less often, and are then still those
of the moment, while orders hardly notice.
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


class _Market:
    """One symbol at one venue, and who is interested in it in which way."""

    def __init__(self) -> None:
        self.feeds: dict[FeedKey, tuple[Feed, dict[Subscription, None]]] = {}
        self.look_at = 0.0  # not before this time
        self.end: Callable[[], None] | None = None


class MarketDataDesk:
    """Markets, and whose turn it is. Times are those of the event loop."""

    def __init__(self, prices: Prices, listed: Callable[[VenueName, str], str | None]) -> None:
        self.listed = listed
        self._prices = prices
        self._markets: dict[tuple[VenueName, str], _Market] = {}
        self._changed: dict[_Market, None] = {}
        self._to_look: dict[Feed, None] = {}
        self._ready: dict[Subscriber, None] = {}
        self._later: list[tuple[float, int, Subscription]] = []
        self._blocked: dict[Subscriber, float] = {}
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._turn_at = 0.0
        self._rest_until = 0.0

    # --- subscriptions

    def join(self, subscription: Subscription, key: FeedKey) -> Feed | None:
        market = self._followed(key)
        if market is None:
            return None
        found = market.feeds.get(key)
        if found is None:
            found = market.feeds[key] = (Feed(self._prices, key), {})
            found[0].look()
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
        name = feed.key.venue, feed.key.symbol
        market = self._markets[name]
        subscriptions = market.feeds[feed.key][1]
        subscriptions.pop(subscription, None)
        if not subscriptions:
            del market.feeds[feed.key]
            self._to_look.pop(feed, None)
        if not market.feeds:
            if market.end is not None:
                market.end()
            del self._markets[name]
            self._changed.pop(market, None)

    def close(self) -> None:
        """No more turns."""
        if self._timer is not None:
            self._timer.cancel()

    def _followed(self, key: FeedKey) -> _Market | None:
        name = key.venue, key.symbol
        market = self._markets.get(name)
        if market is None:
            market = _Market()
            market.end = self._prices.follow(*name, partial(self._has_changed, market))
            if market.end is None:
                return None
            self._markets[name] = market
        return market

    # --- turns

    def _has_changed(self, market: _Market) -> None:
        """Called for each order at SIM: it does next to nothing."""
        if market not in self._changed:
            self._changed[market] = None
            self._wake(market.look_at)

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
            self._note_changes(now)
            self._collect(now)
            while self._to_look or self._ready:
                self._look_at_one(now)
                self._send_one(now)
                if perf_counter() - began > _SLICE_S:
                    break
        finally:
            self._rest_until = loop.time() + (perf_counter() - began) * (1 / _SHARE - 1)
        next_at = self._next_at(now)
        if next_at < inf:
            self._wake(next_at)

    def _next_at(self, now: float) -> float:
        """When there is something to do again, as it stands at the end of a turn."""
        if self._to_look or self._ready:
            return now
        changed = [each.look_at for each in self._changed]
        later = [self._later[0][0]] if self._later else []
        return min([*changed, *later, *self._blocked.values()], default=inf)

    def _note_changes(self, now: float) -> None:
        """Which markets to look at, of those whose time has come."""
        for market in tuple(self._changed):
            if market.look_at <= now:
                del self._changed[market]
                market.look_at = now + _LOOK_EVERY_S
                for feed, _ in market.feeds.values():
                    self._to_look[feed] = None

    def _collect(self, now: float) -> None:
        """Subscriptions and subscribers whose time has come."""
        while self._later and self._later[0][0] <= now:
            subscription = heappop(self._later)[2]
            if not subscription.ended:
                subscription.owner.due.append(subscription)
                self._ready[subscription.owner] = None
        for subscriber, at in tuple(self._blocked.items()):
            if at <= now:
                del self._blocked[subscriber]
                self._ready[subscriber] = None

    def _look_at_one(self, now: float) -> None:
        if not self._to_look:
            return
        feed = next(iter(self._to_look))
        del self._to_look[feed]
        if feed.look():
            key = feed.key
            for subscription in self._markets[key.venue, key.symbol].feeds[key][1]:
                self._queue(subscription, now)

    def _send_one(self, now: float) -> None:
        """A piece to the one whose turn it is."""
        if not self._ready:
            return
        subscriber = next(iter(self._ready))
        del self._ready[subscriber]
        again_at = subscriber.send_some(now)
        if again_at is not None and again_at <= now:
            self._ready[subscriber] = None
        elif again_at is not None:
            self._blocked[subscriber] = again_at
