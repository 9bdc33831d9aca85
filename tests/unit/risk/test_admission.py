"""Each pre-trade check, with the words the trader reads."""

from decimal import Decimal

import pytest

from builders import an_instruction, some_terms
from fakes.core import START_NS, a_profile, an_instrument, some_rules
from fixgate.domain.capabilities import Option, each_of
from fixgate.domain.errors import Refusal
from fixgate.domain.extras import Extras
from fixgate.domain.ids import VenueName
from fixgate.domain.values import OrdType, PositionEffect, SelfTradePrevention, TimeInForce
from fixgate.domain.values import RefusalReason as R
from fixgate.risk.admission import RiskApproved, check

Things = dict[str, object]


def verdict(
    terms: Things | None = None,
    *,
    instruction: Things | None = None,
    rules: Things | None = None,
    instrument: Things | None = None,
    profile: Things | None = None,
) -> RiskApproved | Refusal:
    return check(
        an_instruction(**instruction or {}),
        some_terms(**terms or {}),
        rules=some_rules(**rules or {}),  # type: ignore[arg-type]
        instrument=an_instrument(**instrument or {}),
        profile=a_profile(**profile or {}),
        at_ns=START_NS,
    )


def test_an_order_that_passes_is_approved_as_it_is() -> None:
    approved = verdict()
    assert isinstance(approved, RiskApproved)
    assert (approved.instruction, approved.terms) == (an_instruction(), some_terms())


def with_extras(**extras: object) -> Things:
    return {"extras": Extras(**extras)}  # type: ignore[arg-type]


PERPETUAL = {"symbol": "BTC/USDT:USDT"}
IOC = TimeInForce.IMMEDIATE_OR_CANCEL
ICEBERG_GTC_ONLY = each_of((Option.ICEBERG,), (OrdType.LIMIT,), (TimeInForce.GOOD_TILL_CANCEL,))
LIMIT_ONLY = {"accepts": frozenset({(OrdType.LIMIT, TimeInForce.DAY)})}
MARKET = {"ord_type": OrdType.MARKET, "price": None}


