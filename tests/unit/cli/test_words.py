"""Every report is a sentence that a trader understands."""

import pytest

from fixgate.cli.words import in_words, number, order_in_words
from unit.cli.peer import from_gateway, report

FILL = {"t31": "50000.12", "t32": "0.5", "t14": "0.5", "t6": "50000.12"}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            report(2, "A", "0", "0", t44="50000", t151="0.5"),
            "accepted: 0.5 BTC/USDT at 50,000 is working",
        ),
        (report(2, "A", "F", "2", **FILL), "filled 0.5 BTC/USDT at 50,000.12; nothing left"),
        (
            report(2, "A", "2", "2", t20="0", **FILL),
            "filled 0.5 BTC/USDT at 50,000.12; nothing left",
        ),
        (
            report(2, "A", "F", "1", t151="0.300", **(FILL | {"t32": "0.2"})),
            "filled 0.2 BTC/USDT at 50,000.12; 0.3 left",
        ),
        (
            report(2, "A", "F", "6", t151="0.3", **FILL),
            "filled 0.5 BTC/USDT at 50,000.12; 0.3 left (pending cancel)",
        ),
        (report(2, "A", "4", "4"), "canceled; nothing was filled"),
        (
            report(2, "A", "4", "4", t58="self-trade", **FILL),
            "canceled (self-trade); 0.5 filled at 50,000.12 on average",
        ),
        (
            report(2, "A", "5", "0", t44="49000", t151="0.5"),
            "replaced: now 0.5 BTC/USDT at 49,000; 0.5 left",
        ),
        (
            report(2, "A", "0", "0", t44="51100", t99="51000", t151="0.5"),
            "accepted: 0.5 BTC/USDT at 51,100 waits for 51,000",
        ),
        (report(2, "A", "6", "6"), "cancel asked for; waiting for the venue"),
        (report(2, "A", "E", "E"), "replace asked for; waiting for the venue"),
        (report(2, "A", "8", "8", t58="no such symbol"), "rejected: no such symbol"),
        (report(2, "A", "A", "A"), "received; waiting for the venue"),
        (report(2, "A", "C", "C"), "expired; nothing was filled"),
        (report(2, "A", "3", "3"), "done for the day; nothing was filled"),
        (report(2, "A", "I", "0", t151="0.5"), "status: new; nothing was filled; 0.5 left"),
        (
            report(2, "A", "0", "0", t20="3", t151="0.5"),
            "status: new; nothing was filled; 0.5 left",
        ),
        (report(2, "A", "I", "8", t58="unknown order"), "status: rejected: unknown order"),
        (report(2, "A", "L", "0"), "triggered: 0.5 BTC/USDT is working"),
        (report(2, "A", "H", "0", t19="E7"), "trade E7 is taken back; nothing was filled"),
        (report(2, "A", "0", "0", t20="1", t19="E7"), "trade E7 is taken back; nothing was filled"),
        (
            report(2, "A", "G", "1", t19="E7", **FILL),
            "trade E7 is corrected to 0.5 at 50,000.12; 0.5 filled at 50,000.12 on average",
        ),
        (
            report(2, "A", "D", "0", t44="49999", t151="0.5"),
            "the venue changed it to 0.5 BTC/USDT at 49,999; 0.5 left",
        ),
        (
            from_gateway("9", 2, (434, "1"), (39, "2"), (58, "too late")),
            "cancel refused: too late; the order is filled",
        ),
        (
            from_gateway("9", 2, (434, "2"), (39, "2"), (58, "The order is filled")),
            "replace refused: The order is filled",
        ),
        (
            from_gateway("3", 2, (45, "7"), (371, "44"), (58, "Price is no number")),
            "message 7 was rejected: Price is no number (tag 44)",
        ),
        (from_gateway("j", 2, (45, "7"), (58, "halted")), "message 7 was rejected: halted"),
    ],
)
def test_a_report_in_words(message, words):
    assert in_words(message) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("50000", "50,000"),
        ("0.50", "0.5"),
        ("100", "100"),
        ("0", "0"),
        (None, "0"),
        ("NaN", "NaN"),
        ("abc", "abc"),
        ("0.000000000001", "0.000000000001"),
    ],
)
def test_numbers_are_written_for_people(text, shown):
    assert number(text) == shown


def test_an_order_in_words():
    fields = {54: "2", 38: "1.50", 55: "ETH/USDT", 44: "3000", 99: "3010", 59: "6", 432: "20301231"}
    assert order_in_words(fields.get) == (
        "sell 1.5 ETH/USDT when 3,010 is reached, at 3,000 or better, until a date (20301231)"
    )


def test_a_trailing_stop_in_words():
    fields = {54: "2", 38: "0.5", 55: "BTC/USDT", 40: "P", 211: "50", 836: "1", 59: "1"}
    wanted = "when the market turns by 50 basis points, at the market, until canceled"
    assert order_in_words(fields.get) == f"sell 0.5 BTC/USDT {wanted}"
