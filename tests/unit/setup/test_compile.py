"""The compile keeps to the machine's cores and memory, and shows how far it is."""

import io
import threading
from pathlib import Path

import pytest

from scripts.setup.compile_resources import available_mb, cores, jobs
from scripts.setup.messages import minutes
from scripts.setup.parallel_compile import Progress, largest_first, run_all
from scripts.setup.quickfix_wheel import announcement

WAIT_S = 10


@pytest.mark.parametrize(
    ("cores", "available_mb", "expected"),
    [(1, 64_000, 1), (4, 64_000, 4), (8, 3_100, 2), (8, 2_300, 1), (8, 500, 1), (2, 3_000, 2)],
)
def test_compilers_at_once_are_limited_by_cores_and_by_memory(
    cores: int, available_mb: int, expected: int
) -> None:
    assert jobs(cores=cores, available_mb=available_mb) == expected


def test_this_machine_has_a_core_and_some_memory() -> None:
    assert cores() >= 1
    assert available_mb() > 0


def test_what_happens_and_how_long_it_takes_is_said_beforehand() -> None:
    text = announcement(jobs=2, memory_mb=8_000)

    assert "2 files at a time" in text
    assert "minutes" in text
    assert "WARNING" not in text


def test_too_little_memory_is_said_beforehand() -> None:
    assert "900 MB are free" in announcement(jobs=1, memory_mb=900)


def test_the_file_that_takes_longest_is_begun_first(tmp_path: Path) -> None:
    for name, size in (("small", 1), ("large", 100), ("middle", 10)):
        (tmp_path / name).write_bytes(b"x" * size)

    ordered = largest_first([str(path) for path in tmp_path.iterdir()])

    assert [path.rpartition("/")[2] for path in ordered] == ["large", "middle", "small"]


def test_two_workers_compile_two_files_at_once() -> None:
    together = threading.Barrier(2, timeout=WAIT_S)

    def task() -> None:
        together.wait()

    shown: list[int] = []
    run_all([task, task], workers=2, show=shown.append)

    assert (shown[0], shown[-1]) == (0, 2)


def test_a_file_that_does_not_compile_stops_those_not_yet_begun() -> None:
    begun: list[str] = []

    def fails() -> None:
        begun.append("fails")
        raise OSError("g++ failed")

    with pytest.raises(OSError, match="g\\+\\+ failed"):
        run_all([fails, *[lambda: begun.append("next")] * 50], workers=1, show=lambda _: None)

    assert len(begun) < 51


def test_progress_into_a_pipe_is_one_line_at_a_time_and_not_too_many() -> None:
    out, now_s = io.StringIO(), 0.0
    progress = Progress(out, 3, lambda: now_s)
    for now_s, done in ((0.0, 0), (1.0, 1), (2.0, 1), (16.0, 2), (17.0, 3)):  # noqa: B007
        progress.show(done)

    assert out.getvalue().splitlines() == [
        "  quickfix:  0 of 3 files compiled, 0 s",
        "  quickfix:  2 of 3 files compiled, 16 s (the last is by far the largest)",
        "  quickfix:  3 of 3 files compiled, 17 s",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.4, "7 s"), (60, "1 min 00 s"), (260, "4 min 20 s")]
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert minutes(seconds) == text
