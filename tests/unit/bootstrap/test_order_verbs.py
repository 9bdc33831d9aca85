"""The kill switch when the journal does not answer: what is open is canceled all the same."""

from pathlib import Path

import pytest

from fakes.core import FakeCore
from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Person, Refused
from fixgate.application.watching import StuckWatch
from fixgate.bootstrap.loading import load
from fixgate.bootstrap.verbs.giving import NotDurable
from fixgate.bootstrap.verbs.orders import OrderVerbs

ROOT = Path(__file__).parents[3]


class Silent:
    """A core whose journal does not answer."""

    def __init__(self) -> None:
        self.fake = FakeCore()
        self.state = self.fake.state
        self.configuration = load(ROOT, {})
        self.given: list[object] = []

    async def give(self, given, *, within_s: float = 1.0):
        self.given.append(given)
        raise NotDurable(f"the journal did not answer within {within_s:g} s")


@pytest.fixture
def core() -> Silent:
    silent = Silent()
    for name in ("X", "Y"):
        fields = f"11={name}|55=BTC/USDT|54=1|38=1|40=2|44=9|60=20231114-22:13:20"
        silent.fake.send("D", fields)
    return silent


def call(*, on: bool) -> Call:
    args = {"scope": "gateway", "on": on}
    return Call(verb="kill_switch", args=args, person=Person(user="ops"), reason="a test")


async def test_it_cancels_directly_and_says_that_it_is_journaled_later(core: Silent) -> None:
    canceled: list[str] = []
    verbs = Verbs()
    watch = StuckWatch(core.state, after_ns=0)
    cancel = lambda order: canceled.append(order.cl_ord_id)  # noqa: E731
    OrderVerbs(core, watch, verbs, cancel_now=cancel, forget=lambda _: None)
    answer = await verbs.carry_out(call(on=True))
    assert sorted(canceled) == ["X", "Y"]
    assert answer["journaled"] is False
    assert (
        "2 open orders canceled directly; it is journaled when that works again" in answer["done"]
    )
    assert len(core.given) == 1  # it waits for the journal


async def test_it_is_not_released_behind_the_journals_back(core: Silent) -> None:
    verbs = Verbs()
    watch = StuckWatch(core.state, after_ns=0)
    OrderVerbs(core, watch, verbs, cancel_now=lambda _: None, forget=lambda _: None)
    with pytest.raises(Refused, match="is not on"):
        await verbs.carry_out(call(on=False))
    assert core.given == []
