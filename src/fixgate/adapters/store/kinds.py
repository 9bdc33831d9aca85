"""Which kind of record each journal payload is, and its JSON.

Here: the table of kinds, encode() and decode(). A kind's name carries a version: a change of a
dataclass that old records do not fit gives it a new name, and the old one keeps a decoder.
Decimals are strings and come back digit by digit, exponent and trailing zeros included.
Not here: SQL; the hash chain.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

import msgspec

from fixgate.adapters.store.errors import RecordUnreadable
from fixgate.application.ports.fix import Direction, FixMessage, SessionChanged
from fixgate.application.ports.journal import FixIn, VenueIn
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.market import Seen

FIX_MESSAGE_KINDS: Final[Mapping[Direction, str]] = {
    Direction.IN: "fix_in_noted.v1",
    Direction.OUT: "fix_out.v1",
}
"""A FIX message for the record; which way it went can be told without looking into it."""

KINDS: Final[Mapping[str, type]] = {
    # What came in.
    "fix_in.v1": FixIn,
    "venue_in.v1": VenueIn,
    "venue_answered.v1": i.VenueAnswered,
    "venue_traded.v1": i.VenueTraded,
    "venue_trade_corrected.v1": i.VenueTradeCorrected,
    "venue_closed.v1": i.VenueClosed,
    "venue_restated.v1": i.VenueRestated,
    "venue_triggered.v1": i.VenueTriggered,
    "venue_leg_reported.v1": i.VenueLegReported,
    "venue_connection.v1": i.VenueConnection,
    "venue_denied.v1": i.VenueDenied,
    "instruments_loaded.v1": i.InstrumentsLoaded,
    "balances_reported.v1": i.BalancesReported,
    "positions_reported.v1": i.PositionsReported,
    "started.v1": i.Started,
    "sessions_configured.v1": i.SessionsConfigured,
    "venue_configured.v1": i.VenueConfigured,
    "routing_configured.v1": i.RoutingConfigured,
    "venue_health_changed.v1": i.VenueHealthChanged,
    "price_gap_found.v1": i.PriceGapFound,
    "limits_configured.v1": i.LimitsConfigured,
    "reports_missed.v1": i.ReportsMissed,
    "message_not_taken.v1": i.MessageNotTaken,
    "trades_found.v1": i.TradesFound,
    "session_connection.v1": i.SessionConnection,
    "ticked.v1": i.Ticked,
    "prices_seen.v1": i.PricesSeen,
    "positions_due.v1": i.PositionsDue,
    "stopping.v1": i.Stopping,
    "stuck_found.v1": i.StuckFound,
    "noticed.v1": i.Noticed,
    "clock_checked.v1": i.ClockChecked,
    # What operations said.
    "kill_switch_turned.v1": i.KillSwitchTurned,
    "cancel_all_ordered.v1": i.CancelAllOrdered,
    "session_barred.v1": i.SessionBarred,
    "order_queried.v1": i.OrderQueried,
    "order_force_canceled.v1": i.OrderForceCanceled,
    "order_resolved.v1": i.OrderResolved,
    "numbers_reset.v1": i.NumbersReset,
    "limits_given.v1": i.LimitsGiven,
    "limits_agreed.v1": i.LimitsAgreed,
    "limits_dropped.v1": i.LimitsDropped,
    "session_released.v1": i.SessionReleased,
    "operator_noted.v1": i.OperatorNoted,
    # What was noted.
    FIX_MESSAGE_KINDS[Direction.IN]: FixMessage,
    FIX_MESSAGE_KINDS[Direction.OUT]: FixMessage,
    "session_changed.v1": SessionChanged,
    # What was decided.
    "order_received.v1": e.OrderReceived,
    "order_refused.v1": e.OrderRefused,
    "duplicate_refused.v1": e.DuplicateRefused,
    "order_recalled.v1": e.OrderRecalled,
    "order_routed.v1": e.OrderRouted,
    "routing_decided.v1": e.RoutingDecided,
    "order_acknowledged.v1": e.OrderAcknowledged,
    "leg_acknowledged.v1": e.LegAcknowledged,
    "order_rejected.v1": e.OrderRejected,
    "traded.v1": e.Traded,
    "trade_corrected.v1": e.TradeCorrected,
    "trade_busted.v1": e.TradeBusted,
    "request_received.v1": e.RequestReceived,
    "request_pended.v1": e.RequestPended,
    "cancel_sent.v1": e.CancelSent,
    "replace_sent.v1": e.ReplaceSent,
    "request_returned.v1": e.RequestReturned,
    "cancel_denied.v1": e.CancelDenied,
    "request_refused.v1": e.RequestRefused,
    "unknown_order_refused.v1": e.UnknownOrderRefused,
    "order_replaced.v1": e.OrderReplaced,
    "closing_noted.v1": e.ClosingNoted,
    "order_closed.v1": e.OrderClosed,
    "order_restated.v1": e.OrderRestated,
    "order_triggered.v1": e.OrderTriggered,
    "order_held.v1": e.OrderHeld,
    "order_called.v1": e.OrderCalled,
    "stop_moved.v1": e.StopMoved,
    "query_sent.v1": e.QuerySent,
    "order_settled.v1": e.OrderSettled,
    "report_owed_again.v1": e.ReportOwedAgain,
    "status_reported.v1": e.StatusReported,
    "unknown_status_reported.v1": e.UnknownStatusReported,
    "mass_cancel_taken.v1": e.MassCancelTaken,
    "mass_cancel_refused.v1": e.MassCancelRefused,
    "mass_status_reported.v1": e.MassStatusReported,
    "empty_mass_status_reported.v1": e.EmptyMassStatusReported,
    "trades_wanted.v1": e.TradesWanted,
    "position_request_answered.v1": e.PositionRequestAnswered,
    "position_shown.v1": e.PositionShown,
    "positions_subscribed.v1": e.PositionsSubscribed,
    "positions_unsubscribed.v1": e.PositionsUnsubscribed,
    "position_updates_told.v1": e.PositionUpdatesTold,
    "trade_request_answered.v1": e.TradeRequestAnswered,
    "trade_reported.v1": e.TradeReported,
    "securities_listed.v1": e.SecuritiesListed,
    "news_told.v1": e.NewsTold,
    "session_presence_set.v1": e.SessionPresenceSet,
    "order_released.v1": e.OrderReleased,
    "list_status_reported.v1": e.ListStatusReported,
    "message_rejected.v1": e.MessageRejected,
    "business_message_rejected.v1": e.BusinessMessageRejected,
    "alert_raised.v1": e.AlertRaised,
    "balances_set.v1": e.BalancesSet,
    "difference_suspected.v1": e.DifferenceSuspected,
    "position_reconciled.v1": e.PositionReconciled,
    "gateway_started.v1": e.GatewayStarted,
    "sessions_set.v1": e.SessionsSet,
    "venue_set.v1": e.VenueSet,
    "routing_set.v1": e.RoutingSet,
    "venue_health_set.v1": e.VenueHealthSet,
    "price_gap_detected.v1": e.PriceGapDetected,
    "instruments_set.v1": e.InstrumentsSet,
    "venue_connection_set.v1": e.VenueConnectionSet,
    "operator_acted.v1": e.OperatorActed,
    "command_refused.v1": e.CommandRefused,
    "numbers_set.v1": e.NumbersSet,
    "kill_switch_set.v1": e.KillSwitchSet,
    "session_bar_set.v1": e.SessionBarSet,
    "withdrawal_ordered.v1": e.WithdrawalOrdered,
    "withdrawal_returned.v1": e.WithdrawalReturned,
    "cancel_on_disconnect_set.v1": e.CancelOnDisconnectSet,
    "session_left.v1": e.SessionLeft,
    "stop_began.v1": e.StopBegan,
    "limits_changed.v1": e.LimitsChanged,
    "day_began.v1": e.DayBegan,
    "session_paused.v1": e.SessionPaused,
    "pause_ended.v1": e.PauseEnded,
    "session_returned.v1": e.SessionReturned,
}

JOURNALED: Final[tuple[type, ...]] = (
    *get_args(e.Event),
    # A client's command is journaled as the message that it was decoded from.
    *(each for each in get_args(i.Input) if each not in get_args(i.ClientCommand)),
    FixIn,
    FixMessage,
    VenueIn,
    SessionChanged,
)
"""Every class whose instances may be the payload of a record."""


class _VenueInWire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """VenueIn in JSON: the venue's input with its own kind beside it."""

    kind: str
    given: Any
    recalled: tuple[i.Recalled, ...]
    seen: Seen | None = None


