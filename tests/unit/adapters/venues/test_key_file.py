"""Credentials at rest: worth nothing without the master key, and never half written."""

import base64
import json
from pathlib import Path

import pytest

from fixgate.adapters.venues.key_file import (
    MASTER_KEY,
    MASTER_KEY_FILE,
    credentials_in,
    key_from,
    master_key,
    new_master_key,
    seal,
    write_secret,
)
from fixgate.adapters.venues.settings import Credentials, VenueSetupError

GIVEN = Credentials(api_key="the-api-key", secret="the-secret")


def sealed(tmp_path: Path, key: bytes) -> Path:
    path = tmp_path / "keys.json"
    write_secret(path, seal(GIVEN, key))
    return path


def test_what_was_sealed_is_read_with_its_master_key(tmp_path: Path) -> None:
    key = key_from(new_master_key(), "x")
    path = sealed(tmp_path, key)
    assert credentials_in(path, key) == GIVEN
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert "the-api-key" not in text
    assert "the-secret" not in text


def test_no_two_seals_are_alike() -> None:
    key = key_from(new_master_key(), "x")
    assert seal(GIVEN, key) != seal(GIVEN, key)


def test_under_another_master_key_it_is_nothing(tmp_path: Path) -> None:
    path = sealed(tmp_path, key_from(new_master_key(), "x"))
    with pytest.raises(VenueSetupError, match="sealed under another master key"):
        credentials_in(path, key_from(new_master_key(), "x"))


@pytest.mark.parametrize("name", ["sealed", "nonce"])
def test_a_changed_byte_is_noticed(tmp_path: Path, name: str) -> None:
    key = key_from(new_master_key(), "x")
    path = sealed(tmp_path, key)
    held = json.loads(path.read_text())
    raw = bytearray(base64.b64decode(held[name]))
    raw[0] ^= 1
    held[name] = base64.b64encode(raw).decode()
    path.write_text(json.dumps(held))
    with pytest.raises(VenueSetupError, match="it was changed"):
        credentials_in(path, key)


@pytest.mark.parametrize(
    "held",
    [
        {"sealed": "x"},
        {"format": "fixgate-keys-1", "sealed": "x"},
        {"format": "fixgate-keys-1", "sealed": 5, "nonce": None},
        {"format": "fixgate-keys-1", "sealed": "AAAA", "nonce": "AAAA"},
    ],
)
def test_a_file_that_is_no_key_file_is_said_to_be_none(tmp_path: Path, held: object) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(held))
    with pytest.raises(VenueSetupError, match=r"keys\.json"):
        credentials_in(path, bytes(32))


def test_the_master_key_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    text = new_master_key()
    key = key_from(text, "x")
    assert master_key({MASTER_KEY: text}) == key
    path = tmp_path / "master"
    write_secret(path, text + "\n")
    assert master_key({MASTER_KEY_FILE: str(path)}) == key
    path.chmod(0o640)
    with pytest.raises(VenueSetupError, match="others may read it"):
        master_key({MASTER_KEY_FILE: str(path)})
    for wrong in ({}, {MASTER_KEY: "short"}, {MASTER_KEY: "?" * 44}, {MASTER_KEY_FILE: "/nowhere"}):
        with pytest.raises(VenueSetupError):
            master_key(wrong)
