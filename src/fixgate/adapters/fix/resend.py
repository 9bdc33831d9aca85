"""Repeating old messages in pieces, so that one client's range does not starve the others.

Here: which range a ResendRequest means, and Resend, which makes what is sent for it out of the
reports that the journal gives back. Not here: reading the journal, the wire.
"""

from collections.abc import Iterable

from fixgate.adapters.fix.config import SessionConfig
from fixgate.adapters.fix.fields import compose, repeated, value_of
from fixgate.adapters.fix.framing import MSG_SEQ_NUM_MAX
from fixgate.application.ports.journal import SentPage
from fixgate.domain.sessions import FixVersion

_ALL_UP_TO_41: int = 999_999  # what FIX 4.1 wrote for "all"; the engine still takes it in 4.2


class Resend:
    """A range that is being repeated; ``begin`` moves on."""

    def __init__(self, config: SessionConfig, *, begin: int, last: int) -> None:
        self._config = config
        self.first = self.begin = begin
        self.last = last
        self.page: SentPage | None = None  # what the journal has given back and is not sent yet

    @property
    def done(self) -> bool:
        """Whether all of it has been repeated."""
        return self.begin > self.last

    def piece(self, page: SentPage, sending_time: str) -> list[str]:
        """What is sent for one page of reports; what they leave out is filled (FIX: 123=Y).

        Messages of the session layer are not repeated, as FIX demands of all but Reject, for which
        it allows it.
        """
        texts: list[str] = []
        for number, text in page.reports:
            if not self.begin <= number <= self.last:
                continue
            if number > self.begin:
                texts.append(self._gap_fill(number, sending_time))
            texts.append(repeated(text, sending_time))
            self.begin = number + 1
        if page.place is None and not self.done:
            texts.append(self._gap_fill(self.last + 1, sending_time))
            self.begin = self.last + 1
        return texts

    def _gap_fill(self, new_seq_no: int, sending_time: str) -> str:
        config = self._config
        return compose(
            config.version.value,
            [
                (35, "4"),
                (34, str(self.begin)),
                (49, config.sender_comp_id),
                (43, "Y"),
                (52, sending_time),
                (122, sending_time),
                (56, config.target_comp_id),
                (123, "Y"),
                (36, str(new_seq_no)),
            ],
        )


def asked(text: str, version: FixVersion, *, next_sender: int) -> tuple[int, int] | None:
    """The first and last number a ResendRequest means; None if the engine should reject it."""
    begin, end = _number(value_of(text, 7)), _number(value_of(text, 16))
    if begin is None or end is None:
        return None
    to_the_end = end == 0 or (version is FixVersion.FIX42 and end == _ALL_UP_TO_41)
    last = next_sender - 1 if to_the_end else min(end, next_sender - 1)
    return max(begin, 1), last


def own_answer(sent: Iterable[str]) -> list[str] | None:
    """What the engine said to a ResendRequest besides its gap fill; None if it did not take it.

    It keeps no messages, so it fills the whole range (Session::nextResendRequest, with
    PersistMessages=N); that it does is how it shows that the request was in order.
    """
    texts = list(sent)
    others = [each for each in texts if "\x0143=Y\x01" not in each]
    return others if len(others) < len(texts) else None


def _number(value: str | None) -> int | None:
    if value is None or not value.isascii() or not value.isdigit():
        return None
    number = int(value[:10])
    return number if number <= MSG_SEQ_NUM_MAX else None
