"""What a MarketDataRequest asks for, and why it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgate.adapters.fix.market_data_request import (
    LEVELS_MAX,
    MDRefusal,
    MDRequest,
    Rejected,
    Wish,
    bad_id,
    read,
)

GOOD = "262=a|263=1|264=0|265=1|267=2|269=0|269=1|146=2|55=BTC/USDT|207=SIM|55=ETH/USDT|"


def asked(body: str) -> MDRequest | MDRefusal:
    return read(f"35=V|34=2|{body}10=000|".replace("|", "\x01"))


def test_each_symbol_has_the_venue_that_stands_with_it() -> None:
    assert asked(GOOD) == MDRequest(
        md_req_id="a",
        wish=Wish.SUBSCRIBE,
        levels=LEVELS_MAX,
        incremental=True,
        entry_types=frozenset("01"),
        symbols=(("BTC/USDT", "SIM"), ("ETH/USDT", None)),
    )


def test_without_an_update_type_the_whole_picture_is_asked_for() -> None:
    request = asked(GOOD.replace("265=1|", ""))
    assert isinstance(request, MDRequest)
    assert not request.incremental


def test_an_unsubscription_is_taken_whatever_else_it_says() -> None:
    request = asked("262=a|263=2|264=999|265=7|267=1|269=Z|146=0|")
    assert isinstance(request, MDRequest)
    assert request.wish is Wish.UNSUBSCRIBE


@pytest.mark.parametrize(
    ("was", "becomes", "reason"),
    [
        ("263=1|", "263=7|", Rejected.UNSUPPORTED_REQUEST_TYPE),
        ("264=0|", "264=201|", Rejected.UNSUPPORTED_DEPTH),
        ("264=0|", "264=-1|", Rejected.UNSUPPORTED_DEPTH),
        ("264=0|", "264=99999999999999999999|", Rejected.UNSUPPORTED_DEPTH),
        ("265=1|", "265=2|", Rejected.UNSUPPORTED_UPDATE_TYPE),
        ("265=1|", "265=1|266=N|", Rejected.UNSUPPORTED_AGGREGATED_BOOK),
        ("265=1|", "265=1|286=0|", Rejected.UNSUPPORTED_OPEN_CLOSE_SETTLE),
        ("265=1|", "265=1|546=1|", Rejected.UNSUPPORTED_SCOPE),
        ("265=1|", "265=1|547=Y|", Rejected.UNSUPPORTED_IMPLICIT_DELETE),
        ("207=SIM|", "207=SIM|336=1|", Rejected.UNSUPPORTED_TRADING_SESSION),
        ("269=1|", "269=7|", Rejected.UNSUPPORTED_ENTRY_TYPE),
        ("267=2|269=0|269=1|", "267=0|", Rejected.UNSUPPORTED_ENTRY_TYPE),
        ("146=2|55=BTC/USDT|207=SIM|55=ETH/USDT|", "146=0|", Rejected.UNKNOWN_SYMBOL),
    ],
)
def test_what_is_not_served_is_refused_with_its_own_reason(
    was: str, becomes: str, reason: Rejected
) -> None:
    refusal = asked(GOOD.replace(was, becomes))
    assert isinstance(refusal, MDRefusal)
    assert refusal.reason is reason
    assert refusal.text


@pytest.mark.parametrize("harmless", ["266=Y|", "547=N|"])
def test_a_flag_that_asks_for_what_is_done_anyhow_is_taken(harmless: str) -> None:
    assert isinstance(asked(GOOD.replace("265=1|", f"265=1|{harmless}")), MDRequest)


@pytest.mark.parametrize("md_req_id", ["", "x" * 65, "a\x00", "a\x1a"])
def test_an_id_that_cannot_be_repeated_is_none(md_req_id: str) -> None:
    assert bad_id(md_req_id)


@given(
    st.lists(st.tuples(st.integers(1, 600), st.text(max_size=5).filter(lambda t: "\x01" not in t)))
)
def test_any_fields_give_a_request_or_a_refusal(fields: list[tuple[int, str]]) -> None:
    body = "262=a\x01" + "".join(f"{tag}={value}\x01" for tag, value in fields if tag != 262)
    assert isinstance(read(f"8=FIX.4.4\x0135=V\x01{body}10=000\x01"), MDRequest | MDRefusal)
