"""Turning what a venue says into inputs of the core.

Here: Teller, the only one who speaks to ``hear``, in the order trades, then the end; it leaves out
what was told before.
Not here: asking the venue anything.
"""

from collections.abc import Iterable
from decimal import Decimal

from fixgate.adapters.venues.dialect import OrderFacts, StreamReport, TradeFacts
from fixgate.adapters.venues.legs import Leg, LegBook
from fixgate.application.ports.venue import CancelLeg, Hear, ReplaceLeg, SubmitLeg
from fixgate.domain.ids import VenueClOrdID, VenueName
from fixgate.domain.inputs import (
    LegState,
    Outcome,
    VenueAnswered,
    VenueCall,
    VenueClosed,
    VenueLegReported,
    VenueRestated,
    VenueTraded,
    VenueTriggered,
)
from fixgate.domain.values import ExecType


class Teller:
    """Tells the core, once each."""

    def __init__(self, venue: VenueName, hear: Hear, legs: LegBook) -> None:
        self._venue = venue
        self._hear = hear
        self._legs = legs

    def submitted(
        self, leg: Leg, call: SubmitLeg, facts: OrderFacts, trades: Iterable[TradeFacts], raw: str
    ) -> None:
        """The venue took a new order; the trades and the end that its answer shows follow."""
        self._legs.acknowledge(leg, facts.venue_order_id)
        self._hear(
            VenueAnswered(
                venue=self._venue,
                call=VenueCall.SUBMIT,
                venue_cl_ord_id=leg.venue_cl_ord_id,
                outcome=Outcome.ACCEPTED,
                venue_order_id=facts.venue_order_id,
                raw=raw,
            )
        )
        rounded = facts.price is not None and facts.price != call.terms.price
        if rounded or facts.order_qty != call.qty:  # scenario X9
            leg.qty = facts.order_qty
            self._restated(leg.venue_cl_ord_id, facts.order_qty, facts.price)
        self.trades(leg, trades)
        self.ended(leg, facts)

    def not_submitted(self, call: SubmitLeg, outcome: Outcome, text: str, raw: str | None) -> None:
        """A new order was refused, not sent, or nobody knows."""
        leg = self._legs.get(call.venue_cl_ord_id)
        certain = outcome in (Outcome.REJECTED, Outcome.NOT_SENT)
        if leg is not None and certain and not leg.acknowledged:
            self._legs.drop(leg)
        self._hear(
            VenueAnswered(
                venue=self._venue,
                call=VenueCall.SUBMIT,
                venue_cl_ord_id=call.venue_cl_ord_id,
                outcome=outcome,
                text=text,
                raw=raw,
            )
        )

    def canceled(self, call: CancelLeg, facts: OrderFacts, raw: str) -> None:
        """The venue canceled an order as we asked."""
        leg = self._legs.get(call.venue_cl_ord_id)
        if leg is not None:
            leg.closed = True
            self._legs.settle(leg)
        self._hear(
            VenueAnswered(
                venue=self._venue,
                call=VenueCall.CANCEL,
                venue_cl_ord_id=call.venue_cl_ord_id,
                outcome=Outcome.ACCEPTED,
                request=call.request,
                venue_order_id=facts.venue_order_id,
                leg_cum_qty=facts.cum_qty,
                raw=raw,
            )
        )

    def failed(
        self, call: CancelLeg | ReplaceLeg, outcome: Outcome, text: str, raw: str | None = None
    ) -> None:
        """A cancel or replace was refused, not sent, or nobody knows."""
        cancel = isinstance(call, CancelLeg)
        self._hear(
            VenueAnswered(
                venue=self._venue,
                call=VenueCall.CANCEL if cancel else VenueCall.REPLACE,
                venue_cl_ord_id=call.venue_cl_ord_id,
                outcome=outcome,
                request=call.request,
                text=text,
                raw=raw,
            )
        )

    def trades(self, leg: Leg, trades: Iterable[TradeFacts]) -> None:
        """The trades of a leg that were not told before."""
        for trade in trades:
            if leg.note_trade(trade):
                self._traded(leg.venue_cl_ord_id, trade)
        self._legs.settle(leg)

    def ended(self, leg: Leg, facts: OrderFacts) -> None:
        """The end of a leg, if it has ended otherwise than by being filled."""
        over = facts.exec_type
        if over is not None and over is not ExecType.TRADE:
            self._closed(leg, over, facts.cum_qty, facts.text)

    def found(self, leg: Leg, facts: OrderFacts, trades: tuple[TradeFacts, ...]) -> None:
        """What comparing over REST brought to light, told as if the stream had said it."""
        self._legs.acknowledge(leg, facts.venue_order_id)
        self.trades(leg, trades)
        self.ended(leg, facts)

    def lost(self, leg: Leg, raw: str | None) -> None:
        """The venue does not know an order that it had taken: somebody must look at it."""
        leg.given_up = True
        self._legs.settle(leg)
        self._not_found(leg, raw)

    def settled(
        self, leg: Leg, facts: OrderFacts | None, trades: tuple[TradeFacts, ...], raw: str | None
    ) -> None:
        """The answer to a query: all trades, told before or not, then the state."""
        if facts is None:
            self._legs.drop(leg)
            self._not_found(leg, raw)
            return
        self._legs.acknowledge(leg, facts.venue_order_id)
        leg.note_all(trades)
        for trade in trades:
            self._traded(leg.venue_cl_ord_id, trade)
        leg.closed = leg.closed or facts.state is LegState.CLOSED
        self._legs.settle(leg)
        self._hear(
            VenueLegReported(
                venue=self._venue,
                venue_cl_ord_id=leg.venue_cl_ord_id,
                state=facts.state,
                venue_order_id=facts.venue_order_id,
                leg_cum_qty=facts.cum_qty,
                leg_qty=facts.order_qty,
                price=facts.price,
                exec_type=facts.exec_type,
                text=facts.text,
                raw=raw,
            )
        )

    def stream(self, report: StreamReport) -> Leg | None:
        """A message of the stream. Returns the leg if the message shows that one was missed."""
        leg = self._legs.get(report.venue_cl_ord_id)
        if leg is None:
            self._stranger(report)
            return None
        if leg.venue_order_id is None:
            self._legs.acknowledge(leg, report.venue_order_id)
        if report.triggered and not leg.triggered:
            leg.triggered = True
            self._triggered(leg.venue_cl_ord_id)
        if report.trade is not None:
            self.trades(leg, (report.trade,))
        if report.restated_qty is not None:
            leg.qty = report.restated_qty
            self._restated(report.venue_cl_ord_id, report.restated_qty, report.restated_px)
        missed = report.cum_qty > leg.cum_qty
        if report.closed is not None:
            # The core asks for what is missing before it acts on the end.
            self._closed(leg, report.closed, report.cum_qty, report.text)
            return None
        return leg if missed else None

    def _stranger(self, report: StreamReport) -> None:
        """An order of ours by its id, but not of this run; the core knows what to make of it."""
        if report.trade is not None:
            self._traded(report.venue_cl_ord_id, report.trade)
        if report.closed is not None:
            self._hear(
                VenueClosed(
                    venue=self._venue,
                    venue_cl_ord_id=report.venue_cl_ord_id,
                    exec_type=report.closed,
                    leg_cum_qty=report.cum_qty,
                    text=report.text,
                )
            )

    def _not_found(self, leg: Leg, raw: str | None) -> None:
        self._hear(
            VenueLegReported(
                venue=self._venue,
                venue_cl_ord_id=leg.venue_cl_ord_id,
                state=LegState.NOT_FOUND,
                raw=raw,
            )
        )

    def _closed(self, leg: Leg, exec_type: ExecType, cum_qty: Decimal, text: str | None) -> None:
        if leg.closed:
            return
        leg.closed = True
        self._legs.settle(leg)
        self._hear(
            VenueClosed(
                venue=self._venue,
                venue_cl_ord_id=leg.venue_cl_ord_id,
                exec_type=exec_type,
                leg_cum_qty=cum_qty,
                text=text,
            )
        )

    def _triggered(self, venue_cl_ord_id: VenueClOrdID) -> None:
        self._hear(VenueTriggered(venue=self._venue, venue_cl_ord_id=venue_cl_ord_id))

    def _restated(
        self, venue_cl_ord_id: VenueClOrdID, leg_qty: Decimal, price: Decimal | None
    ) -> None:
        self._hear(
            VenueRestated(
                venue=self._venue,
                venue_cl_ord_id=venue_cl_ord_id,
                leg_qty=leg_qty,
                price=price,
                text="The order was changed at the venue",
            )
        )

    def _traded(self, venue_cl_ord_id: VenueClOrdID, trade: TradeFacts) -> None:
        self._hear(
            VenueTraded(
                venue=self._venue,
                venue_cl_ord_id=venue_cl_ord_id,
                trade_id=trade.trade_id,
                last_qty=trade.last_qty,
                last_px=trade.last_px,
                venue_order_id=trade.venue_order_id,
                fee=trade.fee,
                fee_currency=trade.fee_currency,
                maker=trade.maker,
                at_ns=trade.at_ns,
            )
        )
