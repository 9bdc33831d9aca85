import os
import stat
from pathlib import Path

import pytest

from fixgate.adapters.store import StopFile
from fixgate.adapters.store.stop_file import SIZE
from fixgate.domain.ids import SessionName

DEMO = {SessionName("DEMO44"): 12, SessionName("DEMO42"): 7}


def test_a_new_file_holds_nothing_and_has_its_space(tmp_path: Path) -> None:
    path = tmp_path / "stop"
    file = StopFile(path)
    assert (file.read().refused_through, file.read().warning) == ({}, None)
    assert path.stat().st_size == SIZE
    assert path.stat().st_blocks * 512 >= SIZE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    file.close()


def test_what_was_written_is_there_for_the_next_process(tmp_path: Path) -> None:
    file = StopFile(tmp_path / "stop")
    file.write({SessionName("DEMO44"): 10**18})
    file.write(DEMO)
    file.close()
    file = StopFile(tmp_path / "stop")
    assert file.read().refused_through == DEMO
    file.close()


def test_a_cleared_file_holds_nothing(tmp_path: Path) -> None:
    file = StopFile(tmp_path / "stop")
    file.write(DEMO)
    file.clear()
    assert (file.read().refused_through, file.read().warning) == ({}, None)
    file.close()


def test_a_thousand_sessions_fit(tmp_path: Path) -> None:
    file = StopFile(tmp_path / "stop")
    many = {SessionName(f"{number:064d}"): 10**9 + number for number in range(1000)}
    file.write(many)
    assert file.read().refused_through == many
    assert (tmp_path / "stop").stat().st_size == SIZE
    file.close()


def test_more_than_fits_is_refused_and_what_was_there_stays(tmp_path: Path) -> None:
    file = StopFile(tmp_path / "stop", size=4096)
    file.write(DEMO)
    with pytest.raises(ValueError, match="1000 sessions do not fit"):
        file.write({SessionName(f"{number:064d}"): number for number in range(1000)})
    assert file.read().refused_through == DEMO
    file.close()


def test_every_flipped_bit_reads_as_empty_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "stop"
    file = StopFile(path, size=4096)
    file.write(DEMO)
    held = path.read_bytes().rstrip(b"\0")
    for bit in range(len(held) * 8):
        torn = bytearray(held)
        torn[bit // 8] ^= 1 << bit % 8
        path.write_bytes(torn.ljust(4096, b"\0"))
        found = file.read()
        assert found.refused_through == {}
        assert found.warning == f"{path}: its checksum is wrong; taken as empty"
    file.close()


def test_a_write_cut_off_anywhere_reads_as_empty_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "stop"
    file = StopFile(path, size=4096)
    file.write(DEMO)
    held = path.read_bytes().rstrip(b"\0")
    for length in range(1, len(held)):
        path.write_bytes(held[:length].ljust(4096, b"\0"))
        assert file.read().refused_through == {}
        assert file.read().warning is not None
    file.close()


def test_a_file_that_is_too_short_gets_its_space_and_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "stop"
    file = StopFile(path, size=4096)
    file.write(DEMO)
    file.close()
    file = StopFile(path)
    assert file.read().refused_through == DEMO
    assert path.stat().st_size == SIZE
    file.close()


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(2)):
        StopFile(tmp_path / "no" / "such" / "folder")
