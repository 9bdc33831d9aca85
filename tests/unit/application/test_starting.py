"""What a new process takes over: what operations decided, and connections that have ended."""

from builders import an_instruction, an_order
from fixgate.adapters.store.reader import StoredSession
from fixgate.application.ports.journal import OperatorRow
from fixgate.application.starting import left_behind, standing
from fixgate.domain.ids import SessionName


def row(seq: int, action: str, subject: str) -> OperatorRow:
    return OperatorRow(seq, seq, f"person {seq}", action, subject, "", "a test")


def test_what_was_turned_on_stands_until_it_was_turned_off() -> None:
    found = standing(
        [
            row(1, "kill_switch_on", "gateway"),
            row(2, "kill_switch_on", "session:A"),
            row(3, "disable_session", "A"),
            row(4, "disable_session", "B"),
            row(5, "kill_switch_off", "gateway"),
            row(6, "enable_session", "A"),
            row(7, "reset_session", "A"),
        ]
    )
    (kill,) = found.kills
    assert (kill.coverage.key, kill.person, kill.at_ns) == ("session:A", "person 2", 2)
    assert found.disabled == ("B",)


def stored(name: str, *, connected: bool, cancel_after_ms: int | None) -> StoredSession:
    return StoredSession(
        name=SessionName(name),
        last_in=1,
        last_out=1,
        connected=connected,
        peer="10.0.0.1:5",
        since_ns=1,
        cancel_after_ms=cancel_after_ms,
    )


def test_connections_that_nobody_ended_have_ended() -> None:
    found = left_behind(
        [
            stored("THERE", connected=True, cancel_after_ms=None),
            stored("THERE2", connected=True, cancel_after_ms=0),
            stored("LEFT", connected=False, cancel_after_ms=5_000),
            stored("GONE", connected=False, cancel_after_ms=None),
            stored("LEFT2", connected=False, cancel_after_ms=None),
        ],
        [
            an_order(instruction=an_instruction(session="LEFT2", on_disconnect=True)),
            an_order(instruction=an_instruction(session="GONE", on_disconnect=False)),
        ],
        now_ns=7,
    )
    assert [(each.session, each.cancel_on_disconnect) for each in found] == [
        ("THERE", False),
        ("THERE2", True),
        ("LEFT", True),
        ("LEFT2", False),
    ]
    assert not any(each.connected for each in found)
