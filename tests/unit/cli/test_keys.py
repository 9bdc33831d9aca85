"""`fixgate rotate-keys` and `fixgate master-key`, as a person types them."""

import json
import shutil
from pathlib import Path

import pytest

from fixgate.adapters.store.reader import Reader
from fixgate.adapters.venues.key_file import credentials_in, key_in
from fixgate.adapters.venues.settings import Credentials, VenueSetupError
from fixgate.cli.app import run

ROOT = Path(__file__).parents[3]
VENUE = """
[[venue]]
kind = "ccxt"
name = "BINANCE"
exchange = "binance"
key_file = "keys.json"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("config", "sessions", "fix_specs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    venues = tmp_path / "config" / "venues.toml"
    simulated = venues.read_text().split("# Binance spot.")[0]
    venues.write_text(simulated + VENUE)
    (tmp_path / "keys.json").write_text(json.dumps({"api_key": "old", "secret": "old secret"}))
    monkeypatch.setenv("FIXGATE_HOME", str(tmp_path))
    monkeypatch.delenv("FIXGATE_MASTER_KEY", raising=False)
    assert run(["master-key", str(tmp_path / "master")]) == 0
    monkeypatch.setenv("FIXGATE_MASTER_KEY_FILE", str(tmp_path / "master"))
    return tmp_path


def rotate(*arguments: str) -> int:
    return run(["rotate-keys", "BINANCE", "--reason", "a test", *arguments])


def test_a_plain_file_is_sealed_and_it_is_journaled_without_a_key(home: Path) -> None:
    assert rotate("--dry-run") == 0
    assert "old secret" in (home / "keys.json").read_text()
    assert rotate() == 0
    assert "old" not in (home / "keys.json").read_text()
    key = key_in(home / "master")
    assert credentials_in(home / "keys.json", key) == Credentials(
        api_key="old", secret="old secret"
    )
    reader = Reader(home / "var" / "journal.db")
    (row,) = reader.operator_actions()
    reader.close()
    assert (row.action, row.subject, row.detail) == (
        "rotate_keys",
        "BINANCE",
        "seal the credentials",
    )
    assert row.reason == "a test"


def test_credentials_are_replaced_and_the_master_key_too(home: Path) -> None:
    (home / "new.json").write_text(json.dumps({"api_key": "new", "secret": "new secret"}))
    assert rotate("--credentials", str(home / "new.json")) == 0
    assert run(["master-key", str(home / "next")]) == 0
    assert rotate("--new-master-key", str(home / "next")) == 0
    found = credentials_in(home / "keys.json", key_in(home / "next"))
    assert found == Credentials(api_key="new", secret="new secret")
    with pytest.raises(VenueSetupError, match="another master key"):
        credentials_in(home / "keys.json")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["MARS"], 2, "no venue is named MARS; there are: SIM, SIM2, BINANCE"),
        (["SIM"], 2, "venue SIM has no key_file"),
        (["BINANCE", "--credentials", "nowhere"], 1, "nowhere: cannot be read"),
        (["BINANCE", "--new-master-key", "nowhere"], 1, "nowhere: cannot be read"),
    ],
)
def test_what_cannot_be_done_touches_nothing(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    before = (home / "keys.json").read_bytes()
    assert run(["rotate-keys", *arguments, "--reason", "x"]) == status
    assert said in capsys.readouterr().err
    assert (home / "keys.json").read_bytes() == before
    assert run(["master-key", str(home / "master")]) == 1
