"""What memory holds, finds and forgets."""

from decimal import Decimal
from typing import get_args

import pytest

from builders import an_instruction, an_order
from fakes.core import VENUE, an_instrument
from fixgate.domain import events as e
from fixgate.domain import state as module
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.ids import ClOrdID, ExecID, Ids, OrderID
from fixgate.domain.order import Request
from fixgate.domain.state import State, evolve
from fixgate.domain.values import OrdStatus


def test_every_event_is_handled() -> None:
    assert set(module._STEPS) == set(get_args(e.Event))


def a_state(*, terminal_max: int = 2) -> State:
    return State(Ids("EPOCH0"), terminal_max=terminal_max)


def the_order(number: int) -> OrderID:
    return OrderID(f"EPOCH00000000{number}")


def ended(state: State, number: int) -> OrderID:
    order_id = the_order(number)
    order = an_order(order_id=order_id, cl_ord_id=ClOrdID(f"X{number}"))
    evolve(state, e.OrderReceived(order=order, exec_id=ExecID("E")))
    state.keep(an_order(order_id=order_id, stage=OrdStatus.CANCELED))
    return order_id


def test_the_oldest_orders_that_are_over_are_forgotten_with_all_their_names() -> None:
    state = a_state()
    first, second, third = (ended(state, number) for number in (1, 2, 3))
    state.forget()
    assert set(state.orders) == {second, third}
    assert first not in state.names
    assert not state.knows(an_instruction().session, ClOrdID("X1"))
    assert state.knows(an_instruction().session, ClOrdID("X2"))


def test_an_order_that_owes_an_answer_is_not_forgotten() -> None:
    state = a_state(terminal_max=1)
    waiting = ended(state, 1)
    request = Request(cl_ord_id=ClOrdID("Y"), pended=True)
    state.keep(an_order(order_id=waiting, stage=OrdStatus.FILLED, requests=(request,)))
    second = ended(state, 2)
    ended(state, 3)
    state.forget()
    assert waiting in state.orders
    assert second not in state.orders


def test_an_order_that_works_again_is_not_among_those_that_are_over() -> None:
    state = a_state()
    order_id = ended(state, 1)
    state.keep(an_order(order_id=order_id, stage=OrdStatus.NEW))
    assert not state.terminal
    state.keep(an_order(order_id=order_id, stage=OrdStatus.CANCELED))
    assert list(state.terminal) == [order_id]


def test_a_start_keeps_open_orders_and_those_that_owe_an_answer() -> None:
    state = a_state(terminal_max=100)
    over = ended(state, 1)
    owing = ended(state, 2)
    request = Request(cl_ord_id=ClOrdID("Y"), pended=True)
    state.keep(an_order(order_id=owing, stage=OrdStatus.CANCELED, requests=(request,)))
    working = an_order(order_id=the_order(3))
    state.keep(working)
    evolve(state, e.GatewayStarted(epoch="EPOCH0", open_orders=2))
    assert over not in state.orders
    assert set(state.unsettled) == {owing, working.order_id}


def test_another_journals_epoch_is_refused() -> None:
    with pytest.raises(InvariantBroken):
        evolve(a_state(), e.GatewayStarted(epoch="OTHER0", open_orders=0))


def test_an_instrument_is_found_by_alias_by_symbol_and_by_the_venues_own() -> None:
    state = a_state()
    evolve(state, e.InstrumentsSet(venue=VENUE, instruments=(an_instrument(),)))
    evolve(state, e.SessionsSet(sessions=(), aliases=(("XBT", "BTC/USDT"),)))
    for symbol in ("BTC/USDT", "BTCUSDT", "XBT"):
        found = state.instrument(VENUE, symbol)
        assert found is not None
        assert found.symbol == "BTC/USDT"
    assert state.instrument(VENUE, "ETH/USDT") is None


def test_an_instrument_that_is_gone_stays_known_and_inactive() -> None:
    state = a_state()
    evolve(state, e.InstrumentsSet(venue=VENUE, instruments=(an_instrument(),)))
    evolve(state, e.InstrumentsSet(venue=VENUE, instruments=(), removed=("BTC/USDT",)))
    gone = state.instrument(VENUE, "BTCUSDT")
    assert gone is not None
    assert not gone.active


def test_quantities_of_loaded_orders_are_checked() -> None:
    with pytest.raises(InvariantBroken):
        a_state().keep(an_order(cum_qty=Decimal(200)))
