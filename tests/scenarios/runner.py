"""Runs scenario files: a FIX conversation written as a session.

A scenario begins with ``# ID  what it shows``. Directives set it up::

    ! while_pending=refuse           a field of SessionRules
    ! venue replace=cancel_then_new  a field of VenueProfile
    ! instrument min_qty=1           a field of Instrument
    ! only FIX.4.4                   the version it runs under (else both)

Then come lines of steps, any number a line, in columns or below each other::

    C> D 11=X 54=1 38=100 40=2 44=9  the client sends; 55, 60 and, in 4.2, 21 are filled in
    C> resend D 11=X ...             the same with PossResend (97=Y)
    C< 8 150=0 39=0 14=0 151=100     the client gets; every field named must be as named
    C< nothing                       the client gets nothing more
    V< submit 100 @ 9                the venue gets a call: submit, cancel, replace, query
    V< nothing
    V> ack | rejected TEXT | unknown | not sent          answers the last call
    V> cancel accepted [CUM] | cancel refused [TEXT] | cancel unknown
    V> replace accepted | replace refused [TEXT] | replace unknown
    V> trade 100 @ 9 [id T1] [leg 0]
    V> closed canceled|expired|done|rejected CUM [reason 2] [TEXT]
    V> restated [qty Q] [price P] [reason N]
    V> correct T1 90 @ 9 | bust T1
    V> found working CUM [qty Q] [price P] | found closed CUM canceled|expired|filled|rejected
    V> not found
    V> triggered

Values are those of FIX 4.4; what 4.2 writes differently is translated here, from the table in
the design (150=F becomes 1 or 2 with 20=0 and so on).
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, get_type_hints

from fakes.core import VENUE, FakeCore, a_profile, an_instrument, some_rules

from fixgate.domain import events as e
from fixgate.domain import inputs as i
from fixgate.domain.ids import ClOrdID, TradeID, VenueClOrdID, VenueOrderID, venue_cl_ord_id
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.order import Order
from fixgate.domain.sessions import FixVersion, SessionRules
from fixgate.domain.values import ExecType, RestatementReason

_STEP = re.compile(r"(?=\b[CV][<>] )")
_ENDS = {
    "canceled": ExecType.CANCELED,
    "expired": ExecType.EXPIRED,
    "done": ExecType.DONE_FOR_DAY,
    "rejected": ExecType.REJECTED,
    "filled": ExecType.TRADE,
}


@dataclass
class Scenario:
    """One scenario of a file."""

    name: str
    where: str
    settings: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)  # (where, step)

    def versions(self) -> list[FixVersion]:
        """The FIX versions it is about."""
        only = [s.removeprefix("only ") for s in self.settings if s.startswith("only ")]
        return [FixVersion(only[0])] if only else list(FixVersion)


def load(path: Path) -> list[Scenario]:
    """The scenarios of a file."""
    scenarios: list[Scenario] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path.name}:{number}"
        if line.startswith("# "):
            scenarios.append(Scenario(line[2:].strip(), where))
        elif line.startswith("! "):
            scenarios[-1].settings.append(line[2:].strip())
        elif line.strip():
            steps = [each.strip() for each in _STEP.split(line) if each.strip()]
            scenarios[-1].steps.extend((where, step) for step in steps)
    return scenarios


def _coerce(cls: type, name: str, text: str) -> Any:
    hint = get_type_hints(cls)[name]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(text)
    if hint is bool:
        return text == "yes"
    if hint is int:
        return int(text)
    if hint is Decimal or Decimal in getattr(hint, "__args__", ()):
        return Decimal(text)
    return text


def _settings(scenario: Scenario, kind: str, cls: type) -> dict[str, Any]:
    changes = {}
    for setting in scenario.settings:
        words = setting.split()
        if words[0] == "only":
            continue
        target = words[0] if words[0] in ("venue", "instrument") else "session"
        if target == kind:
            for pair in words[0 if kind == "session" else 1 :]:
                name, _, text = pair.partition("=")
                changes[name] = _coerce(cls, name, text)
    return changes


class Run:
    """One scenario under one version."""

    def __init__(self, scenario: Scenario, version: FixVersion) -> None:
        self.version = version
        rules = some_rules(version, **_settings(scenario, "session", SessionRules))
        self.core = FakeCore(
            rules=rules,
            profile=a_profile(**_settings(scenario, "venue", VenueProfile)),
            instruments=(an_instrument(**_settings(scenario, "instrument", Instrument)),),
        )
        self.scenario = scenario
        self.last_call: tuple[Any, Order] | None = None
        self.trades = 0
        self.where = scenario.where

    def play(self) -> None:
        """Run every step; raise AssertionError naming the line of the first that fails."""
        for where, step in self.scenario.steps:
            self.where = where
            side, _, rest = step.partition(" ")
            {"C>": self._sends, "C<": self._gets, "V<": self._called, "V>": self._says}[side](
                rest.strip()
            )
        self._gets("nothing")

    def fail(self, text: str) -> None:
        """Fail at the current line."""
        raise AssertionError(f"{self.where} [{self.version.value}]: {text}")

    # --- the client ---------------------------------------------------------------------

    def _sends(self, rest: str) -> None:
        poss_resend = rest.startswith("resend ")
        msg_type, _, fields = rest.removeprefix("resend ").partition(" ")
        given = dict(pair.split("=", 1) for pair in fields.split())
        fill = {"55": "BTC/USDT", "54": "1"}
        if msg_type in "DFG":
            fill["60"] = "20231114-22:13:20"
        if msg_type in "DG" and self.version is FixVersion.FIX42:
            fill["21"] = "1"
        if msg_type == "G":
            fill["40"] = "2"
        whole = {**fill, **given}
        self.core.send(
            msg_type, "|".join(f"{k}={v}" for k, v in whole.items()), poss_resend=poss_resend
        )

    def _gets(self, rest: str) -> None:
        if rest == "nothing":
            if self.core.sent:
                self.fail(f"unexpected {self.core.sent[0]!r}")
            return
        if not self.core.sent:
            self.fail(f"nothing came, expected {rest}")
        text = self.core.sent.popleft()
        got = dict(pair.split("=", 1) for pair in text.split("\x01") if pair)
        msg_type, _, fields = rest.partition(" ")
        wanted = dict(pair.split("=", 1) for pair in fields.split())
        wanted["35"] = msg_type
        if self.version is FixVersion.FIX42 and msg_type == "8":
            wanted = _as_42(wanted)
        for tag, value in wanted.items():
            found = got.get(tag)
            if value == "-":
                if found is not None:
                    self.fail(f"tag {tag} is {found!r}, expected none in {text!r}")
            elif value == "*":
                if not found:
                    self.fail(f"tag {tag} is missing in {text!r}")
            elif found != value:
                self.fail(f"tag {tag} is {found!r}, expected {value!r} in {text!r}")

    # --- the venue ----------------------------------------------------------------------

    def _called(self, rest: str) -> None:
        if rest == "nothing":
            if self.core.calls:
                self.fail(f"unexpected call {self.core.calls[0][0]}")
            return
        if not self.core.calls:
            self.fail(f"no call, expected {rest}")
        intent, order = self.core.calls.popleft()
        self.last_call = (intent, order)
        shown = _shown(intent)
        if shown != rest:
            self.fail(f"the venue was called with {shown!r}, expected {rest!r}")

    def _order(self) -> Order:
        """The order that the venue talks about: the latest one that was routed."""
        if self.core.calls:
            self.last_call = (self.core.calls[-1][0], self.core.calls[-1][1])
            self.core.calls.clear()
        if self.last_call is None:
            self.fail("the venue was never called")
        assert self.last_call is not None
        order_id = self.last_call[1].order_id
        return self.core.state.orders[order_id]

    def _leg(self, words: list[str]) -> VenueClOrdID:
        order = self._order()
        leg = int(words[words.index("leg") + 1]) if "leg" in words else order.leg
        return venue_cl_ord_id(order.order_id, leg)

    def _says(self, rest: str) -> None:
        words = rest.split()
        verb = words[0]
        if verb in ("ack", "rejected", "unknown") or rest == "not sent":
            self._answers(i.VenueCall.SUBMIT, rest)
        elif verb in ("cancel", "replace") and words[1] in (
            "accepted",
            "refused",
            "unknown",
            "not",
        ):
            call = i.VenueCall.CANCEL if verb == "cancel" else i.VenueCall.REPLACE
            self._answers(call, " ".join(words[1:]))
        else:
            getattr(self, f"_says_{verb}")(words[1:])

    def _answers(self, call: i.VenueCall, rest: str) -> None:
        words = rest.split()
        outcome = {
            "ack": i.Outcome.ACCEPTED,
            "accepted": i.Outcome.ACCEPTED,
            "rejected": i.Outcome.REJECTED,
            "refused": i.Outcome.REJECTED,
            "unknown": i.Outcome.UNKNOWN,
            "not": i.Outcome.NOT_SENT,
        }[words[0]]
        leg = self._leg([])
        order = self._order()
        tail = words[1:] if outcome is not i.Outcome.NOT_SENT else []
        accepted = outcome is i.Outcome.ACCEPTED
        cum = Decimal(tail[0]) if accepted and call is i.VenueCall.CANCEL and tail else None
        head = order.requests[0].cl_ord_id if order.requests else None
        request = None if call is i.VenueCall.SUBMIT else head
        self.core.say(
            i.VenueAnswered(
                venue=VENUE,
                call=call,
                venue_cl_ord_id=leg,
                outcome=outcome,
                request=ClOrdID(request) if request else None,
                venue_order_id=VenueOrderID(f"V{leg[-2:]}") if accepted else None,
                leg_cum_qty=cum,
                text=" ".join(tail) or None if not accepted else None,
            )
        )

    def _says_trade(self, words: list[str]) -> None:
        self.trades += 1
        trade_id = words[words.index("id") + 1] if "id" in words else f"T{self.trades}"
        self.core.say(
            i.VenueTraded(
                venue=VENUE,
                venue_cl_ord_id=self._leg(words),
                trade_id=TradeID(trade_id),
                last_qty=Decimal(words[0]),
                last_px=Decimal(words[2]),
            )
        )

    def _says_closed(self, words: list[str]) -> None:
        rest = words[2:]
        reason = None
        if rest[:1] == ["reason"]:
            reason, rest = RestatementReason(rest[1]), rest[2:]
        self.core.say(
            i.VenueClosed(
                venue=VENUE,
                venue_cl_ord_id=self._leg([]),
                exec_type=_ENDS[words[0]],
                leg_cum_qty=Decimal(words[1]),
                restatement=reason,
                text=" ".join(rest) or None,
            )
        )

    def _says_restated(self, words: list[str]) -> None:
        pairs = dict(zip(words[::2], words[1::2], strict=True))
        self.core.say(
            i.VenueRestated(
                venue=VENUE,
                venue_cl_ord_id=self._leg([]),
                leg_qty=Decimal(pairs["qty"]) if "qty" in pairs else None,
                price=Decimal(pairs["price"]) if "price" in pairs else None,
                restatement=RestatementReason(pairs.get("reason", "99")),
            )
        )

    def _says_correct(self, words: list[str]) -> None:
        self._corrects(words[0], words[1], words[3])

    def _says_bust(self, words: list[str]) -> None:
        self._corrects(words[0], "0", "0")

    def _corrects(self, trade_id: str, qty: str, px: str) -> None:
        self.core.say(
            i.VenueTradeCorrected(
                venue=VENUE,
                venue_cl_ord_id=self._leg([]),
                trade_id=TradeID(trade_id),
                last_qty=Decimal(qty),
                last_px=Decimal(px),
            )
        )

    def _says_found(self, words: list[str]) -> None:
        pairs = dict(zip(words[2::2], words[3::2], strict=False))
        closed = words[0] == "closed"
        self.core.say(
            i.VenueLegReported(
                venue=VENUE,
                venue_cl_ord_id=self._leg([]),
                state=i.LegState.CLOSED if closed else i.LegState.WORKING,
                venue_order_id=VenueOrderID("V"),
                leg_cum_qty=Decimal(words[1]),
                leg_qty=Decimal(pairs["qty"]) if "qty" in pairs else None,
                price=Decimal(pairs["price"]) if "price" in pairs else None,
                exec_type=_ENDS[words[2]] if closed else None,
            )
        )

    def _says_not(self, _: list[str]) -> None:
        self.core.say(
            i.VenueLegReported(
                venue=VENUE, venue_cl_ord_id=self._leg([]), state=i.LegState.NOT_FOUND
            )
        )

    def _says_triggered(self, _: list[str]) -> None:
        self.core.say(i.VenueTriggered(venue=VENUE, venue_cl_ord_id=self._leg([])))


def _shown(intent: Any) -> str:
    match intent:
        case e.OrderRouted():
            price = "market" if intent.terms.price is None else f"@ {intent.terms.price}"
            return f"submit {intent.qty} {price}"
        case e.CancelSent():
            return "cancel"
        case e.ReplaceSent():
            price = "market" if intent.terms.price is None else f"@ {intent.terms.price}"
            return f"replace {intent.qty} {price}"
        case _:
            return "query"


def _as_42(wanted: dict[str, str]) -> dict[str, str]:
    """The 4.2 form of a report written in 4.4 values (order-lifecycle, last section)."""
    exec_type = wanted.get("150")
    trans = {"G": "2", "H": "1", "I": "3"}.get(exec_type or "", "0")
    changed = {**wanted, "20": trans}
    if exec_type == "F":
        changed["150"] = "2" if wanted.get("151") == "0" else "1"
    elif exec_type in ("G", "H", "I"):
        if "39" in wanted:
            changed["150"] = wanted["39"]
        else:
            del changed["150"]
    elif exec_type == "L":
        changed["150"] = "D"
    for tag in ("527", "790", "851"):
        changed.pop(tag, None)
    if changed.get("103") in ("11", "13", "99"):
        changed["103"] = "0"
    if changed.get("378") in ("6", "99"):
        changed["378"] = "4"
    return changed
