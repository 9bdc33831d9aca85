"""The demo's comparison notices what is not the same on both sides."""

from fixgate.adapters.store.reader import StoredMessage
from fixgate.application.ports.fix import Direction, FixMessage, Handling
from fixgate.application.ports.journal import FixRow
from fixgate.cli.demo.audit import _compared
from fixgate.domain.ids import SessionName
from unit.cli.peer import report


def _stored(message, handling=Handling.REPORT):
    number = message.msg_seq_num
    return StoredMessage(
        row=FixRow(
            seq=number,
            at_ns=0,
            session=SessionName("A"),
            direction="out",
            msg_type="8",
            msg_seq_num=number,
        ),
        message=FixMessage(
            direction=Direction.OUT,
            handling=handling,
            msg_type="8",
            msg_seq_num=number,
            text=message.text,
        ),
    )


def _differences(client, journal):
    return list(_compared("A: received", client, [_stored(each) for each in journal]))


def test_the_same_messages_make_no_difference():
    messages = [report(2, "A1", "0", "0"), report(3, "A1", "F", "2")]

    assert _differences(messages, messages) == []


def test_a_message_that_one_side_lacks_is_named():
    first, second = report(2, "A1", "0", "0"), report(3, "A1", "F", "2")

    assert "message 3, which the journal lacks" in _differences([first, second], [first])[0]
    assert "no message 3, which the journal has" in _differences([first], [first, second])[0]


def test_one_byte_is_a_difference():
    differences = _differences([report(2, "A1", "F", "2")], [report(2, "A1", "F", "1")])

    assert len(differences) == 1
    assert "the journal has another" in differences[0]
