"""What the world hears once a batch is durable: venue calls.

Here: Venues, which turns an intent into a call of its venue's port.
Not here: reports (sequencer and FixPort); any venue's protocol.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from fixgate.application.health import HealthWatch
from fixgate.application.ports.venue import (
    CancelLeg,
    Hear,
    QueryLeg,
    ReplaceLeg,
    SubmitLeg,
    VenuePort,
)
from fixgate.application.step import Intent
from fixgate.domain import events as e
from fixgate.domain.frozen import maker
from fixgate.domain.ids import VenueName, venue_cl_ord_id
from fixgate.domain.inputs import Outcome, VenueAnswered, VenueCall
from fixgate.domain.instruments import Instrument
from fixgate.domain.order import Instruction, Order
from fixgate.domain.state import State

_submit: Final = maker(SubmitLeg)

_ANY_STEP: Final = Decimal(1).scaleb(-12)
_NEW_AT_THE_VENUE: Final = (e.OrderRouted, e.ReplaceSent)
_VENUE_CALLS: Final = {
    e.OrderRouted: VenueCall.SUBMIT,
    e.CancelSent: VenueCall.CANCEL,
    e.ReplaceSent: VenueCall.REPLACE,
}


class Venues:
    """The venues that orders can go to."""

    def __init__(
        self,
        ports: Mapping[VenueName, VenuePort],
        state: State,
        hear: Hear,
        *,
        health: HealthWatch | None = None,
    ) -> None:
        self._health = health
        self._ports = ports
        self._state = state
        self._hear = hear
        self._closed = False

    def close(self) -> None:
        """Make no calls any more. What was to be called is in doubt, and settled at a start."""
        self._closed = True

    def keeps_nothing(self, order: Order) -> bool:
        """Whether the order's venue may be called before the commit."""
        port = self._ports.get(order.instruction.venue)
        return port is not None and port.keeps_nothing

    def call(self, intent: Intent, order: Order, at_ns: int) -> None:
        """Make the call that ``intent`` wrote down. ``order`` is as it was decided on."""
        if self._closed:
            return
        port = self._ports.get(order.instruction.venue)
        instrument = self._instrument(order, intent)
        if port is None or instrument is None:
            self._not_sent(intent, order)
            return
        if self._health is not None and not port.keeps_nothing and type(intent) in _VENUE_CALLS:
            call = _VENUE_CALLS[type(intent)]
            self._health.called(order.instruction.venue, call, order.venue_cl_ord_id, at_ns)
        side = order.instruction.side
        match intent:
            case e.OrderRouted():
                port.submit(submit_leg(order, intent, instrument))
            case e.CancelSent():
                port.cancel(
                    CancelLeg(
                        venue_cl_ord_id=order.venue_cl_ord_id,
                        instrument=instrument,
                        side=side,
                        venue_order_id=order.venue_order_id,
                        request=intent.cl_ord_id,
                    )
                )
            case e.ReplaceSent():
                port.replace(
                    ReplaceLeg(
                        venue_cl_ord_id=order.venue_cl_ord_id,
                        instrument=instrument,
                        side=side,
                        qty=intent.qty,
                        terms=intent.terms,
                        request=intent.cl_ord_id,
                        venue_order_id=order.venue_order_id,
                    )
                )
            case e.QuerySent():
                port.query(
                    QueryLeg(
                        venue_cl_ord_id=order.venue_cl_ord_id,
                        instrument=instrument,
                        side=side,
                        sent_at_ns=at_ns,
                        venue_order_id=order.venue_order_id,
                        leg_cum_qty=order.leg_cum_qty,
                    )
                )

    def cancel_now(self, order: Order) -> None:
        """Cancel an order at its venue without a word in the journal, because it is broken.

        A routed order is canceled by its parts.
        """
        for part in self._state.open_parts(order.order_id):
            self.cancel_now(part)
        port = self._ports.get(order.instruction.venue)
        if port is not None:
            port.cancel(
                CancelLeg(
                    venue_cl_ord_id=order.venue_cl_ord_id,
                    instrument=by_name(order.instruction),
                    side=order.instruction.side,
                    venue_order_id=order.venue_order_id,
                )
            )

    def forget(self, order: Order) -> None:
        """A person has said what became of an order: its venue is not asked any more."""
        port = self._ports.get(order.instruction.venue)
        if port is not None:
            port.forget(order.venue_cl_ord_id)

    def _instrument(self, order: Order, intent: Intent) -> Instrument | None:
        about = order.instruction
        listed = self._state.instruments.get(about.venue, {}).get(about.symbol)
        if listed is not None:
            return listed
        # What the venue lists no more it may still work: that can be canceled and asked about.
        return None if isinstance(intent, _NEW_AT_THE_VENUE) else by_name(about)

    def _not_sent(self, intent: Intent, order: Order) -> None:
        """The venue or the instrument is no longer configured: the order waits as it is."""
        call = _VENUE_CALLS.get(type(intent))
        if call is not None:
            self._hear(
                VenueAnswered(
                    venue=order.instruction.venue,
                    call=call,
                    venue_cl_ord_id=order.venue_cl_ord_id,
                    outcome=Outcome.NOT_SENT,
                    text=f"{order.instruction.symbol} is not configured at this venue",
                )
            )


def by_name(about: Instruction) -> Instrument:
    """The instrument as far as an order names it: enough to cancel the order and ask about it."""
    return Instrument(
        venue=about.venue,
        symbol=about.symbol,
        venue_symbol=about.venue_symbol,
        tick_size=_ANY_STEP,
        lot_size=_ANY_STEP,
    )


def submit_leg(order: Order, intent: e.OrderRouted, instrument: Instrument) -> SubmitLeg:
    """The call that submits a leg."""
    return _submit(
        venue_cl_ord_id=venue_cl_ord_id(order.order_id, intent.leg),
        instrument=instrument,
        side=order.instruction.side,
        qty=intent.qty,
        terms=intent.terms,
        account=order.instruction.account,
    )
