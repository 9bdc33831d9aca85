"""The door on uvloop, which the gateway runs on: its transports are not asyncio's."""

import asyncio
from functools import partial
from pathlib import Path

import uvloop

from fixgate.adapters.fix.certificates import CertificateDemand, TlsFiles
from fixgate.adapters.fix.config import DoorLimits
from integration.door_kit import EchoGateway, RawClient, a_name, has_come
from integration.tls_kit import Authority, fingerprint
from unit.adapters.fix.messages import config, message


def test_a_session_on_uvloop_from_logon_to_logout(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(a_session(tmp_path))


def test_a_client_that_does_not_read_is_cut_off_on_uvloop_too(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(a_deaf_client(tmp_path))


async def a_session(folder: Path) -> None:
    name = a_name()
    async with EchoGateway(folder, [config(name)]) as gateway:
        client = await RawClient.log_on(gateway, name)
        for _ in range(300):
            client.order()
        assert [(await client.receive())["34"] for _ in range(300)] == [
            str(number) for number in range(2, 302)
        ]
        client.send(message("2", client.seq, "7=1|16=0", client=name))
        assert [(await client.receive())["43"] for _ in range(301)] == ["Y"] * 301
        client.send(message("5", client.seq + 1, client=name))
        assert [each["35"] for each in await client.closed()] == ["5"]


async def a_deaf_client(folder: Path) -> None:
    name = a_name()
    limits = DoorLimits(write_buffer_bytes_max=64_000)
    async with EchoGateway(folder, [config(name)], limits=limits) as gateway:
        deaf = await RawClient.log_on(gateway, name)
        deaf.stop_reading()
        sent = 0
        while gateway.is_connected(name):
            for _ in range(200):
                deaf.order()
            sent += 200
            await gateway.until(partial(has_come, gateway, name, sent))
        assert "does not read" in await gateway.until_refused()
        deaf.abort()


def test_a_session_over_tls_on_uvloop(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(a_tls_session(tmp_path))


async def a_tls_session(folder: Path) -> None:
    name = a_name()
    authority = Authority(folder / "ca")
    own = authority.issue("gateway")
    desk = authority.issue("desk")
    tls = TlsFiles(certificate=own, key=own, client_ca=authority.file)
    wanted = config(name, certificate=CertificateDemand(sha256=fingerprint(desk)))
    limits = DoorLimits(logon_timeout_s=0.5)
    async with EchoGateway(folder, [wanted], tls=tls, limits=limits) as gateway:
        _, silent = await asyncio.open_connection("127.0.0.1", gateway.server.tls_port)
        client = await RawClient.log_on(gateway, name, tls=authority.client(desk))
        for _ in range(300):
            client.order()
        assert [(await client.receive())["34"] for _ in range(300)] == [
            str(number) for number in range(2, 302)
        ]
        client.send(message("5", client.seq, client=name))
        assert [each["35"] for each in await client.closed()] == ["5"]
        await gateway.until_noted(lambda n: "handshake" in (n.message.reason or ""))
        silent.close()
