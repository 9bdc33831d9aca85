"""Who is told when a position changes, and what each was told.

Here: PositionWatch, changed only by ``evolve``. Each change of a position that somebody watches has
a number; a subscription knows the number up to which it was told, so any number of changes between
two reports is one report, and nothing is queued.
Not here: which positions a client may see and what it is told (decide.position_updates).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fixgate.domain.frozen import changed, value
from fixgate.domain.ids import SessionName
from fixgate.domain.position import PositionChange
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.positions import Key

SubscriptionKey = tuple[SessionName, str]
"""A session, and the PosReqID (710) of one of its requests."""


@value
class PositionSubscription:
    """A client's wish to be told."""

    request: PositionRequest
    accounts: tuple[str, ...]  # whose positions; of those that the session may see
    through: int  # the number of the last change that it was told, or that is none of its own
    next_ns: int = 0  # it is not told anything before

    @property
    def key(self) -> SubscriptionKey:
        """What names it."""
        return self.request.session, self.request.req_id


@dataclass(slots=True)
class PositionWatch:
    """Subscriptions, and which positions of the accounts that they are about have changed."""

    subscriptions: dict[SubscriptionKey, PositionSubscription] = field(default_factory=dict)
    # By account, the number of each position's last change, ascending.
    moved: dict[str, dict[Key, int]] = field(default_factory=dict)
    count: int = 0

    def of(self, session: SessionName) -> list[PositionSubscription]:
        """The subscriptions of a session."""
        return [each for (name, _), each in self.subscriptions.items() if name == session]

    def begin(self, request: PositionRequest, accounts: tuple[str, ...]) -> None:
        """A subscription, which was told all there is."""
        one = PositionSubscription(request=request, accounts=accounts, through=self.count)
        self.subscriptions[one.key] = one
        for account in accounts:
            self.moved.setdefault(account, {})

    def end(self, key: SubscriptionKey) -> None:
        """It is not wanted any more."""
        if self.subscriptions.pop(key, None) is not None:
            watched = {name for each in self.subscriptions.values() for name in each.accounts}
            self.moved = {name: each for name, each in self.moved.items() if name in watched}

    def note(self, changes: Iterable[PositionChange]) -> None:
        """Positions have changed."""
        for each in changes:
            position = each.after
            moved = self.moved.get(position.account or "")
            if moved is not None:
                key = (position.venue, position.account, position.symbol)
                moved.pop(key, None)
                self.count += 1
                moved[key] = self.count

    def told(self, key: SubscriptionKey, *, through: int, next_ns: int) -> None:
        """A subscription was told of the changes up to a number."""
        known = self.subscriptions.get(key)
        if known is not None:
            self.subscriptions[key] = changed(known, through=through, next_ns=next_ns)

    def due(self, now_ns: int) -> Iterator[PositionSubscription]:
        """Those that may be told something now, and for which there may be something."""
        for each in self.subscriptions.values():
            if each.next_ns <= now_ns and any(self._last(a) > each.through for a in each.accounts):
                yield each

    def behind(self, one: PositionSubscription) -> list[tuple[int, Key]]:
        """The changed positions of its accounts that it was not told of, the oldest first."""
        found: list[tuple[int, Key]] = []
        for account in one.accounts:
            for key, number in reversed(self.moved.get(account, {}).items()):
                if number <= one.through:
                    break
                found.append((number, key))
        return sorted(found)

    def _last(self, account: str) -> int:
        return next(reversed(self.moved.get(account, {}).values()), 0)
