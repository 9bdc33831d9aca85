"""What is wrong with a configuration is said in one line, with the place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixgate.bootstrap.loading import ConfigurationError, load
from fixgate.domain.sessions import FixVersion
from integration.tls_kit import Authority

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
    assert [each.name for each in found.venues] == ["SIM", "SIM2"]
    assert [each.name for each in found.routing.policies()] == [
        "best-price",
        "lowest-fees",
        "sim-first",
    ]


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
        (
            "config/risk.toml",
            "[default]\norder_qty_max = -1\n",
            "risk.toml:2: default.order_qty_max",
        ),
        ("config/risk.toml", "[venue.SIM]\ncredit_max = 1\n", "risk.toml:2: venue.SIM.credit_max"),
        ("config/risk.toml", 'time_zone = "Mars"\n', "risk.toml:1: time_zone: "),
        ("config/risk.toml", "effective_from = 2026-12-01T00:00:00\n", "needs a time zone"),
        ("sessions/one.toml", SESSION + "limits.price_collar = 1\n", "limits.price_collar: "),
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


def test_prices_can_be_followed_of_symbols_that_are_loaded_and_not_of_any_number(home):
    keys = 'api_key_env = "A"\napi_secret_env = "B"\n'
    real = VENUES + '[[venue]]\nkind = "ccxt"\nname = "BINANCE"\nexchange = "binance"\n' + keys
    venues = home / "config" / "venues.toml"
    venues.write_text(real + 'symbols = ["BTC/USDT"]\nmarket_data = ["ETH/USDT"]\n')
    assert "market_data has ETH/USDT, which is not one of symbols" in _refused(home)

    many = ", ".join(f'"C{number}/USDT"' for number in range(501))
    venues.write_text(real + f"symbols = [{many}]\n")
    assert "prices of at most 500 symbols can be followed" in _refused(home)


SCHEDULE = (
    SESSION
    + """\
[schedule]
time_zone = "America/New_York"
"""
)
OPEN = """\
[[schedule.open]]
days = ["Mon", "Tue"]
opens = "08:00"
closes = "17:00"
"""
WEEK = """\
[[schedule.open]]
days = ["Sun"]
opens = 17:00:00
closes = 17:00:00
closes_on = "Fri"
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[fix]\nport = 1\n[fix.tls]\nport = 70000\n", "gateway.toml:4: fix.tls.port: "),
        ("[fix]\nhost = 'a'\n[fix.tls]\nhost = 1\n", "gateway.toml:4: fix.tls.host: "),
        ("[fix]\ntls.port = -1\n", "gateway.toml:2: fix.tls.port: "),
        ("[fix]\ntls = { port = -1 }\n", "gateway.toml:2: fix.tls.port: "),
        (
            '[[alerts.webhook]]\nurl = "http://a"\n[[alerts.webhook]]\nurl = "b"\n',
            "gateway.toml:4: alerts.webhook.1.url: ",
        ),
        ("fix = 3\n", "gateway.toml:1: fix: Input should be a table"),
        ("data_dir = 3\n", "gateway.toml:1: data_dir: Input should be a path"),
        ('[fix]\nhost = ""\n', "gateway.toml:2: fix.host: "),
        ('[fix]\ncomp_id = ""\n', "gateway.toml:2: fix.comp_id: must be 1 to 32 letters"),
        ('[fix]\ncomp_id = "A B"\n', "gateway.toml:2: fix.comp_id: must be 1 to 32 letters"),
        ('[journal]\nfile = ""\n', "gateway.toml:2: journal.file: "),
        ("stop_timeout_s = inf\n", "gateway.toml:1: stop_timeout_s: must be 1000000000 or less"),
        ("[operations]\nstuck_after_s = nan\n", "gateway.toml:2: operations.stuck_after_s: "),
        ("[operations]\ntrades_every_s = 1e15\n", "gateway.toml:2: operations.trades_every_s: "),
        ("[archive]\nkeep_days = 1000000\n", "gateway.toml:2: archive.keep_days: "),
    ],
)
def test_a_setting_of_the_gateway_that_cannot_be_is_named_with_its_own_line(home, text, expected):
    (home / "config" / "gateway.toml").write_text(text)

    assert expected in _refused(home)


def test_what_is_no_hash_of_a_password_is_named_and_not_shown(home):
    more = 'username = "jane"\npassword_hash = "hunter2"\n'
    (home / "sessions" / "one.toml").write_text(SESSION + more)

    said = _refused(home)

    assert "one.toml:6: password_hash: must be what `fixgate hash` prints" in said
    assert "hunter2" not in said


