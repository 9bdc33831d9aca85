"""OrderStatusRequest (H), messages refused as such, and what the process says of itself.

Here: the inputs that move no order.
Not here: orders.
"""

from collections.abc import Iterator

from fixgate.decide.news import venue_news
from fixgate.decide.position_updates import ended_by
from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import again
from fixgate.decide.working import in_doubt
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.order import Order, RefusedOrder
from fixgate.domain.values import BUSINESS_MESSAGE_REJECT, BusinessRejectReason


def status(turn: Turn, message: i.OrderStatusRequest) -> Iterator[e.Event]:
    """Matrices G.1.a to G.1.c."""
    known = turn.state.find(message.session, message.cl_ord_id)
    req_id = message.ord_status_req_id
    if known is None:
        yield e.UnknownStatusReported(
            session=message.session,
            cl_ord_id=message.cl_ord_id,
            exec_id=turn.exec_id(),
            echo=message.echo,
            ord_status_req_id=req_id,
        )
    else:
        yield status_of(turn, known, req_id)


def status_of(
    turn: Turn, known: Order | RefusedOrder, req_id: str | None = None
) -> e.StatusReported:
    """How an order stands, one that was refused included."""
    refused = known if isinstance(known, RefusedOrder) else None
    return e.StatusReported(
        exec_id=turn.exec_id(),
        order_id=known.order_id if refused is None else None,
        refused=refused,
        ord_status_req_id=req_id,
    )


def bad_message(_: Turn, message: i.BadMessage) -> Iterator[e.Event]:
    """A field rule broken: Reject (3)."""
    yield e.MessageRejected(
        session=message.session,
        ref_seq_num=message.ref_seq_num,
        ref_msg_type=message.ref_msg_type,
        ref_tag_id=message.ref_tag_id,
        reason=message.reason,
        text=message.text,
    )


def unserved(_: Turn, message: i.UnservedMessage) -> Iterator[e.Event]:
    """A message that is not served: BusinessMessageReject (j)."""
    if message.ref_msg_type == BUSINESS_MESSAGE_REJECT:
        return
    yield e.BusinessMessageRejected(
        session=message.session,
        ref_seq_num=message.ref_seq_num,
        ref_msg_type=message.ref_msg_type,
        reason=message.reason,
        text=message.text,
        ref_id=message.ref_id,
    )


def not_taken_before(_: Turn, message: i.MessageNotTaken) -> Iterator[e.Event]:
    """An earlier process refused it, and was not there any more to repeat that."""
    if message.ref_msg_type == BUSINESS_MESSAGE_REJECT:
        return
    yield e.BusinessMessageRejected(
        session=message.session,
        ref_seq_num=message.ref_seq_num,
        ref_msg_type=message.ref_msg_type,
        reason=BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
        text="Not taken: order intake had stopped when it came",
        ref_id=message.ref_id,
        again=True,
    )


def started(_: Turn, message: i.Started) -> Iterator[e.Event]:
    """A new process; memory holds the open orders only."""
    yield e.GatewayStarted(
        epoch=message.epoch,
        open_orders=len(message.open_orders),
        kills=message.kills,
        disabled=message.disabled,
        paused=message.paused,
        refused=message.refused,
    )


def reports_missed(_: Turn, message: i.ReportsMissed) -> Iterator[e.Event]:
    """What a client never got is owed to it once more (FIX: PossResend, 97)."""
    for text in message.texts:
        yield e.ReportOwedAgain(session=message.session, text=text)


def sessions_configured(turn: Turn, message: i.SessionsConfigured) -> Iterator[e.Event]:
    """The sessions in force."""
    yield from ended_by(turn, message.sessions)
    yield e.SessionsSet(sessions=message.sessions, aliases=message.aliases)


def venue_configured(_: Turn, message: i.VenueConfigured) -> Iterator[e.Event]:
    """A venue's capabilities in force."""
    yield e.VenueSet(profile=message.profile, differences=message.differences)


def instruments_loaded(_: Turn, message: i.InstrumentsLoaded) -> Iterator[e.Event]:
    """Instruments new, changed or gone."""
    yield e.InstrumentsSet(
        venue=message.venue, instruments=message.instruments, removed=message.removed
    )


def venue_connection(turn: Turn, message: i.VenueConnection) -> Iterator[e.Event]:
    """A venue came up or went down; repeated news is no news.

    When it comes up, it is asked about every order that an earlier process left open there.
    """
    before = turn.state.venues_up.get(message.venue)
    if before is message.up:
        return
    yield e.VenueConnectionSet(venue=message.venue, up=message.up, text=message.text)
    yield from venue_news(turn, message, before=before)
    if message.up:
        for order_id in tuple(turn.state.unsettled):
            order = turn.order(order_id)
            if order.instruction.venue == message.venue:
                yield e.QuerySent(order_id=order_id, cl_ord_id=in_doubt(order))
        yield from again(turn)  # what we cancel and could not while the venue was away


def venue_denied(_: Turn, message: i.VenueDenied) -> Iterator[e.Event]:
    """The venue does not take our credentials."""
    text = f"{message.venue} does not take our credentials: {message.text}"
    yield e.AlertRaised(subject="venue credentials", text=text, about=message.venue)
