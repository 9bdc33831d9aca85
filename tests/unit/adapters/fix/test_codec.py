"""What is written to clients: whole messages, and tables without gaps."""

from decimal import Decimal

import pytest

from builders import a_report, some_terms
from fakes.core import START_NS
from fixgate.adapters.fix.codec import Codec, addressing
from fixgate.adapters.fix.dialect import Dialect
from fixgate.adapters.fix.fix42 import FIX42
from fixgate.adapters.fix.fix44 import FIX44
from fixgate.adapters.fix.tags import clean
from fixgate.domain.ids import ClOrdID, ExecID, OrderID, SessionName, TradeID, VenueOrderID
from fixgate.domain.reports import (
    BusinessMessageReject,
    LastFill,
    OrderCancelReject,
    Reject,
    Report,
)
from fixgate.domain.sessions import FixVersion
from fixgate.domain.values import (
    BusinessRejectReason,
    CxlRejResponseTo,
    ExecType,
    OrdStatus,
    RefusalReason,
    RestatementReason,
    TimeInForce,
)
from scenarios.invariants import check_well_formed

CLIENT = SessionName("CLIENT")


def written(report: Report, version: FixVersion) -> str:
    codec = Codec({CLIENT: addressing(version, sender_comp_id="FIXGATE", target_comp_id="CLIENT")})
    text = codec.encode(report, msg_seq_num=7, at_ns=START_NS + 123_456_789)
    check_well_formed(text)
    return text.replace("\x01", "|")


A_TRADE = a_report(
    exec_type=ExecType.TRADE,
    ord_status=OrdStatus.PARTIALLY_FILLED,
    cum_qty=Decimal("33.3"),
    leaves_qty=Decimal("66.7"),
    avg_px=Decimal("8.666666666667"),
    venue_order_id=VenueOrderID("V1"),
    last=LastFill(
        last_qty=Decimal("33.30"),
        last_px=Decimal("9.10"),
        last_mkt="V",
        trade_id=TradeID("T1"),
        maker=True,
    ),
)
A_REPLACE = a_report(
    exec_type=ExecType.REPLACED,
    cl_ord_id=ClOrdID("Y"),
    orig_cl_ord_id=ClOrdID("X"),
    echo=((55, "BTC/USDT"), (126, "20331114-00:00:00")),
    terms=some_terms(time_in_force=TimeInForce.GOOD_TILL_DATE, order_qty=Decimal("1E+3")),
)
A_REFUSAL = OrderCancelReject(
    session=CLIENT,
    order_id=None,
    cl_ord_id=ClOrdID("Y"),
    orig_cl_ord_id=ClOrdID("NIX"),
    ord_status=OrdStatus.REJECTED,
    response_to=CxlRejResponseTo.CANCEL,
    refusal=RefusalReason.UNKNOWN_ORDER,
    text="Unknown order",
)
A_REJECT = Reject(
    session=CLIENT,
    ref_seq_num=3,
    ref_msg_type="D",
    ref_tag_id=11,
    reason=5,
    text="Tag 11 is longer than 64 characters",
)
A_BUSINESS_REJECT = BusinessMessageReject(
    session=CLIENT,
    ref_seq_num=3,
    ref_msg_type="E",
    reason=BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE,
    text="MsgType (35) E is not supported",
    ref_id="L1",
)


