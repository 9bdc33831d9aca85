"""Whatever one client sends, it is answered as the rules say, and nobody else notices.

A real gateway, hand-made messages from a raw socket. While each bad message is dealt with, another
session trades. At the end the journal of it all is verified and replayed.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from integration.gateway_process import Gateway, make_home
from integration.journal_check import audit
from integration.raw_peer import Peer, Said, a_name, frame, sending_time

VERSIONS = ("FIX.4.2", "FIX.4.4")
RESET = "98=0|108=30|141=Y"
# All that operations are told: so many orders are refused, and clients send rejections.
TOLD = re.compile(r"subject='(?:reject rate|rejected by client)'")
SESSION = """
name = "{name}"
version = "{version}"
target_comp_id = "{name}"
default_venue = "SIM"
accounts = ["DEMO"]
default_account = "DEMO"
"""


@dataclass
class World:
    """One gateway, a bystander who trades, and one who misbehaves in each version."""

    gateway: Gateway
    bystander: Peer
    rude: dict[str, Peer]
    strangers: list[Peer] = field(default_factory=list)

    def stranger(self, version: str) -> Peer:
        """A session of its own for what ends a connection; not connected yet."""
        self.strangers.append(Peer(f"STRANGER{version[-1]}", version))
        return self.strangers[-1]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = make_home(tmp_path_factory.mktemp("bad_input"))
    for version in VERSIONS:
        name = f"STRANGER{version[-1]}"
        text = SESSION.format(name=name, version=version)
        (home / "sessions" / f"{name.lower()}.toml").write_text(text)
    gateway = Gateway(home)
    try:
        gateway.start()
        rude = {version: Peer(f"DEMO4{version[-1]}", version) for version in VERSIONS}
        bystander = Peer("TRADER")
        for each in (bystander, *rude.values()):
            each.log_on(gateway.port)
        yield World(gateway, bystander, rude)
        numbers = [int(each[34]) for each in bystander.received]
        assert numbers == list(range(1, len(numbers) + 1)), "the bystander missed something"
        assert gateway.stop() == 0
        assert [each for each in gateway.errors if TOLD.search(each) is None] == []
        audit(home)
    finally:
        gateway.kill()
        for each in (bystander, *rude.values()):
            each.hang_up()


@pytest.fixture
def world(running: World) -> Iterator[World]:
    """The gateway, and at the end: it lives, and others trade."""
    running.bystander.trade()
    yield running
    running.bystander.trade()
    while running.strangers:
        running.strangers.pop().hang_up()


def say_something_bad(world: World, version: str, msg_type: str, body: str) -> list[Said]:
    """What comes back, while somebody else trades; all of it, since a good request follows."""
    rude = world.rude[version]
    number = rude.send(msg_type, body)
    world.bystander.trade()
    answers = [each for each in rude.ask() if each[150] != "0"]
    for each in answers:
        assert each[58], each.shown()
        assert each[45] in ("", str(number)), each.shown()
    return answers


def reject(tag: int | None, reason: int) -> dict[int, str]:
    """35=3 with RefTagID (371) and SessionRejectReason (373)."""
    return {35: "3", 371: "" if tag is None else str(tag), 373: str(reason), 372: "D"}


def refused(ord_rej_reason: int, in_42: int | None = None) -> dict[int, str | tuple[str, str]]:
    """A rejected ExecutionReport; FIX 4.2 knows fewer reasons."""
    older = ord_rej_reason if in_42 is None else in_42
    return {35: "8", 39: "8", 150: "8", 103: (str(older), str(ord_rej_reason)), 151: "0"}


ELEVENS = "1" * 40
BAD_FIELDS = {
    # missing
    "no ClOrdID": ({"_11": None}, reject(11, 1)),
    "no Side": ({"_54": None}, reject(54, 1)),
    "no Symbol": ({"_55": None}, reject(55, 1)),
    "no TransactTime": ({"_60": None}, reject(60, 1)),
    "no OrdType": ({"_40": None}, reject(40, 1)),
    "no OrderQty": ({"_38": None}, refused(13, 0)),
    "no Price in a limit order": ({"_44": None}, refused(99, 0)),
    "no StopPx in a stop order": ({"_40": "3", "_44": None}, refused(99, 0)),
    "GTD without an end": ({"_59": "6"}, refused(99, 0)),
    "an empty ClOrdID": ({"_11": ""}, reject(11, 4)),
    "an empty OrderQty": ({"_38": ""}, reject(38, 4)),
    # malformed
    "a price with an exponent": ({"_44": "1e999"}, reject(44, 6)),
    "a price that is NaN": ({"_44": "NaN"}, reject(44, 6)),
    "a quantity that is NaN": ({"_38": "NaN"}, reject(38, 6)),
    "an infinite price": ({"_44": "Infinity"}, reject(44, 6)),
    "a plus sign": ({"_44": "+5"}, reject(44, 6)),
    "a comma": ({"_44": "1,000"}, reject(44, 6)),
    "a space": ({"_44": " 1"}, reject(44, 6)),
    "Arabic digits": ({"_38": "\u0661".encode().decode("latin-1")}, reject(38, 6)),
    "a time that is none": ({"_60": "yesterday"}, reject(60, 6)),
    "an ExpireTime that is none": ({"_59": "6", "_126": "x"}, reject(126, 6)),
    "an ExpireTime on 30 February": ({"_59": "6", "_126": "20300230-00:00:00"}, refused(99, 0)),
    "a length below zero": ({"_95": "-5", "_96": "x"}, reject(95, 6)),
    "a huge length": ({"_95": "100000000", "_96": "x"}, reject(95, 6)),
    "a length with a wrong value": ({"_354": "-5", "_355": "x"}, reject(354, 6)),
    # out of range
    "a Side that is none": ({"_54": "Z"}, reject(54, 5)),
    "an OrdType that is none": ({"_40": "#"}, reject(40, 5)),
    "a TimeInForce that is none": ({"_59": "x"}, reject(59, 5)),
    "a Side that is not served": ({"_54": "5"}, refused(11, 0)),
    "an OrdType that is not served": ({"_40": "P"}, refused(11, 0)),
    "a TimeInForce that is not served": ({"_59": "2"}, refused(11, 0)),
    "an ExecInst that is not served": ({"_18": "1"}, refused(11, 0)),
    "a MinQty": ({"_110": "1"}, refused(11, 0)),
    "40 digits in a price": ({"_44": ELEVENS}, refused(99, 0)),
    "40 digits in a quantity": ({"_38": "0." + ELEVENS}, refused(13, 0)),
    "40 digits around a point": ({"_44": f"{ELEVENS[:20]}.{ELEVENS[:20]}"}, refused(99, 0)),
    "a quantity of zero": ({"_38": "0"}, refused(13, 0)),
    "a quantity below zero": ({"_38": "-1"}, refused(13, 0)),
    "a price of zero": ({"_44": "0"}, refused(99, 0)),
    "a price below zero": ({"_44": "-1"}, refused(99, 0)),
    "a price off the tick": ({"_44": "48000.001"}, refused(99, 0)),
    "a quantity off the lot": ({"_38": "0.123456789"}, refused(13, 0)),
    "a price in a market order": ({"_40": "1"}, refused(99, 0)),
    "an end that has passed": ({"_59": "6", "_126": "20200101-00:00:00"}, refused(99, 0)),
    # unknown
    "an unknown symbol": ({"_55": "NO/SUCH"}, refused(1)),
    "SQL for a symbol": ({"_55": "'; DROP TABLE orders; --"}, refused(1)),
    "an unknown venue": ({"_100": "NOWHERE"}, refused(11, 0)),
    "somebody else's account": ({"_1": "X"}, refused(0)),
    "an unknown tag": ({"_4999": "x"}, reject(4999, 0)),
    "tag 0": ({"_0": "x"}, reject(0, 0)),
    "a tag below zero": ({"_-5": "x"}, reject(-5, 0)),
    "a tag beyond integers": ({"_99999999999": "x"}, reject(None, 0)),
    "a tag of letters": ({"_abc": "x"}, reject(None, 0)),
    "a field without a tag": ({"_58": "a|garbage"}, reject(None, 0)),
    "a tag of another message": ({"_31": "5"}, reject(31, 2)),
    "a tag of the header in the body": ({"_58": "a|8=FIX.4.4"}, reject(None, 0)),
    # text
    "a ClOrdID that is not UTF-8": ({"_11": "x\xff"}, reject(11, 6)),
    "a ClOrdID with a NUL": ({"_11": "a\0b"}, reject(11, 6)),
    "a ClOrdID with a control character": ({"_11": "a\x02b"}, reject(11, 6)),
    "a Symbol that is not UTF-8": ({"_55": "BTC\xff"}, reject(55, 6)),
    "an Account with a NUL": ({"_1": "DEMO\0"}, reject(1, 6)),
    "a ClOrdID of 65 characters": ({"_11": "x" * 65}, reject(11, 5)),
    "a ClOrdID of 60,000 characters": ({"_11": "x" * 60_000}, reject(11, 5)),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", BAD_FIELDS)
def test_an_order_with_a_bad_field_is_refused(world: World, version: str, name: str) -> None:
    changes, expected = BAD_FIELDS[name]
    body = world.rude[version].order_body(a_name(), **changes)

    (answer,) = say_something_bad(world, version, "D", body)

    for tag, value in expected.items():
        wanted = value if isinstance(value, str) else value[VERSIONS.index(version)]
        assert answer[tag] == wanted, f"{tag}: {answer.shown()}"


ACCEPTED = {
    "Latin-1 in Text": {"_58": "caf\xe9"},
    "UTF-8 in Text": {"_58": "\u20ac".encode().decode("latin-1")},
    "neither in Text": {"_58": "\xff\xfe"},
    "a NUL in Text": {"_58": "a\0b"},
    "60,000 characters of Text": {"_58": "x" * 60_000},
    "a data field of the right length": {"_354": "3", "_355": "a=b"},
    "a ClOrdID in UTF-8": {"_11": "\u20ac1".encode().decode("latin-1")},
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ACCEPTED)
def test_what_only_looks_odd_is_taken_and_can_be_canceled(
    world: World, version: str, name: str
) -> None:
    rude = world.rude[version]
    changes = ACCEPTED[name]
    cl_ord_id = changes.get("_11") or a_name()
    rude.send("D", rude.order_body(cl_ord_id, **changes))
    world.bystander.trade()
    rude.until(lambda said: said[11] == cl_ord_id and said[39] == "0")

    cancel = a_name()
    rude.send("F", f"11={cancel}|41={cl_ord_id}|54=1|55=BTC/USDT|60={sending_time()}")

    said = rude.until(lambda each: each[11] == cancel and each[39] == "4")[-1]
    assert said[41] == cl_ord_id


REQUESTS = {
    "F, unknown order": (
        "F",
        "11={}|41=none|{}",
        {35: "9", 37: "NONE", 39: "8", 102: "1", 434: "1"},
    ),
    "F without 41": ("F", "11={}|{}", {35: "3", 371: "41", 373: "1"}),
    "F, 41 is not UTF-8": ("F", "11={}|41=x\xff|{}", {35: "3", 371: "41", 373: "6"}),
    "G, unknown order": (
        "G",
        "11={}|41=none|21=1|38=1|40=2|44=3|{}",
        {35: "9", 37: "NONE", 39: "8", 102: "1", 434: "2"},
    ),
    "G, quantity NaN": (
        "G",
        "11={}|41=none|21=1|38=NaN|40=2|44=3|{}",
        {35: "3", 371: "38", 373: "6"},
    ),
    "G without OrdType": ("G", "11={}|41=none|21=1|38=1|44=3|{}", {35: "3", 371: "40", 373: "1"}),
    "TestRequest without 112": ("1", "", {35: "3", 371: "112", 373: "1"}),
    "Reject without 45": ("3", "", {35: "3", 371: "45", 373: "1"}),
    "ResendRequest of nothing": ("2", "7=999999|16=0", {35: "3", 371: "7", 373: "5"}),
    "ResendRequest backwards": ("2", "7=5|16=2", {35: "3", 371: "7", 373: "5"}),
    # types that exist, and that the gateway has no use for
    "Advertisement": ("7", "", {35: "j", 372: "7", 380: "3"}),
    "Advertisement, complete": ("7", "2=a|5=N|55=X|4=B|53=1", {35: "j", 372: "7", 380: "3"}),
    "Allocation": ("J", "", {35: "j", 372: "J", 380: "3"}),
    "QuoteRequest": ("R", "131=a|146=1|55=BTC/USDT", {35: "j", 372: "R", 380: "3"}),
    "an empty NewOrderList": ("E", "", {35: "3", 371: "66", 373: "1"}),
    "OrderMassStatusRequest without 584": ("AF", "", {35: "3", 371: "584", 373: "1"}),
    # types that do not
    "type ZZ": ("ZZ", "", {35: "3", 372: "ZZ", 373: "11"}),
    "type U1": ("U1", "1=a", {35: "3", 372: "U1", 373: "11"}),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_is_refused(world: World, version: str, name: str) -> None:
    msg_type, body, expected = REQUESTS[name]
    rest = f"54=1|55=BTC/USDT|60={sending_time()}"

    (answer,) = say_something_bad(world, version, msg_type, body.format(a_name(), rest))

    assert {tag: answer[tag] for tag in expected} == expected, answer.shown()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bad_replace_is_refused_and_the_order_stays_as_it_was(world: World, version: str) -> None:
    rude = world.rude[version]
    name = a_name()
    rude.send("D", rude.order_body(name))
    rude.until(lambda said: said[11] == name and said[39] == "0")
    for changes in ({"_38": "0"}, {"_38": "-1"}, {"_44": "0"}, {"_44": "48000.001"}, {"_54": "2"}):
        body = rude.order_body(a_name(), _41=name, **changes)
        (answer,) = say_something_bad(world, version, "G", body)
        assert (answer[35], answer[41], answer[434], answer[39]) == ("9", name, "2", "0")
        assert answer[102] in ("2", "99") or version == "FIX.4.2", answer.shown()

    rude.send("H", f"11={name}|54=1|55=BTC/USDT")
    status = rude.until(lambda said: said[11] == name)[-1]
    assert (status[39], status[38], status[44], status[151]) == ("0", "0.5", "48000", "0.5")


def garble(version: str, good: bytes) -> dict[str, bytes]:
    """Ways to spoil a message so that it cannot be told what it was."""
    body = good.partition(b"\x0135=")[2]
    begin = f"8={version}\x01".encode()
    return {
        "a wrong CheckSum": good[:-4] + b"%03d\x01" % ((int(good[-4:-1]) + 1) % 256),
        "a BodyLength that is too short": begin + b"9=20\x0135=" + body,
        "a BodyLength below zero": begin + b"9=-20\x0135=" + body,
        "no MsgType": frame(version, b"34=2\x01" + body),
        "an empty MsgType": frame(version, b"35=\x01" + body),
        "rubbish": b"GET / HTTP/1.1\r\n\r\n\0\xff",
        "an end without a beginning": good[30:],
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_garbled_bytes_are_ignored_and_use_up_no_number(world: World, version: str) -> None:
    """FIX 4.4 vol. 2: a garbled message is ignored; the number is expected again."""
    stranger = world.stranger(version)
    stranger.log_on(world.gateway.port, RESET)
    name = a_name()
    good = frame(version, stranger.inside("D", stranger.order_body(name)))

    for what, bad in garble(version, good).items():
        stranger.write(bad)
        world.bystander.trade()
        assert stranger.ask() == [], what

    stranger.log_out()
    assert world.gateway.fixgate("orders").stdout.count(name) == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_number_lost_to_garbling_is_asked_for_again(world: World, version: str) -> None:
    stranger = world.stranger(version)
    stranger.log_on(world.gateway.port, RESET)
    name = a_name()
    lost = stranger.next_out
    body = stranger.order_body(name)
    stranger.write(frame(version, stranger.inside("D", body))[:-4] + b"999\x01")
    stranger.next_out += 1

    stranger.send("H", "11=later|54=1|55=BTC/USDT")
    asked = stranger.receive()
    assert (asked[35], asked[7]) == ("2", str(lost))
    again = stranger.inside("D", body, seq=lost, head=f"43=Y|122={sending_time()}|")
    stranger.write(frame(version, again))

    said = stranger.until(lambda each: each[11] == name and each[39] == "0")
    assert "later" in [each[11] for each in [*said, *stranger.ask()]]
    stranger.log_out()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", [1 << 20, 70_000])
def test_a_field_beyond_the_limit_ends_only_that_connection(
    world: World, version: str, size: int
) -> None:
    stranger = world.stranger(version)
    stranger.log_on(world.gateway.port, RESET)
    with suppress(ConnectionError):  # closed while we still wrote
        stranger.send("D", stranger.order_body(a_name(), _58="x" * size))
    world.bystander.trade()

    said = stranger.closed()

    # The gateway may close before our last bytes came; then the network drops its words.
    assert [each[58] for each in said] in ([], ["message longer than 65536 bytes"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("length", ["99999999999999999999", "2000000000", "65537"])
def test_a_huge_body_length_ends_only_that_connection(
    world: World, version: str, length: str
) -> None:
    stranger = world.stranger(version)
    stranger.log_on(world.gateway.port, RESET)
    stranger.write(f"8={version}\x019={length}\x0135=D\x01".encode())
    world.bystander.trade()

    assert [each[58] for each in stranger.closed()] == ["message longer than 65536 bytes"]


BAD_LOGONS = {
    "a length below zero": "98=0|108=30|95=-5|96=x",
    "a huge length": "98=0|108=30|95=100000000|96=x",
    "a huge XmlDataLen": "98=0|108=30|212=100000000|213=x",
    "an unknown tag": "98=0|108=30|4999=1",
    "no HeartBtInt": "98=0",
    "a HeartBtInt below zero": "98=0|108=-1",
    "a HeartBtInt beyond integers": "98=0|108=99999999999",
    "encryption": "98=1|108=30",
    "a ResetSeqNumFlag that is none": "98=0|108=30|141=Q",
    "70,000 bytes": "98=0|108=30|58=" + "x" * 70_000,
    "no text at all": "98=0|108=30|58=\xff\xfe\0",
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", BAD_LOGONS)
def test_a_bad_logon_is_closed_without_an_answer(world: World, version: str, name: str) -> None:
    stranger = world.stranger(version).connect(world.gateway.port)
    body = BAD_LOGONS[name]
    with suppress(ConnectionError):  # closed while we still wrote
        stranger.send("A", body if "141" in body else body + "|141=Y")
    world.bystander.trade()

    assert stranger.closed() == []
    stranger.next_out = 1
    stranger.log_on(world.gateway.port, RESET)  # the session has not suffered
    stranger.log_out()


BAD_HEADERS = {
    "no MsgSeqNum": (b"34=2\x01", b"", "5"),
    "MsgSeqNum of letters": (b"34=2\x01", b"34=two\x01", "5"),
    "MsgSeqNum below zero": (b"34=2\x01", b"34=-2\x01", "5"),
    "MsgSeqNum beyond integers": (b"34=2\x01", b"34=99999999999999999999\x01", "5"),
    "MsgSeqNum too low": (b"34=2\x01", b"34=1\x01", "5"),
    "SendingTime of 2016": (rb"\x0152=\d{8}", b"\x0152=20160101", "3"),
    "another SenderCompID": (b"49=STRANGER", b"49=OTHER", "3"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", BAD_HEADERS)
def test_a_header_that_cannot_be_trusted_ends_the_session(
    world: World, version: str, name: str
) -> None:
    stranger = world.stranger(version)
    stranger.log_on(world.gateway.port, RESET)
    old, new, answer = BAD_HEADERS[name]
    inside = stranger.inside("D", stranger.order_body(a_name()))
    inside = re.sub(old, new, inside)
    stranger.write(frame(version, inside))
    world.bystander.trade()

    said = [stranger.receive()]
    while said[-1][35] != "5":
        said.append(stranger.receive())

    assert said[0][35] == answer, said[0].shown()
    assert said[0][58], said[0].shown()
    stranger.next_out += 1
    stranger.send("5")
    stranger.closed()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_no_fix_at_all_gets_no_answer(world: World, version: str) -> None:
    for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\x01", b"\0" * 9_000):
        stranger = world.stranger(version).connect(world.gateway.port)
        with suppress(ConnectionError):  # closed while we still wrote
            stranger.write(data)
            stranger.write(frame(version, stranger.inside("0")))
        world.bystander.trade()
        assert stranger.closed() == []
