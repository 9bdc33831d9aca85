"""The system's clock.

Here: SystemClock, the only reader of wall-clock time.
"""

import time


class SystemClock:
    """UTC from the operating system. Implements the Clock port."""

    def now_ns(self) -> int:
        """UTC in nanoseconds since 1970."""
        return time.time_ns()  # noqa: TID251 - this is the port's implementation
