"""The door over real sockets: logging on, trading, losing connections, being refused."""

import asyncio
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import pytest

from fixgate.adapters.fix.config import DoorLimits, SessionStart, password_is
from fixgate.application.ports.fix import FixDelivered, FixNoted, Handling, SessionChanged
from fixgate.domain.ids import SessionName
from fixgate.domain.sessions import FixVersion
from integration.door_kit import EchoGateway, RawClient, a_name, has_come
from unit.adapters.fix.messages import ORDER, config, logon, message, order, raw, report, stamp


@pytest.fixture
def name() -> str:
    return a_name()


async def test_an_order_is_answered_and_both_sides_log_out(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)

        assert (await client.trade())["34"] == "2"
        client.send(message("5", client.seq, client=name))
        (logout,) = await client.closed()

        assert logout["35"] == "5"
        await gateway.until(lambda: not gateway.is_connected(name))


async def test_fix_42_is_served_in_its_own_dictionary(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name, version=FixVersion.FIX42)]) as gateway:
        client = await RawClient.connect(gateway, name)
        version = FixVersion.FIX42
        client.send(message("A", 1, "98=0|108=30", client=name, version=version))

        assert (await client.receive())["8"] == "FIX.4.2"


async def test_a_test_request_is_answered_with_its_id(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)

        client.send(message("1", 2, "112=are you there", client=name))

        assert (await client.receive())["112"] == "are you there"


async def test_heartbeats_come_by_themselves_and_a_silent_client_is_asked_then_left(
    tmp_path: Path, name: str
) -> None:
    """A half-open connection: nothing comes any more, and nobody says so."""
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name, body="98=0|108=1")

        said = [each["35"] for each in await client.closed()]

        assert {"0", "1"} <= set(said)
        await gateway.until(lambda: not gateway.is_connected(name))


async def test_many_orders_in_one_write_are_all_answered_in_order(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)

        for _ in range(500):
            client.order()
        numbers = [int((await client.receive())["34"]) for _ in range(500)]

        assert numbers == list(range(2, 502))


async def test_session_messages_between_orders_are_answered_in_the_order_of_the_numbers(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)

        for _ in range(50):
            client.order()
            client.send(message("1", client.seq, "112=x", client=name))
            client.send(message("D", client.seq + 1, f"{ORDER}|58=", client=name))
            client.seq += 2
        answers = [await client.receive() for _ in range(150)]

        assert [int(each["34"]) for each in answers] == list(range(2, 152))
        assert sorted({each["35"] for each in answers}) == ["0", "3", "8"]