@pytest.mark.parametrize(
    ("report", "version", "golden"),
    [
        (
            a_report(),
            FixVersion.FIX44,
            (
                "8=FIX.4.4|9=197|35=8|34=7|49=FIXGATE|52=20231114-22:13:20.123|56=CLIENT|1=ACC|6=0|"
                "11=X|14=0|17=EPOCH000000002-0|37=EPOCH000000001|38=100|39=0|40=2|44=9|54=1|"
                "55=BTC/USDT|59=0|60=20231114-22:13:20.123|150=0|151=100|10=247|"
            ),
        ),
        (
            a_report(),
            FixVersion.FIX42,
            (
                "8=FIX.4.2|9=202|35=8|34=7|49=FIXGATE|52=20231114-22:13:20.123|56=CLIENT|1=ACC|6=0|"
                "11=X|14=0|17=EPOCH000000002-0|20=0|37=EPOCH000000001|38=100|39=0|40=2|44=9|54=1|"
                "55=BTC/USDT|59=0|60=20231114-22:13:20.123|150=0|151=100|10=184|"
            ),
        ),
        (
            A_TRADE,
            FixVersion.FIX44,
            (
                "8=FIX.4.4|9=254|35=8|34=7|49=FIXGATE|52=20231114-22:13:20.123|56=CLIENT|1=ACC|"
                "6=8.666666666667|11=X|14=33.3|17=EPOCH000000002-0|30=V|31=9.1|32=33.3|"
                "37=EPOCH000000001|38=100|39=1|40=2|44=9|54=1|55=BTC/USDT|59=0|"
                "60=20231114-22:13:20.123|150=F|151=66.7|198=V1|527=T1|851=1|10=014|"
            ),
        ),
        (
            A_TRADE,
            FixVersion.FIX42,
            (
                "8=FIX.4.2|9=246|35=8|34=7|49=FIXGATE|52=20231114-22:13:20.123|56=CLIENT|1=ACC|"
                "6=8.666666666667|11=X|14=33.3|17=EPOCH000000002-0|20=0|30=V|31=9.1|32=33.3|"
                "37=EPOCH000000001|38=100|39=1|40=2|44=9|54=1|55=BTC/USDT|59=0|"
                "60=20231114-22:13:20.123|150=1|151=66.7|198=V1|10=090|"
            ),
        ),
        (
            A_REPLACE,
            FixVersion.FIX44,
            (
                "8=FIX.4.4|9=225|35=8|34=7|49=FIXGATE|52=20231114-22:13:20.123|56=CLIENT|1=ACC|6=0|"
                "11=Y|14=0|17=EPOCH000000002-0|37=EPOCH000000001|38=1000|39=0|40=2|41=X|44=9|54=1|"
                "55=BTC/USDT|59=6|60=20231114-22:13:20.123|126=20331114-00:00:00|150=5|151=100|"
                "10=077|"
            ),
        ),
        (
            A_REFUSAL,
            FixVersion.FIX42,
            (
                "8=FIX.4.2|9=135|35=9|34=7|49=FIXGATE|52=20231114-22:13:20.123|56=CLIENT|11=Y|"
                "37=NONE|39=8|41=NIX|58=Unknown order|60=20231114-22:13:20.123|102=1|434=1|10=176|"
            ),
        ),
        (
            A_REJECT,
            FixVersion.FIX44,
            (
                "8=FIX.4.4|9=119|35=3|34=7|49=FIXGATE|52=20231114-22:13:20.123|56=CLIENT|45=3|"
                "58=Tag 11 is longer than 64 characters|371=11|372=D|373=5|10=137|"
            ),
        ),
        (
            A_BUSINESS_REJECT,
            FixVersion.FIX44,
            (
                "8=FIX.4.4|9=115|35=j|34=7|49=FIXGATE|52=20231114-22:13:20.123|56=CLIENT|45=3|"
                "58=MsgType (35) E is not supported|372=E|379=L1|380=3|10=128|"
            ),
        ),
    ],
)
def test_messages_to_the_byte(report: Report, version: FixVersion, golden: str) -> None:
    assert written(report, version) == golden


@pytest.mark.parametrize("dialect", [FIX42, FIX44])
def test_every_reason_and_every_exec_type_has_its_value(dialect: Dialect) -> None:
    assert set(dialect.ord_rej_reason) == set(RefusalReason)
    assert set(dialect.cxl_rej_reason) == set(RefusalReason)
    assert set(dialect.exec_types) == set(ExecType)


def test_fix42_uses_only_values_of_its_standard() -> None:
    """FIX 4.2: 103 0-8, 102 0-3, 150 without F to I and L, 378 0-5, 20 0-3."""
    assert set(FIX42.ord_rej_reason.values()) <= set(range(9))
    assert set(FIX42.cxl_rej_reason.values()) <= set(range(4))
    assert set("".join(FIX42.exec_types.values())) <= set("0123456789ABCDE")
    assert FIX42.exec_trans_types is not None
    assert set(FIX42.exec_trans_types.values()) <= set("0123")


