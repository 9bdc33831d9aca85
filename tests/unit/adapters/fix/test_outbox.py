import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgate.adapters.fix.outbox import Outbox, Outgoing
from fixgate.application.ports.fix import Handling
from fixgate.domain.errors import InvariantBroken


def out(number: int) -> Outgoing:
    return Outgoing(number, f"m{number}", Handling.ENGINE)


def offered(outbox: Outbox, *numbers: int) -> list[int]:
    """The numbers of what may be written after these were added."""
    for number in numbers:
        outbox.offer(out(number))
    return [each.msg_seq_num for each in outbox.freed()]


def test_a_message_above_a_reservation_waits_for_its_release() -> None:
    outbox = Outbox()
    outbox.reserve(5, 2)

    assert offered(outbox, 7) == []
    assert outbox.waiting_bytes == 2
    outbox.oldest()
    assert offered(outbox, 5, 6) == [5, 6, 7]
    assert outbox.waiting_bytes == 0


def test_a_message_between_two_reservations_goes_between_them() -> None:
    outbox = Outbox()
    outbox.reserve(5, 1)
    outbox.offer(out(6))
    outbox.reserve(7, 1)
    outbox.offer(out(8))

    outbox.oldest()
    assert offered(outbox, 5) == [5, 6]
    outbox.oldest()
    assert offered(outbox, 7) == [7, 8]


def test_while_a_range_is_repeated_new_messages_wait() -> None:
    outbox = Outbox()
    outbox.begin_resend()

    assert offered(outbox, 9) == []
    outbox.end_resend()
    assert offered(outbox) == [9]


def test_a_release_without_a_reservation_is_our_bug() -> None:
    with pytest.raises(InvariantBroken):
        Outbox().oldest()


@given(st.lists(st.sampled_from(["reserve", "engine", "release"]), max_size=60))
def test_the_wire_is_in_order_of_the_numbers(steps: list[str]) -> None:
    """Property: FIX session management. Whatever is reserved and released, the wire ascends."""
    outbox, free, wire = Outbox(), 1, []
    for step in [*steps, *["release"] * len(steps)]:
        if step == "reserve":
            outbox.reserve(free, 2)
            free += 2
        elif step == "engine":
            wire += offered(outbox, free)
            free += 1
        elif outbox.in_flight:
            first, size = outbox.oldest()
            wire += offered(outbox, *range(first, first + size))

    assert wire == list(range(1, free))