async def test_what_was_sent_while_the_client_was_away_is_resent(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        gateway.holding = True
        for _ in range(3):
            client.order()
        await gateway.until(lambda: len(gateway.delivered(name)) == 3)
        client.hang_up()
        await gateway.until(lambda: not gateway.is_connected(name))
        gateway.commit_all()
        gateway.holding = False

        client = await RawClient.log_on(gateway, name, seq=5)
        client.send(message("2", 6, "7=2|16=0", client=name))
        resent = [await client.receive() for _ in range(4)]

        assert [(each["35"], each["34"], each["43"]) for each in resent] == [
            ("8", "2", "Y"), ("8", "3", "Y"), ("8", "4", "Y"), ("4", "5", "Y")
        ]  # fmt: skip


async def test_orders_sent_just_before_hanging_up_are_taken(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)

        for _ in range(100):
            client.order()
        client.hang_up()

        await gateway.until(lambda: len(gateway.delivered(name)) == 100)
        await gateway.until(lambda: not gateway.is_connected(name))


async def test_a_missing_order_is_asked_for_and_the_rest_waits(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)

        client.send(order(3, client=name), order(4, client=name))
        request = await client.receive()
        assert (request["35"], request["7"]) == ("2", "2")
        head = f"43=Y|122={stamp()}"
        client.send(message("D", 2, ORDER, head=head, client=name))

        assert [(await client.receive())["35"] for _ in range(3)] == ["8", "8", "8"]
        assert gateway.delivered(name) == [2, 3, 4]


async def test_both_kinds_of_sequence_reset(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)

        client.send(message("4", 2, "123=Y|36=5", client=name), order(5, client=name))
        assert (await client.receive())["35"] == "8"
        client.send(message("4", 1, "36=50", client=name), order(50, client=name))
        assert (await client.receive())["35"] == "8"

        assert gateway.delivered(name) == [5, 50]


async def test_a_number_too_low_ends_the_connection_and_not_the_session(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        client.send(order(1, client=name))

        (logout,) = await client.closed()

        assert logout["58"] == "MsgSeqNum too low, expecting 2 but received 1"
        again = await RawClient.log_on(gateway, name, seq=2)
        assert (await again.trade())["35"] == "8"


async def test_a_reset_on_logon_begins_both_sides_at_one(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        await client.trade()
        client.hang_up()
        await gateway.until(lambda: not gateway.is_connected(name))

        client = await RawClient.log_on(gateway, name, body="98=0|108=30|141=Y")

        assert (await client.trade())["34"] == "2"


async def test_trap_5_a_reset_that_is_not_allowed_leaves_the_store_alone(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name, reset_allowed=False)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        await client.trade()
        client.hang_up()
        await gateway.until(lambda: not gateway.is_connected(name))

        intruder = await RawClient.connect(gateway, name)
        intruder.send(logon(1, "98=0|108=30|141=Y", client=name))
        assert await intruder.closed() == []
        assert "141" in await gateway.until_refused()

        client = await RawClient.log_on(gateway, name, seq=3)
        client.send(message("2", 4, "7=2|16=2", client=name))
        assert (await client.receive())["43"] == "Y"


async def test_trap_6_a_logon_without_heart_bt_int_does_not_block_the_session(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        wrong = await RawClient.connect(gateway, name)
        wrong.send(logon(1, "98=0", client=name))
        assert await wrong.closed() == []

        client = await RawClient.log_on(gateway, name)

        assert (await client.trade())["35"] == "8"


async def test_a_restart_goes_on_where_the_journal_stands(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        for _ in range(3):
            await client.trade()

    start = SessionStart(next_sender=5, next_target=4)
    starts = {SessionName(name): start}
    async with EchoGateway(tmp_path, [config(name)], starts=starts) as gateway:
        client = await RawClient.log_on(gateway, name, seq=6)
        request = await client.receive()

        assert (request["35"], request["7"]) == ("2", "4")


# --- who is refused


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("98=1|108=30", "EncryptMethod"),
        ("98=0", "HeartBtInt"),
        ("98=0|108=0", "HeartBtInt"),
        ("98=0|108=-1", "HeartBtInt"),
        ("98=0|108=99999", "HeartBtInt"),
        ("98=0|108=x", "HeartBtInt"),
        ("98=0|108=30|141=x", "141"),
        ("98=0|108=30|8013=x", "8013"),
        ("98=0|108=30|8674=1", "8674"),
        ("98=0|108=30|8013=Y|9001=N", "contradict"),
        ("98=0|108=30|108=31", "twice"),
        ("98=0|108=30|95=-5|96=x", "95"),
        ("98=0|108=30|95=100000000|96=x", "95"),
        ("98=0|108=30|212=100000000|213=x", "212"),
        ("98=0|108=30|554=y", "Password"),
        ("98=0|108=30|553=me|554=simsalabim", "Password"),
        ("98=0|108=30|553=you|554=sesame", "Password"),
    ],
)
async def test_a_logon_that_does_not_suit_is_closed_without_an_answer(
    tmp_path: Path, name: str, body: str, reason: str
) -> None:
    secured = config(name, username="me", password_ok=password_is("sesame"))
    async with EchoGateway(tmp_path, [secured]) as gateway:
        stranger = await RawClient.connect(gateway, name)
        stranger.send(logon(1, body if "55" in body else f"{body}|553=me|554=sesame", client=name))

        assert await stranger.closed() == []
        assert reason in await gateway.until_refused()
        assert not any("sesame" in str(each) or "simsalabim" in str(each) for each in gateway.said)

        client = await RawClient.log_on(gateway, name, body="98=0|108=30|553=me|554=sesame")
        assert (await client.trade())["35"] == "8"


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (message("D", 1, ORDER), "not a Logon"),
        (raw("35=A|34=1|49=NOBODY|52=20260101-00:00:00|56=FIXGATE|98=0|108=30|"), "CompIDs"),
        (raw("35=A|34=1|98=0|108=30|"), "CompIDs"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "8=FIX"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "8=FIX"),
        (b"8=FIX.4.4\x019=2000000000\x0135=A\x01", "longer than"),
        (raw("35=A|58=" + "x" * 5_000 + "|"), "too long"),
        (raw("35=A|58=" + "x" * 5_000 + "|")[:4_200], "too many bytes"),
        (raw("35=A|34=1|")[:-4] + b"999\x01", "is wrong"),
    ],
)
async def test_trap_3_what_is_not_a_logon_is_closed_at_once(
    tmp_path: Path, name: str, first: bytes, reason: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        stranger = await RawClient.connect(gateway, name)
        stranger.send(first)

        assert await stranger.closed() == []
        assert reason in await gateway.until_refused()


async def test_trap_3_who_says_nothing_is_closed_in_time(tmp_path: Path, name: str) -> None:
    limits = DoorLimits(logon_timeout_s=0.05)
    async with EchoGateway(tmp_path, [config(name)], limits=limits) as gateway:
        silent = await RawClient.connect(gateway, name)
        slow = await RawClient.connect(gateway, name)
        slow.send(logon(client=name)[:30])

        assert await silent.closed() == []
        assert await slow.closed() == []
        assert await gateway.until_refused() == "no Logon in time"


async def test_a_logon_with_the_wrong_time_is_refused(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        late = await RawClient.connect(gateway, name)
        late.send(message("A", 1, "98=0|108=30|141=Y", client=name, time_offset_s=-300))

        assert await late.closed() == []
        assert "SendingTime" in await gateway.until_refused()


async def test_an_address_that_is_not_allowed_is_refused(tmp_path: Path, name: str) -> None:
    elsewhere = config(name, networks=(ip_network("10.0.0.0/8"),))
    async with EchoGateway(tmp_path, [elsewhere]) as gateway:
        stranger = await RawClient.connect(gateway, name)
        stranger.send(logon(client=name))

        assert await stranger.closed() == []
        assert "127.0.0.1" in await gateway.until_refused()


async def test_a_newcomer_is_refused_and_the_connected_client_keeps_trading(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        newcomer = await RawClient.connect(gateway, name)
        newcomer.send(logon(2, client=name))

        assert await newcomer.closed() == []
        assert "already" in await gateway.until_refused()
        assert (await client.trade())["35"] == "8"


async def test_a_client_that_was_cut_off_can_come_back_at_once(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        seq = 1
        for _ in range(10):
            client = await RawClient.log_on(gateway, name, seq=seq)
            await client.trade()
            seq = client.seq
            client.abort()
            await gateway.until(lambda: not gateway.is_connected(name))


async def test_connections_are_limited_and_refusals_do_not_fill_the_journal(
    tmp_path: Path, name: str
) -> None:
    limits = DoorLimits(connections_max=2, refusals_noted_per_s=3)
    async with EchoGateway(tmp_path, [config(name)], limits=limits) as gateway:
        client = await RawClient.log_on(gateway, name)
        waiting = await RawClient.connect(gateway, name)

        for _ in range(20):
            assert await (await RawClient.connect(gateway, name)).closed() == []

        refusals = [
            each
            for each in gateway.said
            if isinstance(each, FixNoted) and each.message.handling is Handling.REFUSED
        ]
        assert 3 <= len(refusals) <= 10
        waiting.hang_up()
        assert (await client.trade())["35"] == "8"


# --- bad input after logon; somebody else keeps trading


@pytest.mark.parametrize(
    ("bad", "answer"),
    [
        (raw("35=D|34=2|58=" + "x" * 1_000_000 + "|"), "5"),
        (b"8=FIX.4.4\x019=2000000000\x0135=D\x0134=2\x01", "5"),
        (b"8=FIX.4.4\x019=99999\x0135=D\x0134=2\x01", "5"),
    ],
)
async def test_a_message_too_long_ends_only_its_own_connection(
    tmp_path: Path, name: str, bad: bytes, answer: str
) -> None:
    other = a_name()
    async with EchoGateway(tmp_path, [config(name), config(other)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        neighbour = await RawClient.log_on(gateway, other)

        client.send(bad)

        assert [each["35"] for each in await client.closed()] == [answer]
        assert (await neighbour.trade())["35"] == "8"


async def test_garbled_bytes_between_messages_are_ignored_and_noted(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)

        client.send(b"rubbish", order(2, client=name)[:-3] + b"99\x01", b"\xff\x00" * 50)
        client.seq = 2
        await client.trade()

        assert gateway.garbled() == 1
        assert gateway.delivered(name) == [2]


async def test_text_that_is_not_utf_8_does_not_disturb_and_is_kept_as_it_came(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        bad = raw(f"35=D|34=2|49={name}|52={stamp()}|56=FIXGATE|{ORDER}|58=\xe9\xff\x00|")

        client.send(bad)

        assert (await client.receive())["35"] == "8"
        (delivered,) = [each for each in gateway.said if isinstance(each, FixDelivered)]
        assert delivered.message.text.encode("latin-1") == bad


async def test_a_client_that_does_not_read_is_cut_off_and_nobody_else_notices(
    tmp_path: Path, name: str
) -> None:
    other = a_name()
    limits = DoorLimits(write_buffer_bytes_max=64_000)
    sessions = [config(name), config(other)]
    async with EchoGateway(tmp_path, sessions, limits=limits) as gateway:
        deaf = await RawClient.log_on(gateway, name)
        neighbour = await RawClient.log_on(gateway, other)
        deaf.stop_reading()
        sent = 0

        while gateway.is_connected(name):
            for _ in range(200):
                deaf.order()
            await neighbour.trade()
            sent += 200
            await gateway.until(partial(has_come, gateway, name, sent))

        assert "does not read" in await gateway.until_refused()
        deaf.abort()
        assert (await neighbour.trade())["35"] == "8"
        numbers = gateway.delivered(name)
        assert numbers == list(range(2, 2 + len(numbers)))


async def test_a_flood_is_read_slowly_and_a_neighbour_is_served(tmp_path: Path, name: str) -> None:
    other = a_name()
    limits = DoorLimits(frames_per_s=2_000, frames_burst=100)
    sessions = [config(name), config(other)]
    async with EchoGateway(tmp_path, sessions, limits=limits) as gateway:
        flood = await RawClient.log_on(gateway, name)
        neighbour = await RawClient.log_on(gateway, other)

        flood.send(*(order(number, client=name) for number in range(2, 1_502)))
        await neighbour.trade()
        assert len(gateway.delivered(name)) < 1_000

        for _ in range(1_500):
            assert (await flood.receive())["35"] == "8"


async def test_nothing_is_taken_while_there_is_no_room(tmp_path: Path, name: str) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        gateway.has_room = False
        client.order()
        other = await RawClient.connect(gateway, "NOBODY")
        other.send(b"rubbish")
        await other.closed()
        assert gateway.delivered(name) == []

        gateway.has_room = True
        gateway.server.resume()

        assert (await client.receive())["35"] == "8"


async def test_a_long_resend_does_not_starve_a_neighbour(tmp_path: Path, name: str) -> None:
    other = a_name()
    limits = DoorLimits(resend_piece=100)
    sessions = [config(name), config(other)]
    async with EchoGateway(tmp_path, sessions, limits=limits) as gateway:
        client = await RawClient.log_on(gateway, name)
        neighbour = await RawClient.log_on(gateway, other)
        for _ in range(3_000):
            client.order()
        for _ in range(3_000):
            await client.receive()

        client.send(message("2", client.seq, "7=1|16=0", client=name))
        await neighbour.trade()
        resent = [await client.receive() for _ in range(3_001)]

        assert [each["34"] for each in resent] == [str(n) for n in range(1, 3_002)]


# --- the end


async def test_stopping_logs_everybody_out_with_words(tmp_path: Path, name: str) -> None:
    gateway = EchoGateway(tmp_path, [config(name)])
    await gateway.server.start("127.0.0.1", 0)
    client = await RawClient.log_on(gateway, name)

    stopping = asyncio.ensure_future(gateway.server.stop("maintenance"))
    logout = await client.receive()
    client.send(message("5", 2, client=name))
    await stopping

    assert logout["58"] == "maintenance"
    assert await client.closed() == []
    await client.end()
    gateway.server.close()
    changes = [each for each in gateway.said if isinstance(each, SessionChanged)]
    assert changes[-1].text == "maintenance"


async def test_reports_made_after_stopping_wait_for_the_next_start(
    tmp_path: Path, name: str
) -> None:
    """Venues are stopped after the sessions, and what they say last must not be lost."""
    gateway = EchoGateway(tmp_path, [config(name)])
    await gateway.server.start("127.0.0.1", 0)
    client = await RawClient.log_on(gateway, name)
    gateway.holding = True
    client.order()
    await gateway.until(lambda: gateway.delivered(name) == [2])
    await client.end()
    await gateway.server.stop("maintenance")
    gateway.commit_all()
    gateway.server.close()

    starts = {SessionName(name): SessionStart(next_sender=3, next_target=3)}
    async with EchoGateway(tmp_path, [config(name)], starts=starts, after=gateway) as gateway:
        client = await RawClient.log_on(gateway, name, seq=3)
        client.send(message("2", 4, "7=2|16=2", client=name))

        assert (await client.receive())["35"] == "8"


async def test_when_the_journal_fails_orders_are_refused_and_everybody_is_logged_out(
    tmp_path: Path, name: str
) -> None:
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        gateway.holding = True
        client.order("A")
        client.order("B")
        await gateway.until(lambda: len(gateway.delivered(name)) == 2)
        unanswered = [each for each in gateway.said if isinstance(each, FixDelivered)]
        gateway._waiting.clear()

        gateway.server.halt(unanswered, "the disk is full")
        client.order("C")
        answers = [await client.receive() for _ in range(4)]
        client.send(message("5", client.seq, client=name))
        await client.closed()

        assert [(each["35"], each.get("379"), each.get("380")) for each in answers] == [
            ("j", "A", "4"), ("j", "B", "4"), ("5", None, None), ("j", "C", "4")
        ]  # fmt: skip
        assert gateway.refused == [{name: 3}, {name: 4}]
        assert len(gateway.delivered(name)) == 2
        stranger = await RawClient.connect(gateway, name)
        assert await stranger.closed() == []


async def test_when_refusals_cannot_be_remembered_nothing_is_said(
    tmp_path: Path, name: str
) -> None:
    """An order that was refused and is then asked for again would be done after all."""
    async with EchoGateway(tmp_path, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        gateway.holding, gateway.remembers = True, False
        client.order()
        await gateway.until(lambda: len(gateway.delivered(name)) == 1)
        gateway._waiting.clear()

        gateway.server.halt([e for e in gateway.said if isinstance(e, FixDelivered)], "disk")

        assert await client.closed() == []


async def test_a_client_that_goes_in_the_middle_of_a_resend_can_come_back(
    tmp_path: Path, name: str
) -> None:
    """What it sent behind its request must not keep its session taken for ever."""
    first = 40_000
    limits = DoorLimits(write_buffer_bytes_max=1 << 30)
    starts = {SessionName(name): SessionStart(next_sender=first + 1, next_target=2)}
    async with EchoGateway(tmp_path, [config(name)], starts=starts, limits=limits) as gateway:
        gateway.sent.keep(
            SessionName(name), [(n, report(n, client=name)) for n in range(1, first + 1)]
        )
        client = await RawClient.log_on(gateway, name, seq=2)
        client.stop_reading()
        client.send(message("2", 3, "7=1|16=0", client=name))
        client.seq = 4
        client.order()
        session = gateway.server.session(SessionName(name))
        assert session is not None
        await gateway.until(lambda: session.waiting_bytes > 256 * 1024)
        client.abort()
        await gateway.until(lambda: not gateway.is_connected(name))

        assert gateway.delivered(name) == [4]
        again = await RawClient.log_on(gateway, name, seq=5)
        assert (await again.trade())["35"] == "8"
