"""The number a process begins with is never one that a client may have seen before."""

from pathlib import Path

import pytest

from fixgate.adapters.fix import numbers
from fixgate.adapters.fix.config import SessionStart
from fixgate.adapters.fix.numbers import JUMP, NumbersFile, first_sender
from fixgate.application.ports.fix import SessionStoreFailed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fix" / "DEMO" / "numbers"


def begins_with(path: Path, start: SessionStart, *, fence: int) -> int:
    return first_sender(start, NumbersFile(path, fence=fence).read())


def test_a_session_never_used_begins_with_one(path: Path) -> None:
    assert begins_with(path, SessionStart(), fence=1) == 1


def test_after_a_kill_the_number_goes_on_where_the_engine_stopped(path: Path) -> None:
    NumbersFile(path, fence=6).write(23, 22)

    assert begins_with(path, SessionStart(next_sender=20, next_target=9), fence=7) == 23


def test_a_report_that_was_committed_and_not_released_keeps_its_number(path: Path) -> None:
    NumbersFile(path, fence=6).write(23, 22)

    assert begins_with(path, SessionStart(next_sender=40, next_target=9), fence=7) == 40


def test_it_says_up_to_where_everything_was_written(path: Path) -> None:
    NumbersFile(path, fence=6).write(23, 17)

    kept = NumbersFile(path, fence=7).read()

    assert kept is not None
    assert (kept.next_sender, kept.written, kept.current) == (23, 17, True)


def test_after_another_process_had_the_session_the_number_jumps(path: Path) -> None:
    """It may have sent what the journal had not got when it ended."""
    NumbersFile(path, fence=5).write(23, 22)

    assert begins_with(path, SessionStart(next_sender=20, next_target=9), fence=7) == 23 + JUMP


def test_without_the_file_the_number_jumps(path: Path) -> None:
    assert begins_with(path, SessionStart(next_sender=20, next_target=9), fence=7) == 20 + JUMP
    assert begins_with(path, SessionStart(next_sender=1, next_target=2), fence=7) == 1 + JUMP


@pytest.mark.parametrize("held", [b"", b"\0" * 130, b"FIXGATE NUMBERS 1 garbage\n"])
def test_a_torn_file_is_no_file(path: Path, held: bytes) -> None:
    file = NumbersFile(path, fence=6)
    file.write(23, 22)
    path.write_bytes(held)

    assert NumbersFile(path, fence=7).read() is None


def test_a_flipped_digit_is_noticed(path: Path) -> None:
    NumbersFile(path, fence=6).write(23, 22)
    path.write_bytes(path.read_bytes().replace(b"023 ", b"013 "))

    assert NumbersFile(path, fence=7).read() is None


def test_after_a_power_cut_only_an_orderly_end_is_believed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = NumbersFile(path, fence=6)
    file.write(23, 22)
    monkeypatch.setattr(numbers, "_boot", lambda: "another-boot")
    assert begins_with(path, SessionStart(next_sender=20, next_target=9), fence=7) == 23 + JUMP

    file.close(24, 23)
    assert begins_with(path, SessionStart(next_sender=20, next_target=9), fence=7) == 24


def test_a_file_that_cannot_be_written_is_taken_away_so_that_the_number_jumps(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = NumbersFile(path, fence=6)
    file.write(23, 22)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    file.write(24, 22)

    assert not path.exists()


def test_a_number_that_cannot_be_kept_at_all_is_a_failure(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = NumbersFile(path, fence=6)
    file.write(23, 22)

    def broken(*_: object, **__: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.pwrite", broken)
    monkeypatch.setattr(Path, "unlink", broken)

    with pytest.raises(SessionStoreFailed, match="numbers cannot be written"):
        file.write(24, 22)


def test_after_two_power_cuts_no_number_is_used_twice(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not synced is gone after each of them; what the first process sent was seen."""
    on_disk = [b""]
    monkeypatch.setattr(numbers.os, "fsync", lambda _: on_disk.append(path.read_bytes()))
    start = SessionStart(next_sender=20, next_target=9)
    NumbersFile(path, fence=1).begin(start)
    seen: list[int] = []
    for fence in (2, 3):
        path.write_bytes(on_disk[-1])
        monkeypatch.setattr(numbers, "_boot", lambda fence=fence: f"{fence:036d}")
        sender, _ = NumbersFile(path, fence=fence).begin(start)
        seen.append(sender)
        NumbersFile(path, fence=fence).write(sender + 1, sender)

    assert seen == sorted(set(seen))
