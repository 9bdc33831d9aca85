"""From the text of a FIX application message to a command of the core.

Here: decode(), total: any text gives a command, a BadMessage (35=3) or an UnservedMessage (35=j).
What makes an order impossible is a ``fault`` in its command, so that the client gets an
ExecutionReport with its own fields echoed.
Not here: what the engine's dictionary has checked already (required tags, types, enumerations);
whether the order may be done (risk).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, partial
from typing import Final

from fixgate.adapters.fix.decode_extras import TAGS as EXTRA_TAGS
from fixgate.adapters.fix.decode_extras import extras
from fixgate.adapters.fix.decode_lists import list_request, new_order_list
from fixgate.adapters.fix.decode_mass import mass_cancel_request, mass_status_request
from fixgate.adapters.fix.decode_parties import take_parties
from fixgate.adapters.fix.decode_positions import request_for_positions
from fixgate.adapters.fix.decode_securities import (
    security_definition_request,
    security_list_request,
)
from fixgate.adapters.fix.decode_trades import trade_capture_report_request
from fixgate.adapters.fix.inbound import ID_LENGTH_MAX, Fields, missing, ref_seq_num, unfit
from fixgate.adapters.fix.tags import NO_DECIMAL, clean, end_of_day_ns, split, to_decimal, to_ns
from fixgate.domain.errors import Refusal
from fixgate.domain.extras import Extras
from fixgate.domain.frozen import changed, maker
from fixgate.domain.ids import ClOrdID, SessionName
from fixgate.domain.inputs import (
    BadMessage,
    ClientCommand,
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderStatusRequest,
    UnservedMessage,
)
from fixgate.domain.order import Echo, Terms
from fixgate.domain.rounding import ZERO
from fixgate.domain.routing import SMART
from fixgate.domain.values import BusinessRejectReason, OrdType, Side, TimeInForce
from fixgate.domain.values import RefusalReason as R

# What an accepted order repeats on its reports; side, quantities and prices follow the order.
ECHO_TAGS: Final = (
    "15", "18", "21", "55", "58", "76", "100", "109", "126", "207", "432", "453", "526", "847",
)  # fmt: skip
# What a refused order repeats besides: all that the client sent of it.
REFUSED_ECHO_TAGS: Final = (*ECHO_TAGS, "1", "38", "40", "44", "54", "59", "99", *EXTRA_TAGS)
_APART: Final = ("58", "453")  # they have bounds of their own
# Ids and whatever else a report repeats, by what may carry it.
_BOUNDED: Final = (*(each for each in REFUSED_ECHO_TAGS if each not in _APART), "11", "41", "790")
_IDS: Final[Mapping[str, tuple[str, ...]]] = {
    "D": ("11",),
    "F": ("11", "41"),
    "G": ("11", "41"),
    "H": ("11",),
}
# Fields that would change what an order does, and that are not served: never ignored silently.
_UNSERVED: Final[Mapping[str, str]] = {
    "168": "EffectiveTime (168)",
    "210": "MaxShow (210)",
    "376": "ComplianceID (376)",
    "388": "DiscretionInst (388)",
    "848": "TargetStrategyParameters (848)",
}
_RARE_TAGS: Final = frozenset((*_UNSERVED, *EXTRA_TAGS, "847"))
_EXTRA_TAGS: Final = frozenset(EXTRA_TAGS)
_SMART_STRATEGY: Final = "1000"  # TargetStrategy (847): Fixgate chooses the venues
_SIDES: Final = {each.value: each for each in Side}
_ORD_TYPES: Final = {each.value: each for each in OrdType}
_TIMES_IN_FORCE: Final = {each.value: each for each in TimeInForce}
_POST_ONLY: Final = "6"
_TRAILING: Final = "a"  # trailing stop peg
_EXEC_INST: Final = frozenset((_POST_ONLY, _TRAILING, "Q", "H"))

_order: Final = maker(NewOrderSingle)
_made_terms: Final = maker(Terms)


def decode(session: SessionName, text: str) -> ClientCommand:
    """What the client says. ``text`` is a whole message that the engine delivered."""
    fields = split(text)
    msg_type = fields.get("35", "")
    decoder = _DECODERS.get(msg_type)
    if decoder is None:
        other = _OTHERS.get(msg_type)
        if other is not None:
            return other(session, text, fields)
        return UnservedMessage(
            session=session,
            ref_seq_num=ref_seq_num(fields),
            ref_msg_type=msg_type,
            reason=BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE,
            text=f"MsgType (35) {msg_type} is not supported",
            ref_id=fields.get("11"),
        )
    if "453" in fields:
        wrong = take_parties(session, text, fields)
        if wrong is not None:
            return wrong
    if "58" in fields:
        fields["58"] = clean(fields["58"])
    return _bad_field(session, msg_type, fields) or decoder(session, fields)


def with_custom(command: ClientCommand, text: str, tags: tuple[str, ...]) -> ClientCommand:
    """The command with the client's own tags among what reports repeat."""
    if not isinstance(command, NewOrderSingle | OrderCancelReplaceRequest):
        return command
    fields = split(text)
    wrong = unfit(command.session, fields, tags)
    if wrong is not None:
        return wrong
    own = tuple((int(tag), fields[tag]) for tag in tags if tag in fields)
    return changed(command, echo=tuple(sorted((*command.echo, *own))))


