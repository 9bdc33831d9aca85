"""The compiled engine is built once on a machine, whoever asks and however often."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.setup import wheel_cache
from scripts.setup.messages import SetupFailed
from scripts.setup.wheel_cache import CacheKey, WheelCache, folder, key_here

WAIT_S = 10


def a_key(**changes: object) -> CacheKey:
    values = {"version": "1.16.0", "abi": "cpython-311-x86_64-linux-gnu", "libc": "glibc2.36"}
    return CacheKey(**{**values, "flags": ("-O1", "-g0"), **changes})  # type: ignore[arg-type]


class Builder:
    """Makes a small file that stands for the wheel, and counts how often."""

    def __init__(self, place: Path) -> None:
        self.wheel = place / "quickfix-1.16.0-cp311-cp311-linux_x86_64.whl"
        self.builds = 0

    def __call__(self) -> Path:
        self.builds += 1
        self.wheel.write_bytes(b"compiled")
        return self.wheel


def test_the_key_names_version_interpreter_platform_and_flags() -> None:
    assert str(a_key()) == "1.16.0-cpython-311-x86_64-linux-gnu-glibc2.36-O1-g0"


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.17.0"},
        {"abi": "cpython-312-x86_64-linux-gnu"},
        {"abi": "cpython-311-aarch64-linux-gnu"},
        {"libc": "glibc2.39"},
        {"flags": ("-O2", "-g0")},
    ],
)
def test_a_wheel_made_for_something_else_is_not_used(
    tmp_path: Path, change: dict[str, object]
) -> None:
    cache, builder = WheelCache(tmp_path / "cache"), Builder(tmp_path)
    cache.get_or_build(a_key(), builder)

    assert cache.find(a_key(**change)) is None


def test_the_key_of_this_interpreter_is_stable() -> None:
    assert key_here(version="1", flags=("-O1",)) == key_here(version="1", flags=("-O1",))


def test_a_wheel_once_built_is_found_again(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    first = WheelCache(tmp_path / "cache").get_or_build(a_key(), builder)
    second = WheelCache(tmp_path / "cache").get_or_build(a_key(), builder)

    assert (builder.builds, first) == (1, second)
    assert first.read_bytes() == b"compiled"
    assert first.name == builder.wheel.name


def test_a_build_that_fails_leaves_nothing_to_be_found(tmp_path: Path) -> None:
    cache = WheelCache(tmp_path / "cache")

    def failing() -> Path:
        raise SetupFailed("no compiler")

    with pytest.raises(SetupFailed):
        cache.get_or_build(a_key(), failing)
    assert cache.find(a_key()) is None


def test_a_copy_cut_short_is_not_taken_for_a_wheel(tmp_path: Path) -> None:
    cache, builder = WheelCache(tmp_path / "cache"), Builder(tmp_path)
    place = tmp_path / "cache" / str(a_key())
    place.mkdir(parents=True)
    (place / f"{builder.wheel.name}.unfinished").write_bytes(b"comp")

    assert cache.find(a_key()) is None
    assert cache.get_or_build(a_key(), builder).read_bytes() == b"compiled"


def test_two_at_once_build_one_wheel_and_the_second_says_that_it_waits(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    first_is_building, may_finish, second_waits = (threading.Event() for _ in range(3))

    def slow_build() -> Path:
        first_is_building.set()
        assert may_finish.wait(WAIT_S)
        return builder()

    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        second_waits.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wheel_cache, "say", say)
        results: list[Path] = []

        def ask(build: Callable[[], Path]) -> None:
            results.append(WheelCache(tmp_path / "cache").get_or_build(a_key(), build))

        first = threading.Thread(target=ask, args=(slow_build,))
        second = threading.Thread(target=ask, args=(builder,))
        first.start()
        assert first_is_building.wait(WAIT_S)
        second.start()
        assert second_waits.wait(WAIT_S)
        may_finish.set()
        first.join(WAIT_S)
        second.join(WAIT_S)

    assert builder.builds == 1
    assert results[0] == results[1]
    assert said == [wheel_cache.WAITING]


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SetupFailed, match=r"cannot be written.*FIXGATE_WHEEL_CACHE"):
        WheelCache(tmp_path / "file" / "cache").get_or_build(a_key(), Builder(tmp_path))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FIXGATE_WHEEL_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/fixgate/wheels")),
        ({}, Path.home() / ".cache/fixgate/wheels"),
    ],
)
def test_the_cache_lies_where_the_environment_says(
    environment: dict[str, str], expected: Path
) -> None:
    assert folder(environment) == expected
