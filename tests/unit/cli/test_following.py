"""The log's words: times that a person types, tags by name."""

from pathlib import Path

import pytest

from fixgate.cli.console import Problem
from fixgate.cli.dictionary import NO_NAMES, read_names
from fixgate.cli.moments import moment_ns
from fixgate.cli.showing import decoded, raw_text
from unit.cli.peer import from_gateway, report

ROOT = Path(__file__).parents[3]
NOW_NS = 1_790_000_000_500_000_000  # 2026-09-21 14:13:20.5
SECOND_NS = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "before_s"),
    [
        ("10m", 600.0),
        ("2h", 7_200.0),
        ("45s", 45.0),
        ("1d", 86_400.0),
        ("14:00", 800.5),
        ("14:13:20", 0.5),
        ("2026-09-21T14:13", 20.5),
        ("2026-09-21T16:13:00+02:00", 20.5),
        ("2026-09-21", 51_200.5),
    ],
)
def test_a_time_is_read_as_a_person_means_it(text, before_s):
    assert moment_ns("--since", text, NOW_NS) == NOW_NS - int(before_s * SECOND_NS)


@pytest.mark.parametrize("text", ["", "noon", "25:00", "10x", "2026-13-01"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(Problem, match="--since"):
        moment_ns("--since", text, NOW_NS)


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4"])
def test_tags_and_values_have_names(version):
    names = read_names(ROOT / "fix_specs")[version]

    fields = decoded(report(2, "A1", "0", "2", t31="50000.12"), names)

    assert "ClOrdID(11)=A1" in fields
    assert "OrdStatus(39)=2 FILLED" in fields
    assert "LastPx(31)=50000.12" in fields
    assert names.message("D") in ("NewOrderSingle", "OrderSingle")
    assert not any(each.startswith("BodyLength") for each in fields)


def test_without_dictionaries_the_log_is_still_readable(tmp_path):
    names = read_names(tmp_path)["FIX.4.4"]

    assert names is NO_NAMES
    assert "11(11)=A1" in decoded(report(2, "A1", "0", "2"), names)


def test_a_password_is_not_shown():
    logon = from_gateway("A", 1, (98, "0"), (553, "jane"), (554, "secret"), (925, "newsecret"))

    shown = [*decoded(logon, NO_NAMES), raw_text(logon.text)]

    assert "secret" not in " ".join(shown)
    assert "554(554)=***" in shown
    assert "|553=jane|554=***|925=***|" in shown[-1]
