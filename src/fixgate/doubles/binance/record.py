"""What was asked of the double, for whoever wants to know afterwards.

Here: RequestRecord, a bounded list.
Not here: what the exchange made of it (ledger).
"""

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Seen:
    """One request. ``outcome`` is what the client got, or ``pending``."""

    endpoint: str
    parameters: dict[str, str] = field(default_factory=dict)
    at_ms: int
    outcome: str = "pending"
    accepted: bool = False  # whether the exchange carried it out


class RequestRecord:
    """The most recent requests, oldest first."""

    def __init__(self, kept_max: int) -> None:
        self._seen: deque[Seen] = deque(maxlen=kept_max)

    def add(self, endpoint: str, at_ms: int) -> Seen:
        """Note a request; the caller fills in what becomes of it."""
        seen = Seen(endpoint=endpoint, at_ms=at_ms)
        self._seen.append(seen)
        return seen

    def of(self, endpoint: str) -> list[Seen]:
        """The requests of one endpoint."""
        return [each for each in self._seen if each.endpoint == endpoint]

    def clear(self) -> None:
        """Forget all."""
        self._seen.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """For the control endpoint."""
        return [asdict(each) for each in self._seen]
