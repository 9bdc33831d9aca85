"""What is typed becomes FIX fields, or one line that says what is wrong."""

import pytest

from fixgate.cli.ticket import BadTicket, make_changes, make_ticket

AT_NS = 1_790_000_000_000_000_000


def _fields(side="buy", qty="0.5", symbol="BTC/USDT", **options):
    options = {name.replace("_", "-"): value for name, value in options.items()}
    return dict(make_ticket(side, qty, symbol, options).fields("A1", AT_NS))


@pytest.mark.parametrize(
    ("options", "ord_type"),
    [
        ({}, "1"),
        ({"limit": "50000"}, "2"),
        ({"stop": "49000"}, "3"),
        ({"stop": "49000", "limit": "48900"}, "4"),
    ],
)
def test_the_type_follows_from_the_prices(options, ord_type):
    assert _fields(**options)[40] == ord_type


def test_an_order_has_all_that_both_versions_require():
    fields = _fields(limit="50,000", venue="SIM", account="DEMO", post_only="")

    assert fields == {
        11: "A1", 1: "DEMO", 21: "1", 18: "6", 100: "SIM", 55: "BTC/USDT", 54: "1",
        60: "20260921-14:13:20.000", 38: "0.5", 40: "2", 44: "50000", 59: "0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"trail": "500"}, {40: "P", 18: "a", 211: "500"}),
        ({"trail": "50bp"}, {40: "P", 18: "a", 211: "50", 836: "1"}),
        ({"trail": "7ticks"}, {40: "P", 18: "a", 211: "7", 836: "2"}),
        ({"limit": "9", "iceberg": "0.1"}, {40: "2", 111: "0.1"}),
        ({"limit": "9", "stop-loss": "8", "take-profit": "10"}, {20003: "8", 20004: "10"}),
        ({"limit": "9", "tif": "ioc", "min_qty": "0.1"}, {110: "0.1", 59: "3"}),
        ({"reduce_only": "", "leverage": "5"}, {77: "C", 20001: "5"}),
        ({"self_trade": "both"}, {7928: "B"}),
    ],
)
def test_the_rarer_terms(options, wanted):
    fields = _fields(**options)
    assert {tag: fields[tag] for tag in wanted} == wanted


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ("2030-12-31", (432, "20301231")),
        ("2030-12-31T16:00", (126, "20301231-16:00:00")),
        ("2030-12-31T16:00:05+02:00", (126, "20301231-14:00:05")),
    ],
)
def test_an_expiry_makes_an_order_good_till_date(typed, field):
    fields = _fields(limit="1", expire=typed)

    assert fields[59] == "6"
    assert fields[field[0]] == field[1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"side": "hold"}, "neither buy nor sell"),
        ({"qty": "1e3"}, "not a number"),
        ({"qty": "-1"}, "not a number"),
        ({"qty": "NaN"}, "not a number"),
        ({"qty": "\u0661"}, "not a number"),
        ({"limit": "abc"}, "--limit"),
        ({"symbol": "BTC\x01USDT"}, "cannot carry"),
        ({"symbol": ""}, "cannot carry"),
        ({"venue": "Bör\u00f6se"}, "cannot carry"),
        ({"tif": "forever"}, "one of day, gtc"),
        ({"tif": "gtd"}, "go together"),
        ({"tif": "day", "expire": "2030-12-31"}, "go together"),
        ({"expire": "tomorrow"}, "a date like"),
        ({"trail": "5%"}, "--trail"),
        ({"self_trade": "me"}, "one of newest"),
    ],
)
def test_what_cannot_be_an_order_is_refused_in_one_line(changed, message):
    with pytest.raises(BadTicket, match=message) as refused:
        _fields(**changed)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "rests"),
    [
        ({}, False),
        ({"limit": "1"}, True),
        ({"limit": "1", "tif": "ioc"}, False),
        ({"stop": "1"}, True),
    ],
)
def test_only_some_orders_can_rest(options, rests):
    assert make_ticket("buy", "1", "BTC/USDT", options).may_rest is rests


def test_a_replace_must_change_something():
    with pytest.raises(BadTicket, match="say what to change"):
        make_changes({})
