"""What one session has subscribed to, and what is due to it.

Here: Subscriber: requests accepted, refused and ended, and messages put into frames. It queues
subscriptions, never messages: what a slow client gets is the market as it is then.
Not here: looking at markets (market_data_feed), whose turn it is (market_data_desk), numbers and
sockets (client_session).
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from fixgate.adapters.fix.config import MarketDataRules, SessionConfig
from fixgate.adapters.fix.fields import checksum, value_of
from fixgate.adapters.fix.market_data_digest import Digest
from fixgate.adapters.fix.market_data_feed import Feed, FeedKey
from fixgate.adapters.fix.market_data_request import (
    MDRefusal,
    MDRequest,
    Rejected,
    Wish,
    bad_id,
    read,
)
from fixgate.adapters.fix.market_data_text import Body, Shown, View
from fixgate.adapters.fix.tags import utc_timestamp
from fixgate.application.ports.clock import Clock
from fixgate.domain.ids import VenueName

_PIECE: Final = 32  # messages written at once
_BLOCKED_S: Final = 0.02  # looked at again after so long
_UNREAD_BYTES_MAX: Final = 128 * 1024  # beyond it a client gets nothing more until it reads


class Outlet(Protocol):
    """The session, as its subscriber uses it."""

    config: SessionConfig

    @property
    def clear(self) -> bool:
        """Whether a message may go out now, after all that the session itself has to say."""
        ...

    @property
    def waiting_bytes(self) -> int:
        """What the client has not taken yet."""
        ...

    def send_past(self, count: int, make: Callable[[int], Sequence[bytes]]) -> None:
        """Send so many messages beside the core, made with the number of the first."""
        ...

    def answer(self, msg_type: str, fields: Sequence[tuple[int, str]]) -> None:
        """Send a message of the session's own, for the record."""
        ...

    def note_digest(self, last: int, text: str) -> None:
        """For the record: what was sent past the core, up to this number."""
        ...

    def cut_off(self, reason: str) -> None:
        """End the connection."""
        ...


class Markets(Protocol):
    """The desk, as a subscriber uses it."""

    def listed(self, venue: VenueName, symbol: str) -> str | None:
        """The unified symbol that a client's word means at a venue."""
        ...

    def join(self, subscription: "Subscription", key: FeedKey) -> Feed | None:
        """The feed of a new subscription; None: prices of it are not followed."""
        ...

    def leave(self, subscription: "Subscription") -> None:
        """A subscription is over."""
        ...


class Subscription:
    """One symbol of one request."""

    __slots__ = (
        "ended",
        "feed",
        "head",
        "incremental",
        "md_req_id",
        "next_at",
        "once",
        "owner",
        "queued",
        "seen",
    )

    def __init__(self, owner: "Subscriber", request: MDRequest) -> None:
        self.owner = owner
        self.md_req_id = request.md_req_id
        self.head = f"262={request.md_req_id}\x01".encode()
        self.incremental = request.incremental
        self.once = request.wish is Wish.SNAPSHOT
        self.feed: Feed | None = None
        self.seen: View | None = None  # what the client was told last
        self.next_at = 0.0
        self.queued = self.ended = False


