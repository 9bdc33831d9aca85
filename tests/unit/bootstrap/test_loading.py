"""What is wrong with a configuration is said in one line, with the place."""

from pathlib import Path

import pytest

from fixgate.bootstrap.loading import ConfigurationError, load
from fixgate.domain.sessions import FixVersion

ROOT = Path(__file__).parents[3]
VENUES = '[[venue]]\nkind = "simulated"\nname = "SIM"\n'
SESSION = """\
name = "ONE"
version = "FIX.4.4"
target_comp_id = "ONE"
default_venue = "SIM"
"""


@pytest.fixture
def home(tmp_path):
    for name in ("config", "sessions"):
        (tmp_path / name).mkdir()
    (tmp_path / "config" / "gateway.toml").write_text("")
    (tmp_path / "config" / "venues.toml").write_text(VENUES)
    (tmp_path / "sessions" / "one.toml").write_text(SESSION)
    return tmp_path


def _refused(home, environ=None):
    with pytest.raises(ConfigurationError) as refused:
        load(home, environ or {})
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_the_files_of_the_project_are_in_order():
    found = load(ROOT, {})

    assert [each.name for each in found.sessions] == ["DEMO42", "DEMO44", "TRADER"]
    assert [each.name for each in found.venues] == ["SIM"]


def test_what_is_left_out_has_its_default(home):
    found = load(home, {})

    assert (found.gateway.fix.host, found.gateway.fix.port) == ("127.0.0.1", 9878)
    assert found.data_dir == home / "var"
    assert found.sessions[0].version is FixVersion.FIX44
    assert found.aliases == {}


def test_the_environment_overrides_the_file(home):
    environ = {"FIXGATE_FIX__PORT": "0", "FIXGATE_DATA_DIR": "/data", "FIXGATE_HOME": "ignored"}

    found = load(home, environ)

    assert found.gateway.fix.port == 0
    assert found.data_dir == Path("/data")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIXGATE_FIX__PORT", "many"),
        ("FIXGATE_FIX__PORT", "70000"),
        ("FIXGATE_NO_SUCH", "1"),
        ("FIXGATE_FIX__NO_SUCH", "1"),
        ("FIXGATE_DATA_DIR__PORT", "1"),
        ("FIXGATE_FIX", "1"),
        ("FIXGATE_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_variable_is_named(home, name, value):
    assert f"environment variable {name}: " in _refused(home, {name: value})


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("config/gateway.toml", "[fix]\nport = 70000\n", "gateway.toml:2: fix.port: "),
        ("config/gateway.toml", "[fix]\nprot = 1\n", "gateway.toml:2: fix.prot: "),
        ("config/gateway.toml", "fix = 3\n", "gateway.toml:1: fix: "),
        ("config/gateway.toml", "[fix\n", "gateway.toml: not valid TOML"),
        ("config/venues.toml", "", "venues.toml: venue: "),
        ("config/venues.toml", VENUES + VENUES, "two venues are named SIM"),
        ("config/venues.toml", VENUES + "speed = 3\n", "venues.toml:4: "),
        ("config/venues.toml", VENUES.replace("simulated", "magic"), "venues.toml:1: "),
        ("config/venues.toml", VENUES.replace("SIM", "S IM"), "must be letters"),
        (
            "config/venues.toml",
            VENUES + "seed = 3\n" + VENUES + 'seed = "x"\n',
            "venues.toml:8: venue.1.seed: ",
        ),
        (
            "config/venues.toml",
            VENUES + '[[venue]]\nkind = "simulated"\n',
            "venues.toml:4: venue.1.",
        ),
        ("config/symbols.toml", "[aliases]\nA = 3\n", "symbols.toml:2: "),
        ("sessions/one.toml", SESSION + 'version = "x"\n', "one.toml: not valid TOML"),
        ("sessions/one.toml", SESSION.replace("4.4", "5.0"), "one.toml:2: version: "),
        ("sessions/one.toml", SESSION.replace('"SIM"', '"SEM"'), "one.toml:4: venue SEM is not"),
        ("sessions/one.toml", SESSION + 'venues = ["OTHER"]\n', "venue OTHER is not"),
        ("sessions/one.toml", SESSION.replace('"ONE"', '"O NE"'), "one.toml:1: name: "),
        ("sessions/one.toml", SESSION + 'username = "me"\n', "go together"),
        ("sessions/one.toml", SESSION + 'password_env = "X"\n', "go together"),
        (
            "sessions/one.toml",
            SESSION + 'allowed_addresses = ["x"]\n',
            "one.toml:5: allowed_addresses.0: ",
        ),
        ("sessions/one.toml", SESSION + "heart_bt_int_max_s = 0\n", "heart_bt_int"),
        ("sessions/one.toml", SESSION + "enabled = false\n", "no enabled session"),
        (
            "sessions/one.toml",
            SESSION + 'accounts = ["A"]\ndefault_account = "B"\n',
            "default_account is not one of accounts",
        ),
    ],
)
def test_a_wrong_file_is_named_with_line_or_key(home, file, text, expected):
    (home / file).write_text(text)

    assert expected in _refused(home)


def test_a_disabled_venue_is_no_destination(home):
    (home / "config" / "venues.toml").write_text(VENUES + "enabled = false\n")

    assert "venue SIM is not in config/venues.toml, or disabled" in _refused(home)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (SESSION, "name ONE is taken by one.toml"),
        (SESSION.replace('name = "ONE"', 'name = "TWO"'), "FIX.4.4 ONE is taken by one.toml"),
    ],
)
def test_two_sessions_cannot_be_the_same_client(home, second, expected):
    (home / "sessions" / "two.toml").write_text(second)

    assert expected in _refused(home)


def test_the_same_client_may_have_a_session_in_each_version(home):
    second = SESSION.replace('name = "ONE"', 'name = "TWO"').replace("4.4", "4.2")
    (home / "sessions" / "two.toml").write_text(second)

    assert len(load(home, {}).sessions) == 2


@pytest.mark.parametrize("missing", ["config/gateway.toml", "config/venues.toml"])
def test_a_missing_file_is_named(home, missing):
    (home / missing).unlink()

    assert f"{missing}: no such file" in _refused(home)


def test_a_missing_folder_is_named(home):
    (home / "sessions" / "one.toml").unlink()
    (home / "sessions").rmdir()

    assert "one file per client session" in _refused(home)


def test_a_file_that_is_no_text_is_named(home):
    (home / "config" / "gateway.toml").write_bytes(b"\xff\xfe")

    assert "gateway.toml: cannot be read" in _refused(home)


def test_a_real_venue_needs_credentials_and_no_redirect_in_production(home):
    real = VENUES + '[[venue]]\nkind = "ccxt"\nname = "BINANCE"\nexchange = "binance"\n'
    (home / "config" / "venues.toml").write_text(real)
    assert "needs api_key_env and api_secret_env, or key_file" in _refused(home)

    keys = 'api_key_env = "A"\napi_secret_env = "B"\n'
    redirected = keys + 'environment = "production"\nredirect_host = "127.0.0.1"\n'
    (home / "config" / "venues.toml").write_text(real + redirected)
    assert "redirect_host does not go with" in _refused(home)