def _bad_field(session: SessionName, msg_type: str, fields: Fields) -> BadMessage | None:
    """What comes back on reports and names rows is there, of bounded length, and printable."""
    return missing(session, fields, _IDS[msg_type]) or unfit(session, fields, _BOUNDED)


def _echo(fields: Fields, tags: tuple[str, ...]) -> Echo:
    return tuple([(number, fields[tag]) for number, tag in _numbered(tags) if tag in fields])


@cache
def _numbered(tags: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted((int(tag), tag) for tag in tags))


def _new_order_single(session: SessionName, fields: Fields) -> ClientCommand:
    terms, fault = _terms(fields)
    side = _SIDES.get(fields.get("54", ""))
    if side is None:
        fault = Refusal(R.UNSUPPORTED, f"Side (54) {fields.get('54')} is not supported")
    echo = _echo(fields, ECHO_TAGS if fault is None else REFUSED_ECHO_TAGS)
    return _order(
        session=session,
        cl_ord_id=ClOrdID(fields["11"]),
        symbol=fields.get("55", ""),
        side=side,
        terms=terms,
        echo=echo,
        account=fields.get("1"),
        destination=_destination(fields),
        poss_resend=fields.get("97") == "Y",
        on_disconnect=_on_disconnect(fields["18"]) if "18" in fields else None,
        fault=fault,
    )


def _of_a_list(session: SessionName, fields: Fields) -> ClientCommand:
    if "58" in fields:
        fields["58"] = clean(fields["58"])
    return _bad_field(session, "D", fields) or _new_order_single(session, fields)


def _destination(fields: Fields) -> str | None:
    return fields.get("100") or fields.get("207") or (SMART if "847" in fields else None)


def _on_disconnect(exec_inst: str) -> bool | None:
    """Q, cancel on system failure, or H, reinstate; of both the safer one: canceled."""
    instructions = exec_inst.split()
    if "Q" in instructions:
        return True
    return False if "H" in instructions else None


def _order_cancel_request(session: SessionName, fields: Fields) -> ClientCommand:
    return OrderCancelRequest(
        session=session,
        cl_ord_id=ClOrdID(fields["11"]),
        orig_cl_ord_id=ClOrdID(fields["41"]),
        symbol=fields.get("55", ""),
        side=_SIDES.get(fields.get("54", "")),
        account=fields.get("1"),
        poss_resend=fields.get("97") == "Y",
    )


def _order_cancel_replace_request(session: SessionName, fields: Fields) -> ClientCommand:
    terms, fault = _terms(fields)
    absent = {"time_in_force": "59", "post_only": "18"}
    return OrderCancelReplaceRequest(
        session=session,
        cl_ord_id=ClOrdID(fields["11"]),
        orig_cl_ord_id=ClOrdID(fields["41"]),
        symbol=fields.get("55", ""),
        side=_SIDES.get(fields.get("54", "")),
        terms=terms,
        echo=_echo(fields, ECHO_TAGS),
        account=fields.get("1"),
        keeps=frozenset(name for name, tag in absent.items() if tag not in fields),
        on_disconnect=_on_disconnect(fields["18"]) if "18" in fields else None,
        fault=fault,
        destination=_destination(fields),
        poss_resend=fields.get("97") == "Y",
    )


def _order_status_request(session: SessionName, fields: Fields) -> ClientCommand:
    return OrderStatusRequest(
        session=session,
        cl_ord_id=ClOrdID(fields["11"]),
        echo=_echo(fields, ("1", "54", "55")),
        order_id=fields.get("37"),
        ord_status_req_id=fields.get("790"),
    )


_DECODERS: Final[Mapping[str, Callable[[SessionName, Fields], ClientCommand]]] = {
    "D": _new_order_single,
    "F": _order_cancel_request,
    "G": _order_cancel_replace_request,
    "H": _order_status_request,
}
# They look at their own fields first, and get the text too, for the groups in it.
_OTHERS: Final[Mapping[str, Callable[[SessionName, str, Fields], ClientCommand]]] = {
    "q": mass_cancel_request,
    "AF": mass_status_request,
    "AD": trade_capture_report_request,
    "AN": request_for_positions,
    "x": security_list_request,
    "c": security_definition_request,
    "E": partial(new_order_list, single=_of_a_list),
    "M": list_request,
    "K": list_request,
}


