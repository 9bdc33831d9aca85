"""Time.

Here: the Clock port.
"""

from typing import Protocol


class Clock(Protocol):
    """Tells the time; the only source of it."""

    def now_ns(self) -> int:
        """UTC in nanoseconds since 1970."""
        ...
