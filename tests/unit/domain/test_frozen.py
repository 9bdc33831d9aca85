"""Values made and copied at less cost than a dataclass takes for it."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from builders import an_order
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.frozen import maker, value
from fixgate.domain.order import Order
from fixgate.domain.values import OrdStatus


@value
class _Named:
    name: str
    size: int = 3


def test_a_maker_makes_what_its_class_makes():
    assert maker(_Named)(name="a") == _Named(name="a")
    assert maker(_Named)(name="a", size=4) == _Named(name="a", size=4)


def test_a_maker_takes_no_field_that_its_class_has_not():
    with pytest.raises(TypeError, match="colour"):
        maker(_Named)(name="a", colour="red")  # type: ignore[call-arg]


def test_a_maker_misses_what_its_class_would_miss():
    with pytest.raises(TypeError, match="name"):
        maker(_Named)()  # type: ignore[call-arg]


def test_a_maker_takes_arguments_by_place_where_its_class_does():
    @dataclass(slots=True)
    class Row:
        seq: int
        at_ns: int

    assert maker(Row)(1, 2) == Row(1, 2)
    with pytest.raises(TypeError, match="positional"):
        maker(_Named)("a")  # type: ignore[misc]


def test_what_a_maker_makes_is_checked_as_ever():
    order = an_order()
    with pytest.raises(InvariantBroken, match="OrderQty"):
        maker(Order)(
            order_id=order.order_id,
            instruction=order.instruction,
            terms=order.terms,
            cl_ord_id=order.cl_ord_id,
            stage=OrdStatus.NEW,
            cum_qty=Decimal(101),
        )


def test_a_maker_shares_no_default_that_every_object_has_of_its_own():
    @dataclass(slots=True)
    class Batch:
        records: list[int] = field(default_factory=list)

    with pytest.raises(TypeError, match="records"):
        maker(Batch)