def test_a_file_that_begins_with_a_byte_order_mark_is_read(home):
    (home / "sessions" / "one.toml").write_text("\ufeff" + SESSION.replace("\n", "\r\n"))

    assert load(home, {}).sessions[0].name == "ONE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SCHEDULE.replace("New_York", "Fixgate"),
            "one.toml:6: schedule.time_zone: no time zone is named 'America/Fixgate'",
        ),
        (SCHEDULE.replace("America/", "/"), "one.toml:6: schedule.time_zone: "),
        (SCHEDULE.replace("America/", "../"), "one.toml:6: schedule.time_zone: "),
        (SCHEDULE + "open = []\n", "one.toml:5: schedule: open is empty"),
        (SCHEDULE + OPEN.replace('"Mon", "Tue"', ""), "schedule.open.0.days: "),
        (SCHEDULE + OPEN.replace("Tue", "Mon"), "a day is named twice"),
        (SCHEDULE + OPEN.replace("Tue", "Dienstag"), "schedule.open.0.days.1: "),
        (SCHEDULE + OPEN.replace("08:00", "8 am"), "schedule.open.0.opens: "),
        (SCHEDULE + OPEN.replace("08:00", "08:00Z"), "must be a time of day like 17:00"),
        (SCHEDULE + OPEN + 'closes_on = "Wed"\n', "closes_on goes with one day"),
        (SCHEDULE + OPEN + OPEN, "the windows that open Mon 08:00:00 and Mon 08:00:00 overlap"),
        (SCHEDULE + WEEK + OPEN, "overlap"),
        (SCHEDULE + 'reset = "daily"\n', "reset_at goes with reset = 'daily' or 'weekly'"),
        (SCHEDULE + 'reset_at = "17:00"\n', "reset_at goes with"),
        (SCHEDULE + 'reset = "weekly"\nreset_at = "17:00"\n', "reset_on goes with"),
        (SCHEDULE + 'reset = "hourly"\n', "one.toml:7: schedule.reset: "),
        (SESSION + "[rates]\nsoft_per_s = 9\nhard_per_s = 9\n", "must be below hard_per_s"),
        (SESSION + "[rates]\nsoft_per_s = 0\n", "one.toml:6: rates.soft_per_s: "),
        (SESSION + "[rates]\nfast = 1\n", "one.toml:6: rates.fast: "),
        (SESSION + 'role = "boss"\n', "one.toml:5: role: "),
        (SESSION + "tls_required = true\n", "one.toml:5: tls_required: [fix.tls] of config/"),
        (SESSION + "[client_certificate]\n", "needs subject, san or sha256"),
        (SESSION + '[client_certificate]\nsha256 = "ab"\n', "64 hexadecimal digits"),
        (
            SESSION + '[client_certificate]\nsan = "a"\n',
            "one.toml:5: client_certificate: [fix.tls] of config/gateway.toml is not enabled",
        ),
    ],
)
def test_a_schedule_or_a_demand_that_does_not_fit_is_named(home, text, expected):
    (home / "sessions" / "one.toml").write_text(text)

    assert expected in _refused(home)


def test_a_schedule_says_when_a_session_is_open_and_when_its_numbers_begin_again(home):
    resets = 'reset = "weekly"\nreset_on = "Sun"\nreset_at = "16:55:30"\n'
    (home / "sessions" / "one.toml").write_text(SCHEDULE + resets + WEEK)

    (found,) = load(home, {}).sessions

    assert found.schedule is not None
    hours, when = found.schedule.hours(), found.schedule.resets()
    assert hours is not None
    assert when is not None
    friday = datetime(2026, 1, 9, 12, tzinfo=UTC)
    assert hours.next_close(friday) == datetime(2026, 1, 9, 22, tzinfo=UTC)
    assert when.next(friday) == datetime(2026, 1, 11, 21, 55, 30, tzinfo=UTC)


