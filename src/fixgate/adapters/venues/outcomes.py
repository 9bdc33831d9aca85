"""What became of a call, told from how it failed.

Here: VenueSaid (a refusal or error in the venue's own words), and outcome_of().
Not here: which code means what at which venue (dialects).

ccxt's exception classes are not asked: one class covers "refused the connection" and "hung up
after taking the order". The venue's code and the cause underneath decide, and whatever is
not recognised is UNKNOWN.
"""

import socket

import aiohttp

from fixgate.adapters.venues.dialect import UnreadableError
from fixgate.adapters.venues.limiter import Entry
from fixgate.domain.inputs import Outcome


class NotSentError(Exception):
    """The limiter did not let a call through."""

    def __init__(self, entry: Entry) -> None:
        why = "too many calls are waiting" if entry is Entry.FULL else "no turn came in time"
        super().__init__(f"Rate limit: {why}; nothing was sent")
        self.entry = entry


class VenueSaid(Exception):  # noqa: N818 - an answer, not always an error
    """The venue answered a call with something else than success.

    Attributes:
        status: the HTTP status, 0 where the answer came over a WebSocket.
        code: the venue's own code, None if the body had none.
        message: the venue's words.
        retry_after_s: how long it asks us to wait.
        body: the answer as it came.

    """

    def __init__(
        self,
        *,
        status: int,
        code: int | None,
        message: str,
        body: str,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.body = body
        self.retry_after_s = retry_after_s

    @property
    def asks_for_silence(self) -> bool:
        """Whether it is a rate limit (429) or a ban (418)."""
        return self.status in (429, 418)


def never_sent(error: BaseException) -> bool:
    """Whether a call failed before anything could have left this machine."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, NotSentError | aiohttp.ClientConnectorError | socket.gaierror):
            return True
        cause = cause.__cause__
    return False


def outcome_of(error: BaseException, *, refused: bool) -> Outcome:
    """What became of a call that raised ``error``.

    Args:
        error: what the call raised.
        refused: whether the dialect knows this answer to be a refusal.

    """
    if isinstance(error, VenueSaid):
        if error.asks_for_silence or (refused and error.status < 500):
            return Outcome.REJECTED
        return Outcome.UNKNOWN
    return Outcome.NOT_SENT if never_sent(error) else Outcome.UNKNOWN


def words_of(error: BaseException) -> str:
    """What to tell a trader. Never ccxt's own text, which holds the URL with its signature."""
    if isinstance(error, VenueSaid):
        if error.asks_for_silence:
            return f"The venue's rate limit is used up ({error.status})"
        if error.code is None:
            return f"The venue answered with HTTP status {error.status}"
        return f"{error.message} ({error.code})"
    if isinstance(error, NotSentError | UnreadableError):
        return str(error)
    if never_sent(error):
        return "The venue could not be reached; nothing was sent"
    return f"No answer that can be trusted ({type(error).__name__})"
