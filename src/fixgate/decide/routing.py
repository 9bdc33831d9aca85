"""What the process and its edges say about routing: policies, fees, health, price gaps.

Here: the inputs that move no order.
Not here: placing orders (placing), their parts (parts).
"""

from collections.abc import Iterator

from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain import inputs as i


def configured(_: Turn, message: i.RoutingConfigured) -> Iterator[e.Event]:
    """Policies and fees in force."""
    yield e.RoutingSet(policies=message.policies, fees=message.fees)


def health_changed(turn: Turn, message: i.VenueHealthChanged) -> Iterator[e.Event]:
    """A venue is left out, or comes back; repeated news is no news."""
    if (message.venue in turn.state.unfit) is not message.fit:
        return
    yield e.VenueHealthSet(venue=message.venue, fit=message.fit, text=message.text)
    state = "gets routed orders again" if message.fit else "gets no routed orders"
    yield e.AlertRaised(
        subject="venue health",
        text=f"{message.venue} {state}: {message.text}",
        about=f"{message.venue} {message.fit}",
    )


def gap_found(_: Turn, message: i.PriceGapFound) -> Iterator[e.Event]:
    """For whoever wants to know; no order follows from it."""
    yield e.PriceGapDetected(
        symbol=message.symbol,
        bid_venue=message.bid_venue,
        bid_px=message.bid_px,
        offer_venue=message.offer_venue,
        offer_px=message.offer_px,
        gain_bp=message.gain_bp,
    )
