"""What the record keeps of messages, whatever bytes they hold."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from fixgate.adapters.fix.fields import record_text
from fixgate.adapters.store.kinds import decode, encode
from fixgate.application.ports.fix import Direction
from unit.adapters.fix.messages import raw
from unit.adapters.store.samples import a_message

PASSWORDS = (b"554=", b"925=")
values = st.binary(max_size=20).map(lambda value: value.translate(None, b"\x01|").decode("latin-1"))
fields = st.lists(st.tuples(st.sampled_from(["11", "58", "553", "554", "925"]), values))


@given(fields, st.sampled_from(Direction))
def test_every_byte_of_a_message_is_kept_and_read_again_but_for_passwords(
    said: list[tuple[str, str]], direction: Direction
) -> None:
    """Property: FIX logging. Both ways, CheckSum as it came."""
    data = raw("".join(f"{tag}={value}|" for tag, value in [("35", "D"), *said]))
    message = dataclasses.replace(a_message(1), text=record_text(data), direction=direction)
    kept = decode(*encode(message)).text.encode("latin-1")
    masked = [
        each[:4] + b"***" if each.startswith(PASSWORDS) else each for each in data.split(b"\x01")
    ]
    assert kept == b"\x01".join(masked)
