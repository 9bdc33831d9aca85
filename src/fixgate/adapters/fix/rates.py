"""How fast a session may send: the soft band, in which it is told no, and the hard one beyond it.

Here: Rates (what is allowed) and RateBands (where one session stands). Messages are counted when
they arrive, not when their turn comes, so that a slow moment of the gateway is held against nobody.
Not here: what is refused in the soft band (application), logging out (client_session).
"""

from datetime import UTC, datetime
from typing import Final

from fixgate.adapters.fix.limits import TokenBucket
from fixgate.domain.frozen import value

_NS: Final = 1_000_000_000


@value
class Rates:
    """Application messages a second; None: no such band."""

    soft_per_s: float | None = None
    hard_per_s: float | None = None
    back_off_s: float = 30.0


class RateBands:
    """Counts one session's messages, across its connections."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._soft = _bucket(rates.soft_per_s)
        self._hard = _bucket(rates.hard_per_s)
        self._away_until_ns = 0
        self.too_fast = False  # the hard band was reached since it was last looked at

    def count(self, at_ns: int) -> str | None:
        """One more message; why it is too much, if it is."""
        at_s = at_ns / _NS
        if self._hard is not None and not self._hard.take(1, at_s):
            self.too_fast = True
            self._away_until_ns = at_ns + int(self._rates.back_off_s * _NS)
        if self._soft is not None and not self._soft.take(1, at_s):
            return f"Too many messages: more than {self._rates.soft_per_s:g} per second"
        return None

    def away(self, now_ns: int) -> str | None:
        """What to tell a client that comes back too soon."""
        if now_ns >= self._away_until_ns:
            return None
        until = datetime.fromtimestamp(-(-self._away_until_ns // _NS), UTC)
        return f"Too many messages were sent; log on again from {until:%H:%M:%S} UTC"

    @property
    def last_words(self) -> str:
        """For the Logout when the hard band is reached."""
        most, wait = self._rates.hard_per_s, self._rates.back_off_s
        return f"Too many messages: more than {most:g} per second; log on again in {wait:g} s"


def _bucket(per_s: float | None) -> TokenBucket | None:
    return None if per_s is None else TokenBucket(per_s=per_s, burst=max(1.0, per_s))
