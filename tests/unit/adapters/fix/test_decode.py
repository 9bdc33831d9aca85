"""What a client's message means, and what is said of one that means nothing."""

from decimal import Decimal

import pytest

from fixgate.adapters.fix.decode import decode
from fixgate.adapters.fix.tags import end_of_day_ns, to_decimal, to_ns, utc_timestamp
from fixgate.domain.errors import Refusal
from fixgate.domain.extras import Extras
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import (
    BadMessage,
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderStatusRequest,
    UnservedMessage,
)
from fixgate.domain.order import Terms
from fixgate.domain.values import (
    BusinessRejectReason,
    MarginMode,
    OrdType,
    PositionEffect,
    SelfTradePrevention,
    Side,
    TimeInForce,
)

CLIENT = SessionName("CLIENT")
AN_ORDER = "35=D|34=2|11=X|21=1|55=BTC/USDT|54=1|60=20231114-22:13:20|38=100|40=2|44=9"


def told(text: str) -> object:
    return decode(CLIENT, f"8=FIX.4.4|9=1|{text}|10=000|".replace("|", "\x01"))


def an_order(text: str) -> NewOrderSingle:
    command = told(text)
    assert isinstance(command, NewOrderSingle)
    return command


def test_a_new_order() -> None:
    command = an_order(f"{AN_ORDER}|1=ACC|59=1|18=6|100=SIM|109=CL|97=Y")
    assert command.terms == Terms(
        order_qty=Decimal(100),
        ord_type=OrdType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCEL,
        price=Decimal(9),
        post_only=True,
    )
    assert (command.side, command.account, command.destination) == (Side.BUY, "ACC", "SIM")
    assert command.poss_resend
    assert command.fault is None
    assert command.echo == (
        (18, "6"),
        (21, "1"),
        (55, "BTC/USDT"),
        (100, "SIM"),
        (109, "CL"),
    )


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ("40=P", "OrdType (40) P and ExecInst (18) a, a trailing stop, go together"),
        ("40=5", "OrdType (40) 5 is not supported"),
        ("59=7", "TimeInForce (59) 7 is not supported"),
        ("18=1", "ExecInst (18) 1 is not supported"),
        ("18=6 1", "ExecInst (18) 6 1 is not supported"),
        ("54=5", "Side (54) 5 is not supported"),
        ("110=1e5", "MinQty (110) 1e5 is not a number"),
        ("111=x", "MaxFloor (111) x is not a number"),
        ("77=R", "PositionEffect (77) R is not supported"),
        ("7928=D", "SelfTradePrevention (7928) D is not supported"),
        ("20001=x", "LeverageRatio (20001) x is not a number"),
        ("20002=X", "MarginMode (20002) X is not supported"),
        ("210=1", "MaxShow (210) is not supported"),
        ("152=1", "OrderQty (38) and CashOrderQty (152) exclude each other"),
        ("152=0.0000000000001", "CashOrderQty (152) 0.0000000000001 is not a number of at most 15"),
        ("38=1e5", "OrderQty (38) 1e5 is not a number of at most 15 integer and 12 fraction"),
        ("38=NaN", "OrderQty (38) NaN is not a number"),
        ("38=1e999", "OrderQty (38) 1e999 is not a number"),
        ("38=٣", "OrderQty (38) ٣ is not a number"),
        ("38=1_0", "OrderQty (38) 1_0 is not a number"),
        ("38=1234567890123456", "OrderQty (38) 1234567890123456 is not a number"),
        ("44=0.1234567890123", "Price (44) 0.1234567890123 is not a number"),
        ("40=1", "Price (44) does not go with MARKET orders"),
        ("99=8", "StopPx (99) does not go with LIMIT orders"),
        ("40=4", "StopPx (99) is required for this order"),
        ("59=6", "GTD (59=6) needs ExpireTime (126) or ExpireDate (432)"),
        ("59=6|126=tomorrow", "ExpireTime (126) or ExpireDate (432) is not a time"),
        ("59=6|126=20231114-22:13:20.²", "ExpireTime (126) or ExpireDate (432) is not a time"),
        ("59=6|432=2023-11-14", "ExpireTime (126) or ExpireDate (432) is not a time"),
        ("59=6|432=20231314", "ExpireTime (126) or ExpireDate (432) is not a time"),
    ],
)
def test_an_order_that_cannot_be_done_says_why_and_is_echoed_whole(more: str, text: str) -> None:
    command = an_order(f"{AN_ORDER}|{more}")
    assert isinstance(command.fault, Refusal)
    assert command.fault.text.startswith(text)
    echoed = dict(command.echo)
    assert {38, 40, 44, 54, 55} <= set(echoed)


@pytest.mark.parametrize(
    ("text", "tag", "reason"),
    [
        ("35=D|34=2|55=BTC/USDT", 11, 1),
        ("35=D|34=2|11=|55=BTC/USDT", 11, 4),
        ("35=F|34=2|11=Y", 41, 1),
        ("35=G|34=2|11=Y|41=", 41, 4),
        ("35=H|34=2", 11, 1),
        (f"35=H|34=2|11={'x' * 65}", 11, 5),
        (f"{AN_ORDER}|109={'x' * 65}", 109, 5),
        (f"{AN_ORDER}|1=a\x00b", 1, 6),
        (f"{AN_ORDER}|526=a\nb", 526, 6),
    ],
)
def test_a_field_that_breaks_a_rule_is_rejected(text: str, tag: int, reason: int) -> None:
    command = told(text)
    assert isinstance(command, BadMessage)
    assert (command.ref_tag_id, command.reason, command.ref_seq_num) == (tag, reason, 2)


