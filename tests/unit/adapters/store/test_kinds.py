import dataclasses
import json
import typing
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixgate.adapters.store.errors import RecordUnreadable
from fixgate.adapters.store.kinds import JOURNALED, KINDS, decode, encode, kind_of
from fixgate.adapters.store.raw import ORDER_AT
from fixgate.application.ports.fix import Direction
from fixgate.application.ports.journal import FixIn, VenueIn
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.ids import ORDER_ID_LENGTH, ExecID, OrderID, SessionName, VenueName
from fixgate.domain.instruments import ReplaceStyle, VenueProfile
from fixgate.domain.sessions import FixVersion, SessionRules
from fixgate.domain.values import OrdType, TimeInForce

from .samples import a_message, an_order

TEXTS = st.text(max_size=20)
INTS = st.integers(min_value=-(2**62), max_value=2**62)
SIMPLE = {
    str: TEXTS,
    int: INTS,
    bool: st.booleans(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value that an annotation of the core allows."""
    if isinstance(hint, typing.NewType):
        return values_of(hint.__supertype__)
    if typing.get_args(hint):
        return values_of_generic(typing.get_origin(hint), typing.get_args(hint))
    if hint is Any:  # VenueIn.given
        return st.one_of([instances_of(each) for each in typing.get_args(i.VenueInput)])
    if hint in SIMPLE:
        return SIMPLE[hint]
    return st.sampled_from(hint) if issubclass(hint, Enum) else instances_of(hint)


def values_of_generic(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """Any value of a union, a set or a tuple."""
    if origin is frozenset:
        return st.frozensets(values_of(arguments[0]), max_size=4)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values_of(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(values_of(each) for each in arguments))
    return st.one_of([values_of(each) for each in arguments])


def instances_of(cls: type) -> st.SearchStrategy[Any]:
    """Any instance of a dataclass of the core that its own rules allow."""
    hints = typing.get_type_hints(cls)
    fields = {each.name: values_of(hints[each.name]) for each in dataclasses.fields(cls)}

    def made(values: dict[str, Any]) -> Any:
        try:
            return cls(**values)
        except InvariantBroken:
            return None

    return st.fixed_dictionaries(fields).map(made).filter(lambda made: made is not None)


def digits(value: Any) -> Any:
    """``value`` with every Decimal as its sign, digits and exponent."""
    if dataclasses.is_dataclass(value):
        return [digits(getattr(value, each.name)) for each in dataclasses.fields(value)]
    if isinstance(value, tuple):
        return [digits(each) for each in value]
    return value.as_tuple() if isinstance(value, Decimal) else value


def test_every_class_that_is_journaled_has_a_kind_and_nothing_else_has() -> None:
    assert set(KINDS.values()) == set(JOURNALED)


def test_every_kind_has_a_version() -> None:
    assert all(name.rpartition(".v")[2].isdecimal() for name in KINDS)


@pytest.mark.parametrize("cls", JOURNALED, ids=lambda cls: cls.__name__)
def test_every_payload_comes_back_as_it_was(cls: type) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(instances_of(cls))
    def comes_back(payload: Any) -> None:
        kind, text = encode(payload)
        again = decode(kind, text.decode())
        assert again == payload
        assert digits(again) == digits(payload)
        assert kind == kind_of(payload)
        assert encode(again) == (kind, text)

    comes_back()


def test_the_direction_of_a_message_shows_in_its_kind() -> None:
    assert encode(a_message(1, out=True))[0] == "fix_out.v1"
    assert encode(a_message(1))[0] == "fix_in_noted.v1"
    assert encode(FixIn(message=a_message(1)))[0] == "fix_in.v1"
    assert a_message(1).direction is Direction.IN


def test_every_byte_of_a_raw_message_comes_back() -> None:
    raw = bytes(range(256))
    message = dataclasses.replace(a_message(1), text=raw.decode("latin-1"))
    assert decode(*encode(message)).text.encode("latin-1") == raw


def test_text_with_lone_surrogates_comes_back() -> None:
    alert = e.AlertRaised(subject="venue", text="half a pair: \ud83d, and a bad byte: \udcff")
    assert decode(*encode(alert)) == alert
    venue_in = VenueIn(
        given=i.VenueConnection(venue=VenueName("X"), up=False, text="\ud83d"), recalled=()
    )
    assert decode(*encode(venue_in)) == venue_in


def test_a_venue_input_is_kept_with_its_own_kind() -> None:
    given = i.VenueConnection(venue=VenueName("SIM"), up=True)
    venue_in = VenueIn(given=given, recalled=(i.Recalled(order=an_order()),))
    kind, text = encode(venue_in)
    assert kind == "venue_in.v1"
    assert json.loads(text)["kind"] == "venue_connection.v1"
    assert decode(kind, text) == venue_in


def test_sets_are_written_in_one_order_whatever_order_they_have() -> None:
    profile = VenueProfile(
        venue=VenueName("SIM"),
        accepts=frozenset((one, two) for one in OrdType for two in TimeInForce),
        post_only=True,
        replace=ReplaceStyle.NATIVE,
    )
    accepts = json.loads(encode(e.VenueSet(profile=profile))[1])["profile"]["accepts"]
    assert accepts == sorted(accepts)
    rules = SessionRules(
        name=SessionName("DEMO44"),
        version=FixVersion.FIX44,
        default_venue=VenueName("SIM"),
        accounts=frozenset("hgfedcba"),
    )
    text = encode(i.SessionsConfigured(sessions=(rules,)))[1]
    assert json.loads(text)["sessions"][0]["accounts"] == list("abcdefgh")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("traded.v99", "{}"),
        ("query_sent.v1", "{}"),
        ("query_sent.v1", "not json"),
        ("query_sent.v1", '{"order_id": 5}'),
        ("venue_in.v1", '{"kind": "nothing.v1", "given": {}, "recalled": []}'),
    ],
)
def test_what_does_not_fit_its_kind_is_unreadable(kind: str, text: str) -> None:
    with pytest.raises(RecordUnreadable):
        decode(kind, text)


def test_an_order_that_cannot_be_is_unreadable() -> None:
    kind, text = encode(e.OrderReceived(order=an_order(), exec_id="E"))  # type: ignore[arg-type]
    broken = text.replace(b'"cum_qty":"0"', b'"cum_qty":"-1"')
    with pytest.raises(RecordUnreadable, match="CumQty below zero"):
        decode(kind, broken)


def test_an_event_that_changes_an_order_names_it_first() -> None:
    """The orders that were open at an instant are found by it (raw.ORDER_AT)."""
    order = an_order()
    received = encode(e.OrderReceived(order=order, exec_id=ExecID("X")))[1].decode()
    recalled = encode(e.OrderRecalled(order=order))[1].decode()
    first, inner = ORDER_AT
    for text in (received, recalled):
        assert text[inner : inner + ORDER_ID_LENGTH] == order.order_id
    named = [each for each in typing.get_args(e.Event) if _hints(each).get("order_id") is OrderID]
    assert len(named) > 20
    for each in named:
        assert dataclasses.fields(each)[0].name == "order_id", each
    text = encode(e.OrderSettled(order_id=order.order_id))[1].decode()
    assert text[first : first + ORDER_ID_LENGTH] == order.order_id


def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)