def _terms(fields: Fields) -> tuple[Terms | None, Refusal | None]:
    """The terms of a D or G, or why there are none."""
    rare = None if _RARE_TAGS.isdisjoint(fields) else _rare(fields)
    if isinstance(rare, Refusal):
        return None, rare
    ord_type = _ORD_TYPES.get(fields.get("40", ""))
    if ord_type is None:
        return None, Refusal(R.UNSUPPORTED, f"OrdType (40) {fields.get('40')} is not supported")
    time_in_force = _TIMES_IN_FORCE.get(fields.get("59", TimeInForce.DAY.value))
    if time_in_force is None:
        text = f"TimeInForce (59) {fields.get('59')} is not supported"
        return None, Refusal(R.UNSUPPORTED, text)
    instructions = _instructions(fields, ord_type)
    if isinstance(instructions, Refusal):
        return None, instructions
    amounts = _amounts(fields, ord_type)
    expire_at_ns = _expiry(fields) if time_in_force is TimeInForce.GOOD_TILL_DATE else None
    if isinstance(amounts, Refusal) or isinstance(expire_at_ns, Refusal):
        return None, next(each for each in (amounts, expire_at_ns) if isinstance(each, Refusal))
    order_qty, price, stop_px = amounts
    terms = _made_terms(
        order_qty=order_qty,
        ord_type=ord_type,
        time_in_force=time_in_force,
        price=price,
        stop_px=stop_px,
        expire_at_ns=expire_at_ns,
        post_only=_POST_ONLY in instructions,
        extras=rare,
    )
    return terms, None


def _instructions(fields: Fields, ord_type: OrdType) -> list[str] | Refusal:
    instructions = fields["18"].split() if "18" in fields else []
    if instructions and not _EXEC_INST.issuperset(instructions):
        return Refusal(R.UNSUPPORTED, f"ExecInst (18) {fields['18']} is not supported")
    stated = "18" in fields or fields["35"] != "G"  # a replace that has none keeps the order's
    if stated and (_TRAILING in instructions) is not (ord_type is OrdType.PEGGED):
        text = "OrdType (40) P and ExecInst (18) a, a trailing stop, go together"
        return Refusal(R.UNSUPPORTED, text)
    return instructions


def _rare(fields: Fields) -> Extras | Refusal | None:
    for tag, name in _UNSERVED.items():
        if tag in fields:
            return Refusal(R.UNSUPPORTED, f"{name} is not supported")
    if "847" in fields and (fault := _strategy_fault(fields)) is not None:
        return fault
    return None if _EXTRA_TAGS.isdisjoint(fields) else extras(fields)


def _strategy_fault(fields: Fields) -> Refusal | None:
    wanted = fields.get("100") or fields.get("207") or SMART
    if fields["847"] != _SMART_STRATEGY:
        text = f"TargetStrategy (847) {fields['847']} is not supported; 1000 routes smartly"
    elif wanted != SMART:
        text = f"TargetStrategy (847) 1000 contradicts venue {wanted} (100, 207)"
    else:
        return None
    return Refusal(R.UNSUPPORTED, text)


def _amounts(
    fields: Fields, ord_type: OrdType
) -> tuple[Decimal, Decimal | None, Decimal | None] | Refusal:
    order_qty = _order_qty(fields)
    if isinstance(order_qty, Refusal):
        return order_qty
    price = _number(fields, "44", "Price (44)", needed=ord_type.needs_price)
    if isinstance(price, Refusal):
        return price
    stop_px = _number(fields, "99", "StopPx (99)", needed=ord_type.needs_stop_px)
    if isinstance(stop_px, Refusal):
        return stop_px
    if price is not None and not ord_type.needs_price:
        return Refusal(R.INCORRECT_PRICE, f"Price (44) does not go with {ord_type.name} orders")
    if stop_px is not None and not ord_type.waits:
        return Refusal(R.INCORRECT_PRICE, f"StopPx (99) does not go with {ord_type.name} orders")
    return order_qty, price, stop_px


def _order_qty(fields: Fields) -> Decimal | Refusal:
    """Zero where CashOrderQty (152) stands in its place, until the order has a price."""
    by_money = "152" in fields
    order_qty = _number(fields, "38", "OrderQty (38)", needed=not by_money)
    if order_qty is None:
        return ZERO
    if by_money and not isinstance(order_qty, Refusal):
        text = "OrderQty (38) and CashOrderQty (152) exclude each other"
        return Refusal(R.INCORRECT_QUANTITY, text)
    return order_qty


def _number(fields: Fields, tag: str, name: str, *, needed: bool) -> Decimal | Refusal | None:
    reason = R.INCORRECT_QUANTITY if tag == "38" else R.INCORRECT_PRICE
    text = fields.get(tag)
    if text is None:
        return Refusal(reason, f"{name} is required for this order") if needed else None
    value = to_decimal(text)
    if value is None:
        shown = text if len(text) <= ID_LENGTH_MAX else text[:ID_LENGTH_MAX] + "..."
        return Refusal(reason, f"{name} {shown} {NO_DECIMAL}")
    return value


def _expiry(fields: Fields) -> int | Refusal:
    """FIX: GTD needs ExpireTime (126) or ExpireDate (432)."""
    if "126" in fields:
        expire_at_ns = to_ns(fields["126"])
    elif "432" in fields:
        expire_at_ns = end_of_day_ns(fields["432"])
    else:
        return Refusal(R.OTHER, "GTD (59=6) needs ExpireTime (126) or ExpireDate (432)")
    return expire_at_ns or Refusal(R.OTHER, "ExpireTime (126) or ExpireDate (432) is not a time")
