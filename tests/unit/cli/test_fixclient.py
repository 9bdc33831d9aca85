"""The client against a peer on a real socket."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from fixgate.cli.fixclient import Ended, FixClient, Refused
from fixgate.cli.fixstore import ClientStore
from fixgate.cli.fixtext import Message, Stream
from unit.cli.peer import IDENTITY, NOW_NS, from_gateway, report

LIMIT_S = 10
LOGON = from_gateway("A", 1, (98, "0"), (108, "30"))


class Peer:
    """One accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._stream, self._waiting = Stream(), []

    async def gets(self) -> Message | None:
        while not self._waiting:
            received = await self._reader.read(65_536)
            if not received:
                return None
            self._waiting += self._stream.feed(received)
        return self._waiting.pop(0)

    def says(self, *messages: Message) -> None:
        self._writer.write(b"".join(each.text.encode("latin-1") for each in messages))

    def goes(self) -> None:
        self._writer.close()


@asynccontextmanager
async def peer_that(behaves: Callable[[Peer], Awaitable[None]]):
    tasks = []

    async def accepted(reader, writer):
        tasks.append(asyncio.current_task())
        try:
            await behaves(Peer(reader, writer))
        finally:
            writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        async with asyncio.timeout(LIMIT_S):
            yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _connect(address, **options):
    return await FixClient.connect(
        IDENTITY, ClientStore(), address, now_ns=lambda: NOW_NS, **options
    )


async def test_a_report_comes_back_and_the_session_ends_with_a_logout():
    got = []

    async def behaves(peer):
        got.append(await peer.gets())
        peer.says(LOGON)
        got.append(await peer.gets())
        peer.says(report(2, "A1", "0", "0"))
        got.append(await peer.gets())
        peer.says(from_gateway("5", 3))

    async with peer_that(behaves) as address, await _connect(address) as client:
        client.send("D", [(11, "A1"), (55, "BTC/USDT")])
        answer = await client.next()
        await client.close()

    assert answer.get(11) == "A1"
    assert [each.msg_type for each in got] == ["A", "D", "5"]


async def test_nobody_listening_is_told_with_what_to_do():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
        with pytest.raises(Refused, match=r"nothing listens there.*make run"):
            await _connect(address)


async def test_a_logon_that_is_not_answered_is_told():
    async def behaves(peer):
        while await peer.gets():
            pass

    async with peer_that(behaves) as address:
        with pytest.raises(Refused, match="did not answer the Logon"):
            await _connect(address, timeout_s=0.2)


async def test_a_connection_closed_without_an_answer_is_explained():
    async def behaves(peer):
        await peer.gets()
        peer.goes()

    async with peer_that(behaves) as address:
        with pytest.raises(Refused, match=r"connected already.*another password"):
            await _connect(address)


async def test_numbers_too_low_are_told_with_what_to_do():
    async def behaves(peer):
        await peer.gets()
        peer.says(from_gateway("5", 9, (58, "MsgSeqNum too low, expecting 9 but received 1")))

    async with peer_that(behaves) as address:
        with pytest.raises(Refused, match="--reset-sequence"):
            await _connect(address)


async def test_a_server_that_does_not_speak_fix_is_told():
    async def behaves(peer):
        await peer.gets()
        peer._writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n8=FIX\x01x=1\x0110=000\x01")

    async with peer_that(behaves) as address:
        with pytest.raises(Refused):
            await _connect(address, timeout_s=1.0)


async def test_the_end_of_the_connection_reaches_whoever_waits_and_whoever_sends():
    async def behaves(peer):
        await peer.gets()
        peer.says(LOGON, report(2, "A1", "0", "0"))

    async with peer_that(behaves) as address, await _connect(address) as client:
        assert (await client.next()).get(11) == "A1"
        for _ in range(2):
            with pytest.raises(Ended, match="closed the connection"):
                await client.next()
        with pytest.raises(Ended):
            client.send("D", [(11, "A2")])


async def test_what_was_missed_is_there_before_anything_is_sent():
    asked = []

    async def behaves(peer):
        await peer.gets()
        peer.says(from_gateway("A", 3, (98, "0"), (108, "30")))
        asked.append(await peer.gets())
        peer.says(from_gateway("4", 1, (43, "Y"), (123, "Y"), (36, "2")))
        peer.says(report(2, "A1", "F", "2", t43="Y"))
        await peer.gets()

    async with peer_that(behaves) as address, await _connect(address) as client:
        async with asyncio.timeout(0):
            missed = await client.next()

    assert [(each.get(7), each.get(16)) for each in asked] == [("1", "2")]
    assert missed.poss_dup
