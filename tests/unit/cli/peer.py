"""The gateway's side of a FIX session, small enough to be told what to do."""

from fixgate.cli.fixsession import FixSession, Identity
from fixgate.cli.fixstore import ClientStore
from fixgate.cli.fixtext import Message, compose

NOW_NS = 1_790_000_000_000_000_000
IDENTITY = Identity(begin_string="FIX.4.4", sender_comp_id="TRADER", target_comp_id="FIXGATE")


def from_gateway(msg_type: str, msg_seq_num: int, *fields: tuple[int, str]) -> Message:
    """A message of the gateway."""
    header = [(35, msg_type), (34, str(msg_seq_num)), (49, "FIXGATE")]
    time = (52, "20260921-13:33:20.000")
    return compose("FIX.4.4", [*header, time, (56, "TRADER"), *fields])


def report(msg_seq_num: int, cl_ord_id: str, exec_type: str, ord_status: str, **fields: str):
    """An ExecutionReport; ``fields`` are written as t38="0.5"."""
    body = {11: cl_ord_id, 37: "O1", 55: "BTC/USDT", 54: "1", 150: exec_type, 39: ord_status}
    body |= {14: "0", 151: "0", 6: "0", 38: "0.5"}
    body |= {int(name[1:]): value for name, value in fields.items()}
    return from_gateway("8", msg_seq_num, *body.items())


def logged_on(store: ClientStore | None = None, identity: Identity = IDENTITY) -> FixSession:
    """A session whose Logon was answered; its output is empty."""
    session = FixSession(identity, store or ClientStore(), lambda: NOW_NS)
    session.log_on(0.0)
    list(session.receive(from_gateway("A", 1, (98, "0"), (108, "30")), 0.0))
    assert session.logged_on
    session.output.clear()
    return session


def types_of(session: FixSession) -> list[str]:
    return [each.msg_type for each in session.output]