_ENCODER: Final = msgspec.json.Encoder()
_NAME_OF: Final[Mapping[type, str]] = {
    cls: name for name, cls in KINDS.items() if cls is not FixMessage
}
_DECODERS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    name: msgspec.json.Decoder(_VenueInWire if cls is VenueIn else cls)
    for name, cls in KINDS.items()
}


def _with_sorted_accepts(built: Any) -> Any:
    for name in ("accepts", "held", "made", "options"):
        built["profile"][name].sort()
    return built


def _with_sorted_permissions(built: Any) -> Any:
    for session in built["sessions"]:
        session["accounts"].sort()
        session["venues"].sort()
    return built


# A frozenset has no order of its own; the same payload must always give the same text.
_SETS: Final[Mapping[type, Callable[[Any], Any]]] = {
    i.VenueConfigured: _with_sorted_accepts,
    e.VenueSet: _with_sorted_accepts,
    i.SessionsConfigured: _with_sorted_permissions,
    e.SessionsSet: _with_sorted_permissions,
}


# Classes whose instances need no preparation: nearly all that is written.
_PLAIN: Final[Mapping[type, str]] = {
    cls: name for cls, name in _NAME_OF.items() if cls is not VenueIn and cls not in _SETS
}


def kind_of(payload: Any) -> str:
    """The kind of a payload.

    Raises:
        KeyError: its class is not one that is journaled.
    """
    cls = type(payload)
    return FIX_MESSAGE_KINDS[payload.direction] if cls is FixMessage else _NAME_OF[cls]


