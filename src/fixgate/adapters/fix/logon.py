"""Judging a Logon before the engine sees it.

Here: judge() and the rules a Logon must meet. Not here: connections, limits.
The engine comes too late: with ResetSeqNumFlag (141) Y it wipes its store before it asks anybody
(Session::nextLogon), and without HeartBtInt (108) it would be left half logged on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address
from typing import Final

from fixgate.adapters.fix.certificates import ClientCertificate
from fixgate.adapters.fix.config import SessionConfig
from fixgate.adapters.fix.fields import engine_text, pairs, twice
from fixgate.adapters.fix.framing import Frame
from fixgate.adapters.fix.tags import to_ns

_CANCEL_ON_DISCONNECT: Final = ("8013", "8674", "9001")
SessionKey = tuple[str, str, str]  # BeginString, and 49 and 56 as the client writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The session a Logon may open."""

    config: SessionConfig
    resets: bool
    next_expected: int | None  # NextExpectedMsgSeqNum (789)
    cancel_on_disconnect: bool = False


def key_of(config: SessionConfig) -> SessionKey:
    """How a client's Logon names this session."""
    return config.version.value, config.target_comp_id, config.sender_comp_id


def judge(
    frame: Frame,
    sessions: Mapping[SessionKey, SessionConfig],
    *,
    address: str,
    now_ns: int,
    is_connected: Callable[[SessionConfig], bool],
    secure: bool = False,
    certificate: ClientCertificate | None = None,
) -> Approved | str:
    """The session, or why the connection is to be closed. The reason is for the record only."""
    if frame.msg_type != "A":
        return "the first message is not a Logon"
    if frame.fault is not None:
        return frame.fault.text
    fields = pairs(engine_text(frame.raw))
    if (tag := twice(fields)) is not None:
        return f"tag {tag} occurs twice"
    values = dict(fields)
    config = sessions.get((values["8"], values.get("49", ""), values.get("56", "")))
    if config is None:
        return "no session has these CompIDs and this BeginString"
    reason = (
        _address(config, address)
        or _certificate(config, certificate, secure=secure)
        or _credentials(config, values)
        or ("the session is connected already" if is_connected(config) else None)
        or next(_terms(config, values, frame.msg_seq_num, now_ns), None)
    )
    return reason or _approved(config, values)


def judge_again(
    frame: Frame, config: SessionConfig, *, address: str, now_ns: int
) -> Approved | str:
    """A Logon on a session that is logged on: allowed only to reset the sequence numbers."""
    verdict = judge(
        frame,
        # What the connection itself had to prove, it has proved.
        {key_of(config): replace(config, tls_required=False, certificate=None)},
        address=address,
        now_ns=now_ns,
        is_connected=lambda _: False,
    )
    if isinstance(verdict, str):
        return verdict
    if not verdict.resets:
        return "a Logon on a session that is logged on"
    return replace(verdict, config=config)


def _address(config: SessionConfig, address: str) -> str | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return f"{address!r} is not an address"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if any(parsed in network for network in config.networks):
        return None
    return f"{address} is not allowed for this session"


def _certificate(
    config: SessionConfig, certificate: ClientCertificate | None, *, secure: bool
) -> str | None:
    if config.tls_required and not secure:
        return "the session needs TLS"
    return None if config.certificate is None else config.certificate.unmet(certificate)


def _credentials(config: SessionConfig, values: Mapping[str, str]) -> str | None:
    # Both are always checked: the time taken must not tell which one was wrong.
    name = values.get("553", "").encode()
    name_ok = config.username is None or compare_digest(name, config.username.encode())
    password_ok = config.password_ok is None or config.password_ok(values.get("554", ""))
    return None if name_ok and password_ok else "Username (553) or Password (554) is wrong"


def _terms(
    config: SessionConfig, values: Mapping[str, str], msg_seq_num: int, now_ns: int
) -> Iterator[str]:
    """What is wrong with the Logon's own fields."""
    if values.get("98") != "0":
        yield "EncryptMethod (98) is not 0"
    least, most = config.heart_bt_int_s_min, config.heart_bt_int_s_max
    interval = values.get("108", "")
    if not (interval.isascii() and interval.isdigit() and least <= int(interval[:9]) <= most):
        yield f"HeartBtInt (108) is not a number from {least} to {most}"
    if msg_seq_num == 0:
        yield "MsgSeqNum (34) is missing or not a number"
    sent_ns = to_ns(values.get("52", ""))
    if sent_ns is None or abs(now_ns - sent_ns) > config.latency_s_max * 1_000_000_000:
        yield f"SendingTime (52) is not within {config.latency_s_max} s of the gateway's clock"
    wishes = {tag: values[tag] for tag in _CANCEL_ON_DISCONNECT if tag in values}
    for tag, wish in wishes.items():
        if wish not in ("Y", "N"):
            yield f"cancel on disconnect ({tag}) is neither Y nor N"
    if len(set(wishes.values())) > 1:
        yield f"cancel on disconnect: {', '.join(wishes)} contradict each other"
    if values.get("141", "N") not in ("Y", "N"):
        yield "ResetSeqNumFlag (141) is neither Y nor N"
    if values.get("141") == "Y" and not config.reset_allowed:
        yield "ResetSeqNumFlag (141) Y is not allowed for this session"
    if values.get("141") == "Y" and msg_seq_num != 1:
        # FIX 4.4 vol. 2, Logon: with ResetSeqNumFlag MsgSeqNum is 1.
        yield "ResetSeqNumFlag (141) is Y but MsgSeqNum (34) is not 1"


def _approved(config: SessionConfig, values: Mapping[str, str]) -> Approved:
    expected = values.get("789", "")
    return Approved(
        config=config,
        resets=values.get("141") == "Y",
        cancel_on_disconnect=_cancel_on_disconnect(config, values),
        next_expected=int(expected[:9]) if expected.isascii() and expected.isdigit() else None,
    )


def _cancel_on_disconnect(config: SessionConfig, values: Mapping[str, str]) -> bool:
    for tag in _CANCEL_ON_DISCONNECT:
        if tag in values:
            return values[tag] == "Y"
    return config.cancel_on_disconnect