class Subscriber:
    """The subscriptions of one session. Times are those of the event loop."""

    def __init__(
        self,
        outlet: Outlet,
        rules: MarketDataRules,
        markets: Markets,
        clock: Clock,
    ) -> None:
        self.rules = rules
        self.due: deque[Subscription] = deque()
        self._outlet = outlet
        self._markets = markets
        self._clock = clock
        self._by_id: dict[str, list[Subscription]] = {}
        self._count = 0
        self._full_since: float | None = None
        self._digest = Digest()

    @property
    def count(self) -> int:
        """How many symbols are subscribed to, each time counted."""
        return self._count

    # --- what the client asks

    def take(self, text: str, *, too_much: str | None) -> None:
        """A MarketDataRequest (V) that the engine has delivered."""
        md_req_id = value_of(text, 262) or ""
        wrong = bad_id(md_req_id)
        if wrong is not None:
            self._reject(text, wrong)
            return
        request = read(text)
        if isinstance(request, MDRequest) and request.wish is Wish.UNSUBSCRIBE:
            refusal = self._unsubscribe(md_req_id)
        elif too_much is not None:
            refusal = MDRefusal(reason=Rejected.INSUFFICIENT_BANDWIDTH, text=too_much)
        elif isinstance(request, MDRefusal):
            refusal = request
        else:
            refusal = self._subscribe(request)
        if refusal is not None:
            self._refuse(md_req_id, refusal)

    def _unsubscribe(self, md_req_id: str) -> MDRefusal | None:
        ending = self._by_id.get(md_req_id)
        if ending is None:
            return MDRefusal(reason=None, text=f"there is no subscription {md_req_id}")
        for each in tuple(ending):
            self._end(each)
        self._by_id.pop(md_req_id, None)  # of a request without a symbol
        return None

    def _subscribe(self, request: MDRequest) -> MDRefusal | None:
        """All symbols of a request, or none."""
        if request.md_req_id in self._by_id:
            text = f"MDReqID (262) {request.md_req_id} is in use"
            return MDRefusal(reason=Rejected.DUPLICATE_ID, text=text)
        if self._count + len(request.symbols) > self.rules.subscriptions_max:
            text = f"more than {self.rules.subscriptions_max} symbols subscribed to"
            return MDRefusal(reason=Rejected.INSUFFICIENT_BANDWIDTH, text=text)
        keys = []
        for symbol, exchange in request.symbols:
            key = self._key(request, symbol, exchange)
            if isinstance(key, MDRefusal):
                return key
            keys.append(key)
        begun = self._by_id[request.md_req_id] = []
        for key in keys:
            subscription = Subscription(self, request)
            subscription.feed = self._markets.join(subscription, key)
            if subscription.feed is None:
                self._unsubscribe(request.md_req_id)
                text = f"prices of {key.shown.symbol} at {key.venue} are not followed"
                return MDRefusal(reason=Rejected.UNKNOWN_SYMBOL, text=text)
            begun.append(subscription)
            self._count += 1
        return None

    def _key(self, request: MDRequest, symbol: str, exchange: str | None) -> FeedKey | MDRefusal:
        venue = VenueName(exchange or self.rules.default_venue or "")
        if not venue:
            text = "SecurityExchange (207) is missing: this session has no default venue"
            return MDRefusal(reason=Rejected.UNKNOWN_SYMBOL, text=text)
        if self.rules.venues and venue not in self.rules.venues:
            text = f"venue {venue} is not permitted"
            return MDRefusal(reason=Rejected.INSUFFICIENT_PERMISSIONS, text=text)
        unified = self._markets.listed(venue, symbol)
        if unified is None:
            text = f"{symbol} is not known at {venue}"
            return MDRefusal(reason=Rejected.UNKNOWN_SYMBOL, text=text)
        shown = Shown(symbol=symbol, venue=venue, entry_types=request.entry_types)
        return FeedKey(venue=venue, symbol=unified, levels=request.levels, shown=shown)

    def _reject(self, text: str, wrong: str) -> None:
        fields = [(45, value_of(text, 34) or "0"), (58, f"Tag 262 {wrong}"), (371, "262")]
        self._outlet.answer("3", [*fields, (372, "V"), (373, "5")])

    def _refuse(self, md_req_id: str, refusal: MDRefusal) -> None:
        reason = [] if refusal.reason is None else [(281, refusal.reason.value)]
        self._outlet.answer("Y", [(58, refusal.text), (262, md_req_id), *reason])

    # --- what the client gets

    def send_some(self, now: float) -> float | None:
        """Send a piece of what is due; when to go on, or None if nothing is due."""
        if not self._outlet.clear or self._is_full(now):
            return now + _BLOCKED_S if self.due else None
        pieces: list[tuple[bytes, Body]] = []
        while self.due and len(pieces) < _PIECE:
            subscription = self.due.popleft()
            subscription.queued = False
            feed = subscription.feed
            if subscription.ended or feed is None:
                continue
            body = feed.next_for(subscription.seen, incremental=subscription.incremental)
            subscription.seen = feed.view
            if body is not None:
                subscription.next_at = now + self.rules.min_interval_s
                pieces.append((subscription.head, body))
            if subscription.once:
                self._end(subscription)
        if pieces:
            self._outlet.send_past(len(pieces), lambda first: self._frames(first, pieces))
        return now if self.due else None

    def note(self) -> None:
        """Put what was sent on record."""
        text = self._digest.take()
        if text is not None:
            self._outlet.note_digest(self._digest.last, text)

    def gone(self) -> None:
        """The connection has ended, and all subscriptions with it."""
        for subscriptions in list(self._by_id.values()):
            for each in tuple(subscriptions):
                self._end(each)
        self.due.clear()
        self._full_since = None
        self.note()

    def _end(self, subscription: Subscription) -> None:
        subscription.ended = True
        self._count -= 1
        self._markets.leave(subscription)
        together = self._by_id[subscription.md_req_id]
        together.remove(subscription)
        if not together:
            del self._by_id[subscription.md_req_id]
        if len(self.due) > 2 * self._count + _PIECE:
            # Whoever subscribes and unsubscribes without reading must not make it grow.
            self.due = deque([each for each in self.due if not each.ended])

    def _is_full(self, now: float) -> bool:
        """Whether the client does not read; for too long: it is let go."""
        if self._outlet.waiting_bytes <= _UNREAD_BYTES_MAX:
            self._full_since = None
            return False
        if self._full_since is None:
            self._full_since = now
        elif now - self._full_since > self.rules.stalled_s:
            self._outlet.cut_off("the client does not read what it is sent")
        return True

    def _frames(self, first: int, pieces: Sequence[tuple[bytes, Body]]) -> list[bytes]:
        config = self._outlet.config
        begin = f"8={config.version.value}\x019=".encode()
        sent_at = utc_timestamp(self._clock.now_ns())
        who = f"\x0149={config.sender_comp_id}\x0152={sent_at}\x0156={config.target_comp_id}\x01"
        middle = who.encode()
        frames = []
        for number, (head, body) in enumerate(pieces, first):
            inside = b"35=%b\x0134=%d%b%b" % (body.msg_type.encode(), number, middle, head)
            front = b"%b%d\x01%b" % (begin, len(inside) + len(body.data), inside)
            total = (checksum(front) + body.sum) & 0xFF
            frames.append(b"%b%b10=%03d\x01" % (front, body.data, total))
        self._digest.add(first, frames)
        return frames
