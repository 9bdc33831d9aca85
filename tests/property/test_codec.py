"""What holds for the codec whatever clients and venues write."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_report, some_terms
from fakes.core import SESSION, START_NS, VENUE, FakeCore, some_rules
from fixgate.adapters.fix.codec import Codec, addressing
from fixgate.adapters.fix.decode import decode
from fixgate.adapters.fix.tags import to_decimal
from fixgate.domain.events import OrderRouted
from fixgate.domain.extras import Extras
from fixgate.domain.ids import ExecID, TradeID, VenueName, VenueOrderID
from fixgate.domain.inputs import BadMessage, ClientCommand, Outcome, VenueAnswered, VenueCall
from fixgate.domain.position import Position
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.reports import (
    BusinessMessageReject,
    ExecutionReport,
    LastFill,
    OrderCancelReject,
    PositionReport,
    Reject,
    Report,
    RequestForPositionsAck,
)
from fixgate.domain.rounding import to_wire
from fixgate.domain.sessions import FixVersion
from fixgate.domain.values import (
    BusinessRejectReason,
    CxlRejResponseTo,
    ExecType,
    MarginMode,
    OrdStatus,
    OrdType,
    PositionEffect,
    PosReqResult,
    RefusalReason,
    RestatementReason,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from scenarios.invariants import check_well_formed

QUIET = settings(max_examples=400, deadline=None)
TIME = "20231114-22:13:20"
# What a venue writes may be anything at all, half a surrogate pair included.
hostile = st.text(max_size=80) | st.sampled_from(["\x01", "a\x0110=000\x01", "\x00", "\ud800", "="])
clients_text = st.text(
    st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=64
)  # the decoder lets in what can be shown
amounts = st.decimals(min_value=0, max_value=10**15 - 1, places=12)

fills = st.builds(
    LastFill,
    last_qty=amounts,
    last_px=amounts,
    last_mkt=st.just("V"),
    trade_id=hostile.map(TradeID),
    maker=st.none() | st.booleans(),
)
extras = st.builds(
    Extras,
    max_floor=st.none() | amounts,
    min_qty=st.none() | amounts,
    position_effect=st.none() | st.sampled_from(PositionEffect),
    self_trade=st.none() | st.sampled_from(SelfTradePrevention),
    leverage=st.none() | amounts,
    margin_mode=st.none() | st.sampled_from(MarginMode),
    cash_order_qty=st.none() | amounts,
)
terms = st.builds(
    some_terms,
    order_qty=amounts,
    ord_type=st.sampled_from(OrdType),
    time_in_force=st.sampled_from(TimeInForce),
    price=st.none() | amounts,
    stop_px=st.none() | amounts,
    extras=st.none() | extras,
)
echoes = st.lists(
    st.tuples(st.sampled_from([15, 18, 21, 55, 100, 109, 126, 207, 432]), clients_text),
    unique_by=lambda pair: pair[0],
).map(lambda pairs: tuple(sorted(pairs)))
executions: st.SearchStrategy[ExecutionReport] = st.builds(
    a_report,
    exec_type=st.sampled_from(ExecType),
    ord_status=st.sampled_from(OrdStatus),
    cl_ord_id=clients_text,
    orig_cl_ord_id=st.none() | clients_text,
    echo=echoes,
    account=st.none() | clients_text,
    side=st.none() | st.sampled_from(Side),
    terms=st.none() | terms,
    cum_qty=amounts,
    leaves_qty=amounts,
    avg_px=amounts,
    last=st.none() | fills,
    refusal=st.none() | st.sampled_from(RefusalReason),
    restatement=st.none() | st.sampled_from(RestatementReason),
    exec_ref_id=st.none() | st.just(ExecID("E-0")),
    venue_order_id=st.none() | hostile.map(VenueOrderID),
    ord_status_req_id=st.none() | clients_text,
    text=st.none() | hostile,
)
cancel_rejects = st.builds(
    OrderCancelReject,
    session=st.just(SESSION),
    order_id=st.none(),
    cl_ord_id=clients_text,
    orig_cl_ord_id=clients_text,
    ord_status=st.sampled_from(OrdStatus),
    response_to=st.sampled_from(CxlRejResponseTo),
    refusal=st.sampled_from(RefusalReason),
    account=st.none() | clients_text,
    text=st.none() | hostile,
)
rejects = st.builds(
    Reject,
    session=st.just(SESSION),
    ref_seq_num=st.integers(0, 10**9),
    ref_msg_type=hostile,
    ref_tag_id=st.integers(1, 30_000),
    reason=st.integers(0, 99),
    text=hostile,
)
business_rejects = st.builds(
    BusinessMessageReject,
    session=st.just(SESSION),
    ref_seq_num=st.integers(0, 10**9),
    ref_msg_type=hostile,
    reason=st.sampled_from(BusinessRejectReason),
    text=hostile,
    ref_id=st.none() | hostile,
)

exact = st.decimals(min_value=-(10**15), max_value=10**15, places=24)
positions = st.builds(
    Position,
    venue=st.just(VenueName("V")),
    account=clients_text,
    symbol=st.sampled_from(["BTC/USDT", "BTC/USDT:USDT", "X"]),
    qty=st.decimals(min_value=-(10**15) + 1, max_value=10**15 - 1, places=12),
    cost=exact,
    realised=exact,
    fees=st.lists(st.tuples(hostile.filter(bool), exact), max_size=3).map(tuple),
)
position_reports = st.builds(
    PositionReport,
    session=st.just(SESSION),
    req_id=clients_text,
    rpt_id=st.just(ExecID("E-0")),
    position=positions,
    px=st.none() | amounts,
    total=st.integers(1, 9),
)
position_acks = st.builds(
    RequestForPositionsAck,
    session=st.just(SESSION),
    request=st.builds(
        PositionRequest,
        session=st.just(SESSION),
        req_id=clients_text,
        request_type=clients_text,
        account=st.none() | clients_text,
        symbol=st.none() | clients_text,
        venue=st.none() | clients_text.map(VenueName),
    ),
    rpt_id=st.just(ExecID("E-0")),
    result=st.sampled_from(PosReqResult),
    total=st.integers(0, 9),
    text=st.none() | hostile,
)


@QUIET
@given(
    executions | cancel_rejects | rejects | business_rejects | position_reports | position_acks,
    st.sampled_from(FixVersion),
    st.integers(1, 10**9),
)
def test_any_report_is_well_formed_fix(report: Report, version: FixVersion, number: int) -> None:
    """Length, checksum, ascending tags, nothing empty, no control character."""
    to = addressing(version, sender_comp_id="FIXGATE", target_comp_id="CLIENT")
    text = Codec({SESSION: to}).encode(report, msg_seq_num=number, at_ns=START_NS)
    got = check_well_formed(text)
    assert (got["8"], got["34"]) == (version.value, str(number))


TAGS = (
    "1 11 15 18 21 34 35 37 38 40 41 43 44 54 55 59 60 76 97 99 100 109 110 126 152 207 432"
    " 167 320 321 453 530 559 568 569 580 75 584 585"
)
SERVED = ["D", "F", "G", "H", "q", "AF", "AD", "x", "c", "E", "M", "K"]
VALUES = "0 1 2 3 4 5 6 D F G H 8 A 1e9 NaN -1 .5 20231114-22:13:20 20231114 Y"
tags = st.sampled_from(TAGS.split())
values = (
    st.text(max_size=12) | st.sampled_from(VALUES.split()) | st.text("0123456789.-eE", max_size=40)
)
messages = st.lists(st.tuples(tags, values), max_size=25)


def whole(msg_type: str, pairs: list[tuple[str, str]]) -> str:
    fields = [("8", "FIX.4.4"), ("9", "1"), ("35", msg_type), *pairs, ("10", "000")]
    return "".join(f"{tag}={value}\x01" for tag, value in fields)


@QUIET
@given(st.sampled_from(["D", "F", "G", "H", "E", "q", "AF", "AD", "AN", "x", "c", ""]), messages)
def test_any_fields_decode_to_a_command(msg_type: str, pairs: list[tuple[str, str]]) -> None:
    """Never an exception: a command, a BadMessage or an UnservedMessage."""
    assert isinstance(decode(SESSION, whole(msg_type, pairs)), ClientCommand)


@QUIET
@given(st.text(max_size=200))
def test_any_text_at_all_decodes_to_a_command(text: str) -> None:
    """The same for what is not even FIX."""
    assert isinstance(decode(SESSION, text), ClientCommand)


@QUIET
@given(
    st.sampled_from(FixVersion),
    st.lists(
        st.tuples(
            st.sampled_from(["D", "F", "G", "H", "q", "AF", "AD", "AN", "x", "c", "E", "M", "K"]),
            messages,
        ),
        max_size=4,
    ),
)
def test_whatever_a_client_writes_is_answered_in_well_formed_fix(
    version: FixVersion, said: list[tuple[str, list[tuple[str, str]]]]
) -> None:
    """Hostile fields come back on reports only if they do no harm there."""
    core = FakeCore(rules=some_rules(version))
    for msg_type, pairs in said:
        before = len(core.sent) + len(core.calls)
        ids = [("11", "X"), ("41", "X"), ("55", "BTC/USDT"), ("54", "1")]
        body = "|".join(f"{tag}={value}" for tag, value in [*ids, *pairs] if tag != "35")
        core.send(msg_type, body)
        assert len(core.sent) + len(core.calls) > before, "neither answered nor sent on"
    for text in core.sent:
        if not isinstance(decode(SESSION, text), BadMessage):
            check_well_formed(text)


ticks = st.integers(1, 10**8).map(lambda number: to_wire(Decimal(number) / 100))
forms = st.one_of(
    st.just([("40", "1")]),
    ticks.map(lambda px: [("40", "2"), ("44", px)]),
    ticks.map(lambda px: [("40", "3"), ("99", px)]),
    st.tuples(ticks, ticks).map(lambda px: [("40", "4"), ("44", px[0]), ("99", px[1])]),
)
whole_orders = st.builds(
    lambda name, side, qty, tif, form, rest: [
        ("11", name), ("55", "BTC/USDT"), ("54", side), ("38", qty), ("59", tif), *form, *rest
    ],
    st.text("AZaz09 -_.:=", min_size=1, max_size=30).filter(lambda name: name == name.strip()),
    st.sampled_from("12"),
    ticks,
    st.sampled_from("0134"),
    forms,
    st.lists(st.sampled_from([("1", "ACC"), ("15", "USDT"), ("21", "1")]), unique=True),
)  # fmt: skip
NUMBERS = {"38", "44", "99"}


@QUIET
@given(st.sampled_from(FixVersion), whole_orders)
def test_what_an_order_says_its_venue_gets_and_its_report_says_again(
    version: FixVersion, said: list[tuple[str, str]]
) -> None:
    """Property: FIX round trip. Every field, digit by digit, in both versions."""
    core = FakeCore(rules=some_rules(version))
    core.send("D", "\x01".join(f"{tag}={value}" for tag, value in [*said, ("60", TIME)]))
    ((intent, order),) = core.calls
    assert isinstance(intent, OrderRouted)
    core.say(
        VenueAnswered(
            venue=VENUE,
            call=VenueCall.SUBMIT,
            venue_cl_ord_id=order.venue_cl_ord_id,
            outcome=Outcome.ACCEPTED,
        )
    )
    got = check_well_formed(core.sent[-1])
    asked = dict(said)
    assert (got["35"], got["150"], got["39"]) == ("8", "0", "0")
    for tag, value in said:
        assert Decimal(got[tag]) == Decimal(value) if tag in NUMBERS else got[tag] == value, tag
    terms = intent.terms
    assert (terms.order_qty, intent.qty) == (Decimal(asked["38"]),) * 2
    for px, tag in ((terms.price, "44"), (terms.stop_px, "99")):
        assert px == (Decimal(asked[tag]) if tag in asked else None)
    assert (terms.ord_type.value, terms.time_in_force.value) == (asked["40"], asked["59"])


@QUIET
@given(amounts)
def test_a_number_survives_the_wire(number: Decimal) -> None:
    """What is written is read as the same number."""
    assert to_decimal(to_wire(number)) == number
    assert to_decimal(to_wire(-number)) == -number
