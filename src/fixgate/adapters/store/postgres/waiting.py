"""How long the database has not answered, as far as this process was awake to hear it.

Here: Waiting, which is looked at every so often. Not here: what follows from it (journal).
"""


class Waiting:
    """Of one process for one statement at a time; all times in seconds, of one clock."""

    def __init__(self, now_s: float, *, every_s: float) -> None:
        """Begin.

        Args:
            now_s: the time.
            every_s: how often ``look`` is called while the process is awake.
        """
        # More than this between two looks, and the process was paused, or its machine was: the
        # answer may have come meanwhile, and nobody has read it.
        self._counts_max_s = 2 * every_s
        self._looked_at_s = now_s
        self._asked_at_s: float | None = None
        self._waited_s = 0.0

    def look(self, asked_at_s: float | None, now_s: float) -> float:
        """How long an answer has been waited for; 0: none is.

        Args:
            asked_at_s: since when there is a statement without an answer; None: there is none.
            now_s: the time.
        """
        passed_s = min(now_s - self._looked_at_s, self._counts_max_s)
        self._looked_at_s = now_s
        if asked_at_s is None:
            self._waited_s = 0.0
        elif asked_at_s == self._asked_at_s:
            self._waited_s += passed_s
        else:
            self._waited_s = min(now_s - asked_at_s, passed_s)
        self._asked_at_s = asked_at_s
        return self._waited_s
