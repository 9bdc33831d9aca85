"""One item of the inbox: what is noted of it."""

from fakes.core import SESSION, FakeCore
from fixgate.application.ports.fix import Direction, FixMessage, FixNoted, Handling
from fixgate.application.step import Stepper, Steps


def noted(number: int, handling: Handling = Handling.ENGINE, text: str = "") -> FixNoted:
    message = FixMessage(
        direction=Direction.OUT,
        handling=handling,
        msg_type="A" if text else "0",
        msg_seq_num=number,
        text=text,
    )
    return FixNoted(at_ns=1, session=SESSION, message=message)


def last_out(*items: FixNoted) -> list[int | None]:
    """What each of them, in a batch of its own, says of the session."""
    core = FakeCore()
    stepper = Stepper(core.state, core.codec, core.recall, last_seq=0)
    found = []
    for each in items:
        steps = Steps()
        stepper.take(each, steps)
        found.append(steps.batch.last_out.get(SESSION))
    return found


def test_the_numbers_of_the_session_layers_own_messages_are_used_up_too() -> None:
    """Else a session whose store is lost twice would repeat the numbers it jumped to."""
    assert last_out(noted(7), noted(8)) == [7, 8]


def test_a_note_that_comes_late_takes_nothing_back() -> None:
    assert last_out(noted(8), noted(7)) == [8, None]


def test_a_repetition_says_nothing_of_numbers() -> None:
    assert last_out(noted(8), noted(3, Handling.RESENT)) == [8, None]


def test_after_a_reset_the_numbers_begin_again() -> None:
    assert last_out(noted(8), noted(1, text="\x01141=Y\x01")) == [8, 1]
