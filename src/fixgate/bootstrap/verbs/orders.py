"""Verbs about orders: kill switch, mass cancel, and orders that somebody must decide on.

Here: OrderVerbs, on a gateway that runs and on one that does not: then what is to be canceled is
canceled by the next process.
Not here: what a command does to an order (decide.operator).
"""

from collections.abc import Callable, Sequence
from typing import Final

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused, Refused
from fixgate.application.watching import StuckWatch
from fixgate.bootstrap.verbs.giving import (
    Core,
    NotDurable,
    decimal_or_none,
    foreseen,
    names_or_none,
    one_of,
)
from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import ClOrdID, OrderID, SessionName
from fixgate.domain.operations import Coverage, Scope
from fixgate.domain.order import Order
from fixgate.domain.rounding import to_wire

KILL_DURABLE_S: Final = 1.0  # a kill switch does not wait longer for the journal
_LISTED_MAX: Final = 1_000


class OrderVerbs:
    """Registers the verbs.

    cancel_now: cancels an order at its venue although the journal does not answer.
    forget: lets its venue ask no more about an order.
    """

    def __init__(
        self,
        core: Core,
        watch: StuckWatch,
        verbs: Verbs,
        *,
        cancel_now: Callable[[Order], None],
        forget: Callable[[Order], None],
    ) -> None:
        self._core = core
        self._watch = watch
        self._cancel_now = cancel_now
        self._forget = forget
        scope, order = ("scope", "name"), ("order", "session")
        for name, handler, words, args in (
            ("kill_switch", self._kill_switch, "Stop trading, or release it", (*scope, "on")),
            ("cancel_all", self._cancel_all, "Cancel open orders", scope),
            ("query_order", self._query, "Ask the venue again", order),
            ("force_cancel", self._force_cancel, "Cancel an order at its venue", order),
            (
                "resolve_order",
                self._resolve,
                "Say what became of an order",
                (*order, "as", "quantity", "price"),
            ),
        ):
            verbs.add(name, handler, help=words, args=args, changes=True)
        verbs.add("stuck_orders", self._stuck, help="Orders in doubt", args=("all",))

    async def _kill_switch(self, call: Call) -> Json:
        coverage = self._coverage(call)
        on = call.flag("on")
        covered = self._covered(coverage) if on else []
        if not on and coverage not in self._core.state.kills:
            raise Refused(f"the kill switch is not on for {coverage.words}")
        what = (
            f"stop all trading for {coverage.words} and cancel {_orders(covered)}"
            if on
            else f"release the kill switch for {coverage.words}"
        )
        if call.dry_run:
            return {"would": what}
        turned = i.KillSwitchTurned(
            coverage=coverage, on=on, person=call.person.name, reason=call.reason
        )
        try:
            events = await self._core.give(turned, within_s=KILL_DURABLE_S)
        except NotDurable as problem:
            if not on:
                raise
            # Nothing new is taken while the journal does not answer; what is open must go.
            for order in covered:
                self._cancel_now(order)
            sent = f"{_orders(covered)} canceled directly; it is journaled when that works again"
            return {"done": f"{what}: {problem}; {sent}", "journaled": False}
        done = what + self._under_way(events)
        return {"done": done, "orders": self._withdrawn(events), "journaled": True}

    async def _cancel_all(self, call: Call) -> Json:
        coverage = self._coverage(call)
        what = f"cancel {_orders(self._covered(coverage))} of {coverage.words}"
        if call.dry_run:
            return {"would": what}
        events = await self._core.give(
            i.CancelAllOrdered(coverage=coverage, person=call.person.name, reason=call.reason)
        )
        return {"done": what + self._under_way(events), "orders": self._withdrawn(events)}

    async def _query(self, call: Call) -> Json:
        order = self._order(call)
        what = f"ask {order.instruction.venue} what became of {_about(order)}"
        command = i.OrderQueried(
            order_id=order.order_id, person=call.person.name, reason=call.reason
        )
        if call.dry_run:
            foreseen(self._core, command)
            return {"would": what}
        await self._core.give(command)
        return {"done": what}

    async def _force_cancel(self, call: Call) -> Json:
        order = self._order(call)
        what = f"cancel {_about(order)} at {order.instruction.venue}"
        if call.dry_run:
            return {"would": what}
        events = await self._core.give(
            i.OrderForceCanceled(
                order_id=order.order_id, person=call.person.name, reason=call.reason
            )
        )
        return {"done": what + self._under_way(events)}

    async def _resolve(self, call: Call) -> Json:
        order = self._order(call)
        resolution = one_of(call, "as", i.Resolution)
        command = i.OrderResolved(
            order_id=order.order_id,
            resolution=resolution,
            person=call.person.name,
            reason=call.reason,
            last_qty=decimal_or_none(call, "quantity"),
            last_px=decimal_or_none(call, "price"),
        )
        what = f"tell the client that {_about(order)} is {resolution.value}"
        if command.last_qty is not None and command.last_px is not None:
            what += f", {to_wire(command.last_qty)} @ {to_wire(command.last_px)}"
        if call.dry_run:
            foreseen(self._core, command)
            return {"would": what}
        await self._core.give(command)
        self._forget(order)
        return {"done": what}

    async def _stuck(self, call: Call) -> Json:
        now_ns = self._core.clock.now_ns()
        self._watch.look(now_ns)
        after_ns = 0 if call.flag("all") else None
        return {
            each.order.order_id: {
                **_order_json(each.order),
                "why": each.why,
                "since_ns": each.since_ns,
                "for_s": (now_ns - each.since_ns) // 1_000_000_000,
            }
            for each, _ in zip(
                self._watch.stuck(now_ns, after_ns=after_ns), range(_LISTED_MAX), strict=False
            )
        }

    # --- what a call is about

    def _order(self, call: Call) -> Order:
        """An open order by OrderID or, with the session, by ClOrdID."""
        given, session = call.text("order"), call.text_or_none("session")
        state = self._core.state
        order_id: OrderID | None = OrderID(given)
        if session is not None:
            order_id = state.order_ids.get((SessionName(session), ClOrdID(given)))
        order = state.orders.get(order_id) if order_id is not None else None
        if order is None or order.is_terminal:
            raise Refused(f"no open order {given}" + (f" of {session}" if session else ""))
        return order

    def _coverage(self, call: Call) -> Coverage:
        scope = one_of(call, "scope", Scope)
        name = call.text_or_none("name") or ""
        if scope is Scope.GATEWAY and name:
            raise Misused(f"{call.verb}: gateway takes no name")
        if scope is not Scope.GATEWAY and not name:
            raise Misused(f"{call.verb}: {scope.value} needs a name")
        configuration = self._core.configuration
        known = {
            Scope.SESSION: [each.name for each in configuration.sessions],
            Scope.VENUE: [each.name for each in configuration.venues],
        }.get(scope)
        if known is not None and name not in known:
            there = names_or_none(known)
            raise Misused(f"no {scope.value} is named {name[:64]}; there are: {there}")
        return Coverage(scope=scope, name=name)

    def _covered(self, coverage: Coverage) -> list[Order]:
        open_orders = self._core.state.open_orders()
        return [each for each in open_orders if coverage.covers(each.instruction)]

    def _withdrawn(self, events: Sequence[e.Event]) -> int:
        return _count(self._to_cancel(events))

    def _to_cancel(self, events: Sequence[e.Event]) -> list[Order]:
        known = self._core.state.orders
        orders = (
            known.get(each.order_id) for each in events if isinstance(each, e.WithdrawalOrdered)
        )
        return [each for each in orders if each is not None]

    def _under_way(self, events: Sequence[e.Event]) -> str:
        """What has not happened yet when a command is done: the cancels at the venues."""
        left = [each for each in self._to_cancel(events) if not each.is_terminal]
        if not left:
            return ""
        if not self._core.runs:
            return f"; {_orders(left)} will be canceled by the next start"
        up = self._core.state.venues_up
        away = sorted({v for each in left if not up.get(v := each.instruction.venue, False)})
        asked = f"; not canceled yet: {_orders(left)}, whose venue is asked until it says so"
        return asked + (f"; {' and '.join(away)} cannot be reached now" if away else "")


def _orders(orders: Sequence[Order]) -> str:
    count = _count(orders)
    return "1 open order" if count == 1 else f"{count} open orders"


def _count(orders: Sequence[Order]) -> int:
    """A routed order is one, with all of its parts."""
    named = {each.order_id for each in orders}
    return sum(each.parent not in named for each in orders)


def _about(order: Order) -> str:
    about = order.instruction
    return f"order {order.order_id} ({about.session} {order.cl_ord_id})"


def _order_json(order: Order) -> Json:
    about = order.instruction
    return {
        "session": about.session,
        "cl_ord_id": order.cl_ord_id,
        "venue": about.venue,
        "symbol": about.symbol,
        "side": about.side.name.lower(),
        "order_qty": to_wire(order.terms.order_qty),
        "cum_qty": to_wire(order.cum_qty),
        "leaves_qty": to_wire(order.leaves_qty),
        "status": order.ord_status.name.lower(),
        "venue_cl_ord_id": order.venue_cl_ord_id,
        "venue_order_id": order.venue_order_id,
    }