TLS = """\
[fix]
plain = {plain}
[fix.tls]
enabled = {enabled}
certificate = "own.pem"
key = "own.pem"
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TLS.format(plain="true", enabled="true"), "fix.tls: {home}/own.pem: No such file"),
        (TLS.format(plain="false", enabled="false"), "nobody could connect"),
        ("[fix.tls]\nenabled = true\n", "gateway.toml:1: fix.tls: needs certificate"),
        (
            TLS.format(plain="true", enabled="true") + 'client_certificates = "required"\n',
            "client_ca goes with client_certificates",
        ),
        (
            TLS.format(plain="true", enabled="true") + "port = 9878\n",
            "port and tls.port are the same",
        ),
    ],
)
def test_a_tls_port_that_cannot_be_is_named(home, text, expected):
    (home / "config" / "gateway.toml").write_text(text)

    assert expected.format(home=home) in _refused(home)


def test_a_name_that_no_certificate_could_have_is_refused(home):
    authority = Authority(home / "ca")
    own = authority.issue("own")
    own.rename(home / "own.pem")
    more = 'client_ca = "ca/Test CA.pem"\nclient_certificates = "optional"\n'
    (home / "config" / "gateway.toml").write_text(TLS.format(plain="true", enabled="true") + more)
    one = home / "sessions" / "one.toml"

    one.write_text(SESSION + '[client_certificate]\nsubject = "the desk"\n')
    assert "subject 'the desk' is no name like 'CN=desk,O=Client'" in _refused(home)

    one.write_text(SESSION + '[client_certificate]\nsubject = "CN=desk,O=Client"\n')
    (found,) = load(home, {}).sessions
    assert found.client_certificate is not None


def test_a_drop_copy_session_covers_sessions_that_there_are(home: Path) -> None:
    path = home / "sessions" / "copy.toml"
    text = 'name = "COPY"\nversion = "FIX.4.4"\ntarget_comp_id = "COPY"\nrole = "drop_copy"\n'
    path.write_text(text)
    assert "covers goes with role" in _refused(home)
    path.write_text(text + 'covers = ["NOBODY"]\n')
    assert f"{path}:5: covers NOBODY, which is no session for orders" in _refused(home)
    path.write_text(text.replace('role = "drop_copy"\n', ""))
    assert "default_venue is missing" in _refused(home)


def _routing(home, text):
    (home / "config" / "routing.toml").write_text(text)


def test_orders_can_be_routed_where_nothing_is_said_of_it(home):
    (home / "sessions" / "one.toml").write_text(SESSION.replace('"SIM"', '"SMART"'))

    (policy,) = load(home, {}).routing.policies()

    assert (policy.name, policy.split, policy.reroute) == ("best-price", False, True)


def test_a_session_names_a_policy_that_is_there(home):
    _routing(home, '[[policy]]\nname = "cheap"\nby = "lowest_fees"\n')
    (home / "sessions" / "one.toml").write_text(SESSION + 'routing = "dear"\n')

    assert _refused(home).endswith(
        "one.toml:5: routing: dear is no policy of config/routing.toml; there are: cheap"
    )


def test_a_policy_lists_venues_that_are_there(home):
    _routing(home, '[[policy]]\nname = "mine"\nby = "listed"\nvenues = ["SIM", "MOON"]\n')

    assert "policy mine: venue MOON is not in config/venues.toml" in _refused(home)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[policy]]\nname = "a"\nby = "luck"\n', "policy.0.by"),
        ('[[policy]]\nname = "a"\nby = "listed"\n', "there are none"),
        ('[[policy]]\nname = "a"\nby = "liquidity"\nparts_max = 1\n', "parts_max"),
        ('[[policy]]\nname = "a"\nby = "liquidity"\n' * 2, "two policies are named a"),
        ("policy = []\n", "at least one policy"),
        ("[health]\nlatency_ms_max = 0\n", "latency_ms_max"),
        ("[gaps]\ngain = 1\n", "gain"),
    ],
)
def test_a_fault_in_routing_is_named(home, text, fault):
    _routing(home, text)

    assert fault in _refused(home)


def test_no_venue_is_named_as_what_stands_for_all(home):
    (home / "config" / "venues.toml").write_text(VENUES.replace('"SIM"', '"SMART"'))

    assert "SMART is no venue" in _refused(home)


def test_fees_are_of_a_venue_and_of_its_instruments(home):
    (home / "config" / "venues.toml").write_text(
        f'{VENUES}[venue.fees]\ntaker_bp = 10\n[venue.fees.symbols."BTC/USDT"]\ntaker_bp = 5\n'
    )

    (fees,) = (each.fees.of(each.name) for each in load(home, {}).venues)

    assert (fees.of("ETH/USDT").taker_bp, fees.of("BTC/USDT").taker_bp) == (10, 5)
