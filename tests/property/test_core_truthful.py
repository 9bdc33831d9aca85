"""What holds for the core where the venue tells the truth, however late and in whatever order."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.core import FakeCore, a_profile, some_rules
from fixgate.domain.instruments import ReplaceStyle
from fixgate.domain.order import Order, RequestPhase
from fixgate.domain.sessions import FixVersion, WhilePending
from property.core_truthful import Step, Truth, truths
from scenarios.invariants import FINAL, Wire

QUIET = settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
styles = st.sampled_from([ReplaceStyle.NATIVE, ReplaceStyle.CANCEL_THEN_NEW])


class Checks:
    """Compares what the client knows with what is true."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        core = truth.core
        self.wire = Wire(core.rules.version.value, reopens=True)
        # ClOrdID and OrderID: a mass cancel is one request for each of its orders.
        self.asked: set[tuple[str, str]] = set()
        self.answered: set[tuple[str, str]] = set()

    def each_step(self) -> None:
        core = self.truth.core
        while core.sent:
            got = self.wire.see(core.sent.popleft())
            if got["35"] == "9" or got.get("150") in ("4", "5", "8"):
                self.answered.add((got["11"], got["37"]))
            if got.get("150") == "4":
                assert not self._works(got["37"]), "canceled, and the venue works it"
        for order in self.truth.orders():
            self.asked |= {(each.cl_ord_id, order.order_id) for each in order.requests}
            self._exposure(order)

    def _works(self, order_id: str) -> bool:
        return any(
            leg.open_qty for key, leg in self.truth.venue.legs.items() if key.startswith(order_id)
        )

    def _exposure(self, order: Order) -> None:
        """Never more at the venue than the client's order, or the replace it asked for."""
        legs = self.truth.legs_of(order)
        live = sum((leg.cum_qty + leg.open_qty for leg in legs), Decimal(0))
        wanted = [each.terms.order_qty for each in order.requests if _under_way(each)]
        assert live <= max([order.terms.order_qty, *wanted]), "more than OrderQty is live"
        assert sum(leg.open_qty > 0 for leg in legs) <= 1, "two legs work at once"

    def in_the_end(self) -> None:
        core = self.truth.core
        assert not core.alerts, core.alerts
        assert self.asked <= self.answered, "a request was never answered"
        for order in self.truth.orders():
            legs = self.truth.legs_of(order)
            book = self.wire.books.get(order.order_id)
            known = book.cum_qty if book else Decimal(0)
            assert known == sum((leg.cum_qty for leg in legs), Decimal(0)), "CumQty is not true"
            works = any(leg.open_qty for leg in legs)
            over = book is not None and book.status in FINAL | {"2"}
            assert works is not over, "the client does not know whether it works"
            assert works or order.is_over


def _under_way(request: object) -> bool:
    terms, phase = request.terms, request.phase  # type: ignore[attr-defined]
    return terms is not None and phase is not RequestPhase.WAITING


def settle(script: list[Step], style: ReplaceStyle, **rules: object) -> None:
    truth = Truth(FakeCore(rules=some_rules(**rules), profile=a_profile(replace=style)))  # type: ignore[arg-type]
    checks = Checks(truth)
    truth.run(script, checks.each_step)
    checks.in_the_end()


@QUIET
@given(truths(restarts=False), styles, st.sampled_from(FixVersion), st.sampled_from(WhilePending))
def test_the_client_knows_the_truth_in_the_end_and_never_trades_more_than_it_asked(
    script: list[Step], style: ReplaceStyle, version: FixVersion, pending: WhilePending
) -> None:
    """Property: modification. Never more is live than the order, or the replace that was asked for.

    Property: cancel confirmation. Nothing is called canceled while the venue works it, and every
    request has its answer.
    """
    settle(script, style, version=version, while_pending=pending)


@QUIET
@given(truths(restarts=True), styles)
def test_the_same_holds_when_the_gateway_dies_and_starts_again(
    script: list[Step], style: ReplaceStyle
) -> None:
    """Property: recovery. What was under way is lost; what is open is asked about (X10, X13)."""
    settle(script, style)
