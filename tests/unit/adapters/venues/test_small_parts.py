"""The small parts of the adapters: leg book, catalogue, backoff, words, Binance's readers."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from fixgate.adapters.venues.dialect import TradeFacts, UnreadableError
from fixgate.adapters.venues.dialects import binance_reading as reading
from fixgate.adapters.venues.instruments import Catalogue
from fixgate.adapters.venues.legs import Leg, LegBook
from fixgate.adapters.venues.sim_words import WHY_CANCELED, WHY_NOT
from fixgate.adapters.venues.timing import Backoff
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueName, VenueOrderID
from fixgate.domain.inputs import LegState
from fixgate.domain.instruments import Instrument
from fixgate.domain.values import ExecType, Side
from fixgate.matching import CancelReason, RejectReason

VENUE = VenueName("V")
BTC = Instrument(
    venue=VENUE,
    symbol="BTC/USDT",
    venue_symbol="BTCUSDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.001"),
)


def a_leg(number: int) -> Leg:
    return Leg(VenueClOrdID(f"TESTS0{number:08d}00"), BTC, Side.BUY, Decimal(1))


def a_trade(number: int, qty: str = "0.4") -> TradeFacts:
    return TradeFacts(trade_id=TradeID(f"T{number}"), last_qty=Decimal(qty), last_px=Decimal(1))


def test_every_reason_of_the_engine_has_words() -> None:
    assert set(WHY_NOT) == set(RejectReason)
    assert set(WHY_CANCELED) == set(CancelReason)


def test_backoff_doubles_up_to_its_limit_and_begins_again() -> None:
    backoff = Backoff(first_s=1, max_s=5)
    assert [backoff.next_s() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.next_s() == 1


def test_a_leg_counts_each_trade_once() -> None:
    leg = a_leg(1)
    assert leg.note_trade(a_trade(1))
    assert not leg.note_trade(a_trade(1))
    assert leg.cum_qty == Decimal("0.4")
    leg.note_all([a_trade(1), a_trade(2, "0.6")])
    assert leg.is_over


def test_the_leg_book_forgets_only_what_is_over_and_only_so_much() -> None:
    book = LegBook()
    still_open = a_leg(0)
    book.add(still_open)
    book.acknowledge(still_open, VenueOrderID("open"))
    for number in range(1, 2_500):
        leg = a_leg(number)
        book.add(leg)
        book.acknowledge(leg, VenueOrderID(str(number)))
        leg.closed = True
        book.settle(leg)
    assert len(book) == 2_001
    assert book.working() == [still_open]
    assert book.get(a_leg(1).venue_cl_ord_id) is None
    assert book.find("BTCUSDT", VenueOrderID("1")) is None
    assert book.find("BTCUSDT", VenueOrderID("open")) == still_open.venue_cl_ord_id


def test_the_catalogue_tells_differences_only() -> None:
    catalogue = Catalogue(VENUE, ["BTC/USDT", "ETH/USDT"])
    eth = replace(BTC, symbol="ETH/USDT")
    other = replace(BTC, symbol="SOL/USDT")
    first = catalogue.difference([BTC, eth, other])
    assert first is not None
    assert first.instruments == (BTC, eth)
    assert catalogue.difference([eth, BTC]) is None
    finer = replace(BTC, tick_size=Decimal("0.001"))
    news = catalogue.difference([finer])
    assert news is not None
    assert (news.instruments, news.removed) == ((finer,), ("ETH/USDT",))


def test_contracts_that_pay_in_another_currency_than_their_price_are_refused_by_name_once() -> None:
    catalogue = Catalogue(VENUE, ())
    names = ("BTC/USDT:USDT", "BTC/USDT:USDT-301227", "BTC/USD:BTC", "BTC/USD:BTC-301227")
    listed = [BTC, *(replace(BTC, symbol=each, venue_symbol=each) for each in names)]
    with capture_logs() as logs:
        news = catalogue.difference(listed)
        assert catalogue.difference(listed) is None
    assert news is not None
    symbols = [each.symbol for each in news.instruments]
    assert symbols == ["BTC/USDT", "BTC/USDT:USDT", "BTC/USDT:USDT-301227"]
    (line,) = logs
    assert line["symbols"] == "BTC/USD:BTC, BTC/USD:BTC-301227"
    assert catalogue.of("BTC/USD:BTC") is None


@pytest.mark.parametrize(
    "odd",
    [
        {"tick_size": Decimal("NaN")},
        {"tick_size": Decimal("Infinity")},
        {"tick_size": Decimal("-0.01")},
        {"tick_size": Decimal("1E-500")},
        {"lot_size": Decimal(-1)},
        {"lot_size": Decimal(0)},
        {"min_qty": Decimal("NaN")},
        {"min_qty": Decimal(-1)},
        {"max_qty": Decimal("1E+500")},
        {"min_notional": Decimal("sNaN")},
    ],
    ids=str,
)
def test_an_instrument_that_no_order_can_be_held_against_is_refused_by_name(
    odd: dict[str, Decimal],
) -> None:
    catalogue = Catalogue(VENUE, ())
    with capture_logs() as logs:
        news = catalogue.difference([BTC, replace(BTC, symbol="ODD/USDT", **odd)])
    assert news is not None
    assert news.instruments == (BTC,)
    assert [each["symbols"] for each in logs] == ["ODD/USDT"]


class ParsesOnlyWhole:
    """As ccxt parses a market."""

    def parse_markets(self, stated: list[Any]) -> list[dict[str, Any]]:
        return [
            {
                "symbol": f"{each['baseAsset']}/USDT",
                "id": each["symbol"],
                "spot": True,
                "active": True,
                "precision": {"price": "0.01", "amount": each["step"]},
                "limits": {"amount": {"min": None, "max": None}, "cost": {"min": None}},
            }
            for each in stated
        ]


def test_a_symbol_that_cannot_be_read_does_not_keep_the_others_away() -> None:
    whole = {"symbol": "BTCUSDT", "baseAsset": "BTC", "step": "0.001"}
    broken = (None, {}, {"symbol": "ETHUSDT"}, {**whole, "step": "what"})
    for wanted in (frozenset[str](), frozenset({"BTC/USDT", "ETH/USDT"})):
        found = reading.markets(ParsesOnlyWhole(), {"symbols": [*broken, whole]}, VENUE, wanted)
        assert [each.symbol for each in found] == ["BTC/USDT"]
    for stated in ({}, {"symbols": None}, {"symbols": {"BTCUSDT": whole}}):
        with pytest.raises(UnreadableError):
            list(reading.markets(ParsesOnlyWhole(), stated, VENUE, frozenset()))


ORDER: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "orderId": 28,
    "clientOrderId": "TESTS00000000100",
    "side": "BUY",
    "price": "0.00000000",
    "origQty": "10.00000000",
    "executedQty": "4.00000000",
    "status": "PARTIALLY_FILLED",
}


@pytest.mark.parametrize(
    ("status", "state", "exec_type"),
    [
        ("NEW", LegState.WORKING, None),
        ("PARTIALLY_FILLED", LegState.WORKING, None),
        ("PENDING_CANCEL", LegState.WORKING, None),
        ("FILLED", LegState.CLOSED, ExecType.TRADE),
        ("CANCELED", LegState.CLOSED, ExecType.CANCELED),
        ("EXPIRED", LegState.CLOSED, ExecType.EXPIRED),
        ("EXPIRED_IN_MATCH", LegState.CLOSED, ExecType.CANCELED),
        ("REJECTED", LegState.CLOSED, ExecType.REJECTED),
    ],
)
def test_every_order_status_of_binance_is_understood(
    status: str, state: LegState, exec_type: ExecType | None
) -> None:
    facts = reading.order(ORDER | {"status": status}, id_field="clientOrderId")
    assert (facts.state, facts.exec_type, facts.price) == (state, exec_type, None)
    assert facts.cum_qty == 4


def test_an_order_in_a_list_that_cannot_be_read_hides_no_other():
    others = ({"status": "SOMETHING_NEW"}, {"origQty": "-1"}, {"orderId": None})
    listed = [*(ORDER | each for each in others), 7, ORDER]
    assert reading.orders(listed) == (reading.order(ORDER, id_field="clientOrderId"),)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "",
        [],
        {},
        ORDER | {"status": "SOMETHING_NEW"},
        ORDER | {"executedQty": "NaN"},
        ORDER | {"executedQty": "many"},
        ORDER | {"orderId": None},
        {key: value for key, value in ORDER.items() if key != "clientOrderId"},
    ],
    ids=str,
)
def test_what_is_not_an_order_is_unreadable(broken: Any) -> None:
    with pytest.raises(UnreadableError):
        reading.order(broken, id_field="clientOrderId")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read_or_unreadable_and_nothing_else(body: Any) -> None:
    """Invariant: no answer whatever makes a reader raise anything but UnreadableError."""
    for read in (
        lambda: reading.submitted(body),
        lambda: reading.orders(body),
        lambda: reading.trades(body, Side.BUY, page=10),
        lambda: reading.server_time_ms(body),
        lambda: reading.stream(body, lambda *_: None),
    ):
        try:
            read()
        except UnreadableError:
            continue


@given(st.dictionaries(st.sampled_from("ecCsSofqpPxXrilzLnNTtwm"), JSON, max_size=30))
def test_any_execution_report_is_read_or_unreadable(event: dict[str, Any]) -> None:
    """Invariant: as above, for messages that look like reports of our orders."""
    report = event | {"e": "executionReport"}
    try:
        reading.stream({"subscriptionId": 0, "event": report}, lambda *_: None)
    except UnreadableError:
        return


def test_limits_are_read_from_what_the_venue_states() -> None:
    stated: dict[str, list[Any]] = {
        "rateLimits": [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": 6000,
            },
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
            {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 9},
        ]
    }
    sane = {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 9}
    odd: list[Any] = [None, {}, {**sane, "interval": "EON"}, {**sane, "limit": None}]
    odd += [{**sane, "limit": 0}, {**sane, "intervalNum": 0}, {**sane, "intervalNum": -1}]
    stated["rateLimits"] += odd
    found = [(each.kind, each.count, each.period_s) for each in reading.allowances(stated)]
    assert found == [("weight", 6000, 60.0), ("orders", 100, 10.0)]
    headers = {"X-MBX-USED-WEIGHT-1M": "12", "x-mbx-order-count-10s": "3", "Date": "x"}
    assert reading.used(headers) == (("weight", 60.0, 12), ("orders", 10.0, 3))
