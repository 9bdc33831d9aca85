"""What a session file says of rates and roles, in a gateway that runs."""

from collections.abc import Iterator

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name, sending_time

SESSION = """
name = "{name}"
version = "{version}"
target_comp_id = "{name}"
default_venue = "SIM"
accounts = ["DEMO"]
default_account = "DEMO"
"""
FILES = {
    "SOFT": "[rates]\nsoft_per_s = 5\n",
    "HARD": "[rates]\nhard_per_s = 10\nback_off_s = 2.0\n",
    "COPY": 'role = "drop_copy"\ncovers = ["TRADER"]\n',
    "COPY42": 'role = "drop_copy"\ncovers = ["TRADER"]\n',
    "DATA": 'role = "market_data"\n',
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose journal gives the same when it is decided again."""
    home = make_home(tmp_path_factory.mktemp("session_files"))
    for name, more in FILES.items():
        version = "FIX.4.2" if name.endswith("42") else "FIX.4.4"
        text = SESSION.format(name=name, version=version) + more
        (home / "sessions" / f"{name.lower()}.toml").write_text(text)
    one = Gateway(home)
    try:
        one.start()
        yield one
    finally:
        one.kill()
    audit(home)


def resting(name: str, px: str = "20000", qty: str = "0.5") -> str:
    """A limit order far below the market."""
    return f"11={name}|55=BTC/USDT|54=1|38={qty}|40=2|44={px}|60={sending_time()}"


def answers(peer: Peer, names: set[str]) -> dict[str, Said]:
    """The first answer to each of some requests."""
    found: dict[str, Said] = {}
    while not names <= set(found):
        said = peer.receive()
        if said[35] in ("8", "9") and said[11] in names:
            found.setdefault(said[11], said)
        if said[35] == "2":
            peer.resend(said)
    return found


def test_beyond_the_soft_rate_orders_and_replaces_are_refused_and_cancels_are_not(
    gateway: Gateway,
) -> None:
    peer = Peer("SOFT")
    peer.log_on(gateway.port)
    names = [a_name() for _ in range(40)]
    for each in names:
        peer.send("D", resting(each))
    first = answers(peer, set(names))
    taken = [each for each in names if first[each][39] != "8"]
    refused = [each for each in names if first[each][39] == "8"]
    assert taken[:5] == names[:5]
    assert refused
    assert {first[each][103] for each in refused} == {"99"}
    assert {first[each][58] for each in refused} == {"Too many messages: more than 5 per second"}

    cancels = {a_name(): each for each in taken[1:]}
    replace = a_name()
    for _ in range(10):  # so that the band is full whatever time has passed
        peer.send("H", f"11={taken[0]}|55=BTC/USDT|54=1")
    peer.send(
        "G", resting(replace, "20001").replace(f"11={replace}", f"11={replace}|41={taken[0]}")
    )
    for name, order in cancels.items():
        peer.send("F", f"11={name}|41={order}|55=BTC/USDT|54=1|38=0.5|60={sending_time()}")
    second = answers(peer, {replace, *cancels})
    assert (second[replace][35], second[replace][102]) == ("9", "99")
    assert second[replace][58].startswith("Too many messages")
    assert {second[each][35] for each in cancels} == {"8"}
    peer.log_out()


def test_beyond_the_hard_rate_a_client_is_logged_out_and_comes_back_to_every_answer(
    gateway: Gateway,
) -> None:
    peer = Peer("HARD")
    peer.log_on(gateway.port)
    names = {a_name() for _ in range(60)}
    for each in names:
        peer.send("D", resting(each))
    said = peer.until(lambda each: each[35] == "5")
    peer.send("5")
    said += peer.closed()
    (logout,) = [each for each in said if each[35] == "5"]
    assert logout[58] == "Too many messages: more than 10 per second; log on again in 2 s"
    answered = {each[11] for each in said if each[35] == "8"}

    peer.connect(gateway.port)
    peer.send("A", "98=0|108=30")
    (refused,) = peer.closed()
    assert refused[35] == "5"
    assert refused[58].startswith("Too many messages were sent; log on again from ")

    while True:
        peer.connect(gateway.port)
        peer.send("A", "98=0|108=30")
        answer = peer.receive()
        if answer[35] == "A":
            break
        peer.closed()
    answered |= {each[11] for each in peer.all_answered() if each[35] == "8"}
    assert names <= answered
    peer.log_out()


@pytest.mark.parametrize(
    ("name", "reason", "purpose"),
    [("COPY", "6", "drop copy"), ("COPY42", "3", "drop copy"), ("DATA", "6", "market data")],
)
def test_a_session_that_is_not_for_orders_takes_none(
    gateway: Gateway, name: str, reason: str, purpose: str
) -> None:
    peer = Peer(name, "FIX.4.2" if name.endswith("42") else "FIX.4.4")
    peer.log_on(gateway.port)
    order = a_name()
    bodies = {
        "D": resting(order) + "|21=1",
        "F": f"11={a_name()}|41={order}|55=BTC/USDT|54=1|38=0.5|60={sending_time()}",
        "G": resting(a_name()) + f"|41={order}|21=1",
        "H": f"11={order}|55=BTC/USDT|54=1",
    }
    for msg_type, body in bodies.items():
        number = peer.send(msg_type, body)
        said = peer.receive()
        assert (said[35], said[380], said[45]) == ("j", reason, str(number)), said.shown()
        assert (
            said[58] == f"This session is for {purpose}: MsgType (35) {msg_type} is not taken on it"
        )
    peer.log_out()