@pytest.mark.parametrize("number", ["", "x", "²", "9" * 5000, "-1"])
def test_a_sequence_number_that_is_none_is_zero(number: str) -> None:
    command = told(f"35=H|34={number}")
    assert isinstance(command, BadMessage)
    assert command.ref_seq_num == 0


@pytest.mark.parametrize(
    ("old", "new", "tag", "reason"),
    [
        ("67=2", "67=", 67, 4),
        ("|60=20231114-22:13:20|67=2", "|60=|67=2", 60, 4),
        ("|40=2|44=8", "|44=8", 40, 1),
        ("|55=ETH/USDT", "", 55, 1),
        ("11=Y", "11=" + "Y" * 65, 11, 5),
    ],
)
def test_a_field_that_breaks_a_rule_in_an_order_of_a_list_rejects_the_list(
    old: str, new: str, tag: int, reason: int
) -> None:
    one = "11=X|60=20231114-22:13:20|67=1|55=BTC/USDT|54=2|38=1|40=2|44=9"
    other = "11=Y|60=20231114-22:13:20|67=2|55=ETH/USDT|54=2|38=1|40=2|44=8"
    assert old in other
    command = told(f"35=E|34=7|66=L|68=2|1385=1|73=2|{one}|{other.replace(old, new)}")
    assert isinstance(command, BadMessage)
    assert (command.ref_msg_type, command.ref_seq_num) == ("E", 7)
    assert (command.ref_tag_id, command.reason) == (tag, reason)


def test_the_terms_that_most_orders_do_not_have() -> None:
    command = an_order(f"{AN_ORDER}|111=10|110=5|77=C|7928=O|20001=5|20002=I")
    assert command.terms is not None
    assert command.terms.extras == Extras(
        max_floor=Decimal(10),
        min_qty=Decimal(5),
        position_effect=PositionEffect.CLOSE,
        self_trade=SelfTradePrevention.CANCEL_OLDEST,
        leverage=Decimal(5),
        margin_mode=MarginMode.ISOLATED,
    )
    plain = an_order(AN_ORDER)
    assert plain.terms is not None
    assert plain.terms.extras is None


def test_a_message_that_is_not_served() -> None:
    command = told("35=AB|34=2|11=L")
    assert isinstance(command, UnservedMessage)
    assert command.reason is BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE
    assert (command.ref_msg_type, command.ref_id) == ("AB", "L")


def test_a_replace_names_what_it_keeps() -> None:
    body = "11=Y|41=X|55=BTC/USDT|54=1|38=1|40=2|44=9"
    command = told(f"35=G|34=2|{body}")
    assert isinstance(command, OrderCancelReplaceRequest)
    assert command.keeps == {"time_in_force", "post_only"}
    command = told(f"35=G|34=2|{body}|59=1|18=6")
    assert isinstance(command, OrderCancelReplaceRequest)
    assert command.keeps == frozenset()


def test_a_cancel_and_a_status_request() -> None:
    command = told("35=F|34=2|11=Y|41=X|55=BTC/USDT|54=2|1=ACC")
    assert isinstance(command, OrderCancelRequest)
    assert (command.cl_ord_id, command.orig_cl_ord_id, command.side) == ("Y", "X", Side.SELL)
    command = told("35=H|34=2|11=X|37=O|790=Q|55=BTC/USDT|54=1")
    assert isinstance(command, OrderStatusRequest)
    assert (command.order_id, command.ord_status_req_id) == ("O", "Q")
    assert command.echo == ((54, "1"), (55, "BTC/USDT"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "1"),
        ("1.", "1"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("1.50", "1.5"),
        ("0.000", "0"),
        ("-0.0", "0"),
        (".0", "0"),
        ("007", "7"),
        ("0.00000000000000", "0"),
        ("999999999999999.999999999999", "999999999999999.999999999999"),
    ],
)
def test_a_fix_float_is_taken_exactly(text: str, expected: str) -> None:
    assert to_decimal(text) == Decimal(expected)


@pytest.mark.parametrize(
    "text", ["", "-", ".", "-.", "+1", "1e5", "1,5", " 1", "1 ", "0x1", "NaN", "inf", "٣", "1.2.3"]
)
def test_what_is_no_fix_float_is_none(text: str) -> None:
    assert to_decimal(text) is None


def test_times_to_the_nanosecond_and_back() -> None:
    assert to_ns("19700101-00:00:01") == 1_000_000_000
    assert to_ns("20231114-22:13:20.123456789") == 1_700_000_000_123_456_789
    assert utc_timestamp(1_700_000_000_123_456_789) == "20231114-22:13:20.123"
    assert to_ns("20231114-22:13:20.") is None
    assert to_ns("20231114-22:13:60") is None or to_ns("20231114-22:13:60") == 1_700_000_040 * 10**9
    assert end_of_day_ns("19700101") == 86_400 * 10**9 - 1
    assert end_of_day_ns("1970-01-01") is None