def encode(payload: Any) -> tuple[str, bytes]:
    """The kind and the JSON (UTF-8) of a payload.

    Raises:
        KeyError: its class is not one that is journaled.
    """
    cls = type(payload)
    kind = FIX_MESSAGE_KINDS[payload.direction] if cls is FixMessage else _PLAIN.get(cls)
    if kind is not None:
        try:
            return kind, _ENCODER.encode(payload)
        except UnicodeEncodeError:
            return kind, json_of(payload)
    kind = kind_of(payload)
    if cls is VenueIn:
        kind_given, given = kind_of(payload.given), payload.given
        payload = _VenueInWire(
            kind=kind_given, given=given, recalled=payload.recalled, seen=payload.seen
        )
    elif cls in _SETS:
        payload = _SETS[cls](msgspec.to_builtins(payload))
    return kind, json_of(payload)


def json_of(value: Any) -> bytes:
    """The JSON of any frozen dataclass of the core."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        # A lone surrogate: somebody outside sent text that is no text. It is kept as an escape,
        # since a peer must not be able to stop the journal.
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


def decode(kind: str, text: str | bytes) -> Any:
    """The payload again.

    Raises:
        RecordUnreadable: the kind is unknown, or the text does not fit it.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise RecordUnreadable(f"this release does not know records of kind {kind!r}")
    try:
        payload = read_json(decoder, text)
        if isinstance(payload, _VenueInWire):
            given: Any = msgspec.convert(payload.given, KINDS[payload.kind])
            payload = VenueIn(given=given, recalled=payload.recalled, seen=payload.seen)
    except (msgspec.MsgspecError, InvariantBroken, ValueError, KeyError) as problem:
        raise RecordUnreadable(f"a record of kind {kind!r} does not fit it: {problem}") from problem
    return payload


def read_json(decoder: msgspec.json.Decoder[Any], text: str | bytes) -> Any:
    """The value that ``json_of`` gave the text of.

    Raises:
        msgspec.MsgspecError: the text does not fit the decoder's type.
    """
    try:
        return decoder.decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(text), decoder.type)
