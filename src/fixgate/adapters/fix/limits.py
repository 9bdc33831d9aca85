"""Counting what peers do.

Here: TokenBucket, Connections, Repeats. Not here: what happens at a limit.
Times are seconds of any steady clock, given by the caller.
"""

from collections import Counter, deque


class TokenBucket:
    """So many per second on average, and at most ``burst`` at once."""

    def __init__(self, *, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._tokens = burst
        self._at_s: float | None = None

    def take(self, wanted: int, at_s: float) -> int:
        """How many of ``wanted`` are allowed now; they are used up."""
        if self._at_s is not None:
            self._tokens = min(self._burst, self._tokens + (at_s - self._at_s) * self._per_s)
        self._at_s = at_s
        taken = min(wanted, int(self._tokens))
        self._tokens -= taken
        return taken

    def give_back(self, unused: int) -> None:
        """Return tokens that were taken and not needed."""
        self._tokens = min(self._burst, self._tokens + unused)

    def wait_s(self) -> float:
        """How long until one is allowed."""
        return max(0.0, (1.0 - self._tokens) / self._per_s)


class Connections:
    """How many connections there are, in all and per address."""

    def __init__(self, *, total_max: int, per_address_max: int) -> None:
        self._total_max = total_max
        self._per_address_max = per_address_max
        self._by_address: Counter[str] = Counter()
        self._total = 0

    def try_add(self, address: str) -> str | None:
        """Count one more; or say why not."""
        if self._total >= self._total_max:
            return f"more than {self._total_max} connections"
        if self._by_address[address] >= self._per_address_max:
            return f"more than {self._per_address_max} connections from one address"
        self._total += 1
        self._by_address[address] += 1
        return None

    def remove(self, address: str) -> None:
        """One that was added has ended."""
        self._total -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class Repeats:
    """How often the same thing was asked, and answered, within a window."""

    def __init__(self, *, most: int, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._asked: deque[tuple[float, int]] = deque()

    def too_many(self, what: int, at_s: float) -> bool:
        """Count one, unless it is more than allowed. Keeps at most what the window holds."""
        while self._asked and self._asked[0][0] < at_s - self._window_s:
            self._asked.popleft()
        # A client that asks many different things is held by the rate of its messages.
        if len(self._asked) > self._most * 100:
            self._asked.popleft()
        if sum(1 for _, each in self._asked if each == what) >= self._most:
            return True
        self._asked.append((at_s, what))
        return False

    def take_back(self, what: int) -> None:
        """It was not answered after all: asking again is no repetition."""
        for place in reversed(range(len(self._asked))):
            if self._asked[place][1] == what:
                del self._asked[place]
                return
