"""What holds for orders that the gateway holds, however the market moves."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import some_terms
from fakes.core import VENUE, FakeCore, a_profile
from fixgate.application.holding import worth_telling
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.extras import Extras
from fixgate.domain.holding import carried, held_for, trailed, with_held
from fixgate.domain.ids import OrderID, VenueClOrdID, VenueOrderID
from fixgate.domain.market import Quote
from fixgate.domain.values import ExecType, OrdType, PegOffsetType, Side, TimeInForce
from fixgate.domain.values import OrdStatus as S
from scenarios.invariants import Wire

GTC, GTD = TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE
ACCEPTS = frozenset({(OrdType.MARKET, GTC), (OrdType.LIMIT, GTC)})
HELD = frozenset(
    {(OrdType.STOP, GTC), (OrdType.STOP_LIMIT, GTC), (OrdType.PEGGED, GTC), (OrdType.LIMIT, GTD)}
)
TICK = Decimal("0.01")
prices = st.integers(5_000, 15_000).map(lambda ticks: ticks * TICK)
kinds = st.sets(st.tuples(st.sampled_from(OrdType), st.sampled_from(TimeInForce)))
sides = st.sampled_from(Side)


@given(
    sides,
    st.integers(1, 3_000),
    st.sampled_from(PegOffsetType),
    st.lists(prices, min_size=1, max_size=40),
)
def test_a_trailing_stop_never_gives_way_and_keeps_its_distance(
    side: Side, offset: int, offset_type: PegOffsetType, path: list[Decimal]
) -> None:
    by_price = offset_type is not PegOffsetType.BASIS_POINTS
    distance = offset * TICK if offset_type is PegOffsetType.PRICE else Decimal(offset)
    terms = some_terms(
        ord_type=OrdType.PEGGED,
        price=None,
        extras=Extras(peg_offset=distance, peg_offset_type=offset_type),
    )
    stops = []
    for px in path:
        moved = trailed(terms, side, px, TICK)
        if moved is not None:
            stops.append(moved)
            terms = some_terms(
                ord_type=OrdType.PEGGED, price=None, stop_px=moved, extras=terms.extras
            )
            room = offset * TICK if by_price else px * distance / 10_000
            assert room <= abs(px - moved) < room + TICK
    assert stops == sorted(set(stops), reverse=side is Side.BUY)


@given(kinds, st.sampled_from(OrdType), st.sampled_from(TimeInForce))
def test_what_is_sent_is_what_the_venue_accepts_or_nothing_is_changed(
    accepts: set[tuple[OrdType, TimeInForce]], ord_type: OrdType, tif: TimeInForce
) -> None:
    """Property: time in force. What a venue cannot end, the gateway ends."""
    profile = a_profile(accepts=frozenset(accepts))
    terms = some_terms(
        ord_type=ord_type,
        time_in_force=tif,
        price=Decimal(9) if ord_type.needs_price else None,
        stop_px=Decimal(8) if ord_type.needs_stop_px else None,
        expire_at_ns=5 if tif is GTD else None,
    )
    sent = carried(terms, profile)
    assert sent == terms or (sent.ord_type, sent.time_in_force) in accepts
    assert (sent.order_qty, sent.price) == (terms.order_qty, terms.price)
    assert (sent.expire_at_ns is not None) is (sent.time_in_force is GTD)
    held = held_for(terms, profile, 0)
    if sent.time_in_force is not tif:
        assert held is not None
        assert held.expire_at_ns is not None, "nobody would end it"


class Desk:
    """A core at a venue with market and limit orders only."""

    def __init__(self) -> None:
        self.core = FakeCore(profile=with_held(a_profile(accepts=ACCEPTS), HELD))
        self.wire = Wire(self.core.rules.version.value)
        self.got: dict[str, list[dict[str, str]]] = {}
        self.submitted: dict[OrderID, int] = {}
        self.canceled: dict[OrderID, int] = {}

    def quote(self, px: Decimal) -> None:
        self.core.market.quotes[VENUE, "BTC/USDT"] = Quote(
            venue=VENUE, symbol="BTC/USDT", bid_px=px, offer_px=px, last_px=px, at_ns=0
        )
        seen = worth_telling(self.core.state, self.core.market)
        if seen:
            self.core.say(i.PricesSeen(quotes=seen))
        assert not worth_telling(self.core.state, self.core.market), "it is not worth it twice"
        self.look()

    def look(self) -> None:
        while self.core.sent:
            got = self.wire.see(self.core.sent.popleft())
            self.got.setdefault(got["11"], []).append(got)
        while self.core.calls:
            intent, order = self.core.calls.popleft()
            if isinstance(intent, e.OrderRouted):
                self.submitted[order.order_id] = self.submitted.get(order.order_id, 0) + 1
                assert (intent.terms.ord_type, intent.terms.time_in_force) in ACCEPTS
                self._answer(order.venue_cl_ord_id, i.VenueCall.SUBMIT)
            elif isinstance(intent, e.CancelSent):
                self._answer(order.venue_cl_ord_id, i.VenueCall.CANCEL)
            elif isinstance(intent, e.QuerySent):
                self.core.say(
                    i.VenueLegReported(
                        venue=VENUE,
                        venue_cl_ord_id=order.venue_cl_ord_id,
                        state=i.LegState.WORKING,
                        venue_order_id=VenueOrderID("V"),
                        leg_cum_qty=order.leg_cum_qty,
                    )
                )

    def _answer(self, leg: VenueClOrdID, call: i.VenueCall) -> None:
        self.core.say(
            i.VenueAnswered(
                venue=VENUE,
                call=call,
                venue_cl_ord_id=leg,
                outcome=i.Outcome.ACCEPTED,
                venue_order_id=VenueOrderID("V"),
            )
        )
        self.look()


FORMS = ("40=3|99={px}", "40=4|99={px}|44={px}", "40=P|18=a|211=3", "40=P|18=a|211=200|836=1")
steps = st.one_of(
    st.tuples(st.just("new"), st.sampled_from(FORMS), sides, prices),
    st.tuples(st.just("quote"), prices),
    st.tuples(st.just("restart")),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(steps, max_size=25))
def test_a_held_stop_goes_off_exactly_once_and_only_when_its_price_has_come(
    script: list[tuple[str, ...]],
) -> None:
    desk, path, sides_of = Desk(), [Decimal(100)], {}
    desk.quote(Decimal(100))
    for number, (verb, *given_) in enumerate(script):
        if verb == "new":
            form, side, px = given_
            sides_of[f"N{number}"] = side
            text = str(form).format(px=px)
            desk.core.send(
                "D",
                f"11=N{number}|55=BTC/USDT|54={side.value}|60=20231114-22:13:20|38=1|59=1|{text}",
            )
        elif verb == "quote":
            path.append(given_[0])
            desk.quote(given_[0])
        else:
            desk.core.restart()
        desk.look()
    for name, reports in desk.got.items():
        fired = [each for each in reports if each["150"] == "L"]
        order_id = OrderID(reports[0]["37"])
        assert len(fired) <= 1
        assert desk.submitted.get(order_id, 0) == len(fired)
        for each in fired:
            stop = Decimal(each["99"])
            came = [px >= stop if sides_of[name] is Side.BUY else px <= stop for px in path]
            assert any(came)
    waiting = {each for ids in desk.core.state.waiting.values() for each in ids}
    assert all(desk.core.state.orders[each].stage is S.NEW for each in waiting)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(["trade", "tick", "restart", "new"]), max_size=20))
def test_an_order_good_till_date_never_trades_after_its_expiry_is_confirmed(
    script: list[str],
) -> None:
    desk, trades = Desk(), 0
    desk.quote(Decimal(100))
    for number, verb in enumerate(script):
        open_orders = [each for each in desk.core.state.open_orders() if not each.waits]
        if verb == "new":
            fields = f"11=N{number}|55=BTC/USDT|54=1|60=20231114-22:13:20|38=9|40=2|44=90|59=6"
            desk.core.send("D", f"{fields}|126=20231114-22:14:20")
        elif verb == "tick":
            desk.core.at_ns += 20 * 10**9
            if desk.core.state.is_due(desk.core.at_ns):
                desk.core.say(i.Ticked())
        elif verb == "restart":
            desk.core.restart()
        elif open_orders:
            trades += 1
            desk.core.say(
                i.VenueTraded(
                    venue=VENUE,
                    venue_cl_ord_id=open_orders[0].venue_cl_ord_id,
                    trade_id=f"T{trades}",  # type: ignore[arg-type]
                    last_qty=Decimal(1),
                    last_px=Decimal(90),
                )
            )
        desk.look()
    for reports in desk.got.values():
        ends = [n for n, each in enumerate(reports) if each["150"] == ExecType.EXPIRED.value]
        assert all(n == len(reports) - 1 for n in ends), "something came after it had expired"
    late = [each for each in desk.core.state.open_orders() if each.held is not None]
    for each in late:
        assert each.held is not None
        assert each.held.expire_at_ns is not None
        if desk.core.state.is_due(desk.core.at_ns):
            desk.core.say(i.Ticked())
            desk.look()
    assert not any(at <= desk.core.at_ns for at in desk.core.state.expiring.values())