def test_fix44_uses_only_values_of_its_standard() -> None:
    assert set(FIX44.ord_rej_reason.values()) <= {*range(16), 99}
    assert set(FIX44.cxl_rej_reason.values()) <= {*range(7), 18, 99}


@pytest.mark.parametrize("version", FixVersion)
@pytest.mark.parametrize("exec_type", ExecType)
@pytest.mark.parametrize("ord_status", OrdStatus)
def test_every_report_can_be_written(
    version: FixVersion, exec_type: ExecType, ord_status: OrdStatus
) -> None:
    report = a_report(
        exec_type=exec_type,
        ord_status=ord_status,
        refusal=RefusalReason.OTHER,
        exec_ref_id=ExecID("E"),
    )
    got = dict(pair.split("=", 1) for pair in written(report, version).split("|") if pair)
    assert got["150"]
    assert ("20" in got) is (version is FixVersion.FIX42)


@pytest.mark.parametrize(
    ("exec_type", "cum", "expected"),
    [
        (ExecType.TRADE, 40, ("1", "0")),
        (ExecType.TRADE, 100, ("2", "0")),
        (ExecType.TRADE_CORRECT, 40, ("1", "2")),
        (ExecType.TRADE_CANCEL, 0, ("1", "1")),
        (ExecType.ORDER_STATUS, 40, ("4", "3")),
    ],
)
def test_executions_in_fix42(exec_type: ExecType, cum: int, expected: tuple[str, str]) -> None:
    """FIX 4.2 matrices D34 and D35, on an order that was canceled: a late fill is no Fill."""
    report = a_report(
        exec_type=exec_type, ord_status=OrdStatus.CANCELED, cum_qty=Decimal(cum), leaves_qty=0
    )
    got = dict(pair.split("=", 1) for pair in written(report, FixVersion.FIX42).split("|") if pair)
    assert (got["150"], got["20"]) == expected


@pytest.mark.parametrize("reason", RestatementReason)
def test_a_restatement_reason_that_fix42_lacks_is_a_broker_option(
    reason: RestatementReason,
) -> None:
    report = a_report(exec_type=ExecType.RESTATED, restatement=reason)
    known = int(reason.value) <= 5
    assert f"|378={reason.value if known else 4}|" in written(report, FixVersion.FIX42)
    assert f"|378={reason.value}|" in written(report, FixVersion.FIX44)


def test_what_a_session_does_not_want_echoed_is_not() -> None:
    narrow = addressing(
        FixVersion.FIX44,
        sender_comp_id="FIXGATE",
        target_comp_id="CLIENT",
        echo_tags=frozenset({55}),
    )
    report = a_report(echo=((21, "1"), (55, "BTC/USDT")))
    text = Codec({CLIENT: narrow}).encode(report, msg_seq_num=1, at_ns=START_NS)
    assert "\x0155=BTC/USDT\x01" in text
    assert "\x0121=1\x01" not in text


@pytest.mark.parametrize(
    ("version", "kept"), [(FixVersion.FIX42, {76, 109}), (FixVersion.FIX44, {453})]
)
def test_a_copy_of_another_versions_order_has_no_tag_that_its_own_version_lacks(
    version: FixVersion, kept: set[int]
) -> None:
    echo = ((76, "BROKER"), (109, "CL"), (453, "1\x01448=P\x01447=D\x01452=3"))
    text = written(a_report(echo=echo), version)
    assert {tag for tag, _ in echo if f"|{tag}=" in text} == kept


def test_a_session_that_is_not_configured_is_not_known() -> None:
    codec = Codec({})
    assert not codec.knows(CLIENT)
    with pytest.raises(KeyError):
        codec.encode(a_report(), msg_seq_num=1, at_ns=START_NS)


def test_an_unknown_order_is_none() -> None:
    assert "|37=NONE|" in written(a_report(order_id=None), FixVersion.FIX44)
    assert "|37=A|" in written(a_report(order_id=OrderID("A")), FixVersion.FIX44)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("a\x01b\x00c\nd", "a b c d"),
        ("", " "),
        ("\ud800", " "),
        ("x" * 600, "x" * 512),
        ("preço ≠ 9", "preço ≠ 9"),
    ],
)
def test_text_that_could_break_the_message_is_made_harmless(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