@pytest.mark.parametrize(
    ("things", "reason", "text"),
    [
        (
            {"rules": {"accounts": frozenset({"A"})}, "instruction": {"account": "B"}},
            R.NOT_PERMITTED,
            "Account (1) B is not permitted on this session",
        ),
        (
            {"rules": {"accounts": frozenset({"A"})}},
            R.NOT_PERMITTED,
            "Account (1) (none) is not permitted on this session",
        ),
        (
            {"rules": {"venues": frozenset({VenueName("OTHER")})}},
            R.NOT_PERMITTED,
            "Venue V is not permitted on this session",
        ),
        (
            {"profile": LIMIT_ONLY, "terms": MARKET},
            R.UNSUPPORTED,
            "V does not take MARKET with TimeInForce DAY",
        ),
        (
            {"profile": LIMIT_ONLY, "terms": {"time_in_force": TimeInForce.FILL_OR_KILL}},
            R.UNSUPPORTED,
            "V does not take LIMIT with TimeInForce FILL_OR_KILL",
        ),
        (
            {"profile": {"options": frozenset()}, "terms": {"post_only": True}},
            R.UNSUPPORTED,
            "V does not take post-only (18=6)",
        ),
        (
            {"terms": {**MARKET, "post_only": True}},
            R.UNSUPPORTED,
            "Post-only (18=6) contradicts MARKET orders",
        ),
        (
            {"terms": {"post_only": True, "time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}},
            R.UNSUPPORTED,
            "Post-only (18=6) contradicts immediate TimeInForce (59)",
        ),
        (
            {"terms": {"expire_at_ns": START_NS}},
            R.OTHER,
            "ExpireTime (126) or ExpireDate (432) has passed",
        ),
        (
            {"terms": {"order_qty": Decimal(0)}},
            R.INCORRECT_QUANTITY,
            "OrderQty (38) 0 must be above zero",
        ),
        (
            {"terms": {"order_qty": Decimal("-1.50")}},
            R.INCORRECT_QUANTITY,
            "OrderQty (38) -1.5 must be above zero",
        ),
        (
            {"terms": {"order_qty": Decimal("1.0005")}},
            R.INCORRECT_QUANTITY,
            "OrderQty (38) 1.0005 is not a multiple of lot 0.001",
        ),
        (
            {"instrument": {"min_qty": Decimal(200)}},
            R.INCORRECT_QUANTITY,
            "OrderQty (38) 100 is below the minimum 200",
        ),
        (
            {"instrument": {"max_qty": Decimal(50)}},
            R.INCORRECT_QUANTITY,
            "OrderQty (38) 100 is above the maximum 50",
        ),
        (
            {"profile": {"options": frozenset()}, "terms": with_extras(max_floor=Decimal(10))},
            R.UNSUPPORTED,
            "V does not take MaxFloor (111)",
        ),
        (
            {"profile": {"options": ICEBERG_GTC_ONLY}, "terms": with_extras(max_floor=Decimal(10))},
            R.UNSUPPORTED,
            "V does not take MaxFloor (111) with LIMIT with TimeInForce DAY",
        ),
        (
            {"terms": {**with_extras(max_floor=Decimal(10)), "time_in_force": IOC}},
            R.UNSUPPORTED,
            "MaxFloor (111) contradicts LIMIT with TimeInForce IMMEDIATE_OR_CANCEL: nothing rests",
        ),
        (
            {"terms": with_extras(max_floor=Decimal(101))},
            R.INCORRECT_QUANTITY,
            "MaxFloor (111) 101 must be above zero and at most OrderQty (38)",
        ),
        (
            {"terms": with_extras(max_floor=Decimal(0))},
            R.INCORRECT_QUANTITY,
            "MaxFloor (111) 0 must be above zero and at most OrderQty (38): no venue hides it all",
        ),
        (
            {"terms": with_extras(max_floor=Decimal("1.0005"))},
            R.INCORRECT_QUANTITY,
            "MaxFloor (111) 1.0005 is not a multiple of lot 0.001",
        ),
        (
            {"terms": with_extras(min_qty=Decimal(10))},
            R.UNSUPPORTED,
            "MinQty (110) needs TimeInForce (59) 3, immediate or cancel",
        ),
        (
            {"terms": {**with_extras(min_qty=Decimal(0)), "time_in_force": IOC}},
            R.INCORRECT_QUANTITY,
            "MinQty (110) 0 must be above zero and at most OrderQty (38)",
        ),
        (
            {"terms": with_extras(position_effect=PositionEffect.CLOSE)},
            R.UNSUPPORTED,
            "PositionEffect (77) C is for derivatives; BTC/USDT is not one",
        ),
        (
            {"terms": with_extras(leverage=Decimal("0.5")), "instrument": PERPETUAL},
            R.OTHER,
            "LeverageRatio (20001) 0.5 must be 1 or more",
        ),
        (
            {
                "terms": with_extras(self_trade=SelfTradePrevention.CANCEL_BOTH),
                "profile": {"options": frozenset()},
            },
            R.UNSUPPORTED,
            "V does not take SelfTradePrevention (7928) B",
        ),
        ({"terms": {"price": Decimal(0)}}, R.INCORRECT_PRICE, "Price (44) 0 must be above zero"),
        ({"terms": {"price": Decimal(-9)}}, R.INCORRECT_PRICE, "Price (44) -9 must be above zero"),
        (
            {"terms": {"price": Decimal("9.005")}},
            R.INCORRECT_PRICE,
            "Price (44) 9.005 is not a multiple of tick 0.01",
        ),
        (
            {"terms": {"stop_px": Decimal("8.005"), "ord_type": OrdType.STOP_LIMIT}},
            R.INCORRECT_PRICE,
            "StopPx (99) 8.005 is not a multiple of tick 0.01",
        ),
        (
            {"terms": {"stop_px": Decimal(0), "ord_type": OrdType.STOP_LIMIT}},
            R.INCORRECT_PRICE,
            "StopPx (99) 0 must be above zero",
        ),
        (
            {"instrument": {"min_notional": Decimal(901)}},
            R.INCORRECT_QUANTITY,
            "OrderQty (38) times Price (44) is below the minimum 901",
        ),
    ],
)
def test_what_does_not_pass_is_refused_with_the_reason(
    things: dict[str, Things], reason: R, text: str
) -> None:
    assert verdict(**things) == Refusal(reason, text)


@pytest.mark.parametrize(
    "things",
    [
        {"instrument": {"min_qty": Decimal(100), "max_qty": Decimal(100)}},
        {"instrument": {"min_notional": Decimal(900)}},
        {"instrument": {"min_notional": Decimal(900)}, "terms": MARKET},
        {"terms": {"expire_at_ns": START_NS + 1}},
        {"rules": {"accounts": frozenset({"A"})}, "instruction": {"account": "A"}},
        {"terms": {"post_only": True}},
        {"terms": {"post_only": True}, "profile": {"options": frozenset(), "post_only": True}},
        {"terms": with_extras(max_floor=Decimal(100))},
        {"terms": {**with_extras(min_qty=Decimal(100)), "time_in_force": IOC}},
        {"terms": with_extras(leverage=Decimal(1)), "instrument": PERPETUAL},
    ],
)
def test_limits_are_inclusive(things: dict[str, Things]) -> None:
    assert isinstance(verdict(**things), RiskApproved)


def test_the_first_reason_in_the_order_of_precedence_is_given() -> None:
    refused = verdict(
        {"order_qty": Decimal(0), "price": Decimal(0)}, rules={"accounts": frozenset({"A"})}
    )
    assert isinstance(refused, Refusal)
    assert refused.reason is R.NOT_PERMITTED
