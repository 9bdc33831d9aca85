"""TLS at the door: Python's ssl and QuickFIX's initiator on the other side."""

import asyncio
import json
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fixgate.adapters.fix.certificates import (
    CertificateDemand,
    TlsFiles,
    TlsUnusable,
    context_of,
)
from fixgate.adapters.fix.config import DoorLimits
from integration.door_kit import LIMIT_S, EchoGateway, RawClient, a_name
from integration.tls_kit import Authority, fingerprint
from unit.adapters.fix.messages import config, logon

SCRIPT = Path(__file__).with_name("initiator.py")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def files(authority: Authority) -> TlsFiles:
    """The gateway's certificate; clients may show one."""
    own = authority.issue("gateway")
    return TlsFiles(certificate=own, key=own, client_ca=authority.file)


async def test_plain_and_tls_clients_trade_side_by_side(tmp_path, authority, files):
    plain, secret = a_name(), a_name()
    async with EchoGateway(tmp_path, [config(plain), config(secret)], tls=files) as gateway:
        one = await RawClient.log_on(gateway, plain)
        other = await RawClient.log_on(gateway, secret, tls=authority.client())
        for _ in range(100):
            assert (await one.trade())["11"] == (await other.trade())["11"]


async def test_a_session_that_needs_tls_is_closed_without_it(tmp_path, authority, files):
    name = a_name()
    wanted = replace(config(name), tls_required=True)
    async with EchoGateway(tmp_path, [wanted], tls=files) as gateway:
        client = await RawClient.connect(gateway, name)
        client.send(logon(client=name))
        assert await client.closed() == []
        assert await gateway.until_refused() == "the session needs TLS"
        await RawClient.log_on(gateway, name, tls=authority.client())


@pytest.mark.parametrize("by", ["subject", "san", "sha256"])
async def test_a_certificate_opens_only_the_session_it_is_mapped_to(tmp_path, authority, files, by):
    name = a_name()
    right = authority.issue("desk", dns="desk.client.example")
    wrong = authority.issue("other", dns="other.client.example")
    demands = {
        "subject": CertificateDemand(subject="CN=desk,O=Fixgate tests"),
        "san": CertificateDemand(san="Desk.Client.example"),
        "sha256": CertificateDemand(sha256=fingerprint(right)),
    }
    wanted = replace(config(name), tls_required=True, certificate=demands[by])
    async with EchoGateway(tmp_path, [wanted], tls=files) as gateway:
        for context in (authority.client(wrong), authority.client()):
            client = await RawClient.connect(gateway, name, context)
            client.send(logon(client=name))
            assert await client.closed() == []
        client = await RawClient.log_on(gateway, name, tls=authority.client(right))
        await client.trade()
        # A Logon that resets on the same connection needs to prove nothing again.
        client.send(logon(1, "98=0|108=30|141=Y", client=name))
        assert (await client.receive_until("A"))["141"] == "Y"


async def test_nobody_without_a_trusted_certificate_gets_in_where_one_is_required(
    tmp_path, authority, files
):
    name = a_name()
    stranger = Authority(tmp_path / "stranger", "Stranger CA").issue("desk")
    wanted = config(name)
    required = TlsFiles(
        certificate=files.certificate, key=files.key, client_ca=authority.file, required=True
    )
    async with EchoGateway(tmp_path, [wanted], tls=required) as gateway:
        for context in (authority.client(), authority.client(stranger)):
            with pytest.raises(OSError):  # noqa: PT011 - of TLS 1.2 at once, of 1.3 when it reads
                await RawClient.log_on(gateway, name, tls=context)
        await RawClient.log_on(gateway, name, tls=authority.client(authority.issue("desk")))
        assert "handshake" in await gateway.until_refused()


async def test_nothing_below_tls_1_2_is_spoken(tmp_path, authority, files):
    old = authority.client()
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    new = authority.client()
    new.maximum_version = ssl.TLSVersion.TLSv1_2
    name = a_name()
    async with EchoGateway(tmp_path, [config(name)], tls=files) as gateway:
        with pytest.raises(OSError):  # noqa: PT011 - whichever side says it first
            await RawClient.connect(gateway, name, old)
        await RawClient.log_on(gateway, name, tls=new)


async def test_new_connections_see_a_new_certificate_and_old_ones_stay(tmp_path, authority, files):
    one, other = a_name(), a_name()
    async with EchoGateway(tmp_path, [config(one), config(other)], tls=files) as gateway:
        before = await RawClient.log_on(gateway, one, tls=authority.client())
        renewed = Authority(tmp_path / "next", "Next CA")
        own = renewed.issue("gateway")
        gateway.server.renew_tls(context_of(TlsFiles(certificate=own, key=own)))
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            await RawClient.connect(gateway, other, authority.client())
        after = await RawClient.log_on(gateway, other, tls=renewed.client())
        await before.trade()
        await after.trade()


async def test_a_handshake_that_is_never_finished_takes_a_place_and_ends_in_time(
    tmp_path, authority, files
):
    limits = DoorLimits(connections_max=1, logon_timeout_s=0.3)
    name = a_name()
    async with EchoGateway(tmp_path, [config(name)], tls=files, limits=limits) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.tls_port)
        with pytest.raises(OSError):  # noqa: PT011 - there is no place for another
            await RawClient.connect(gateway, name, authority.client())
        async with asyncio.timeout(LIMIT_S):
            assert await reader.read() == b""
        writer.close()
        await gateway.until_noted(lambda n: "handshake" in (n.message.reason or ""))
        await RawClient.log_on(gateway, name, tls=authority.client())


async def test_fix_without_tls_on_the_tls_port_is_turned_away(tmp_path, files):
    name = a_name()
    async with EchoGateway(tmp_path, [config(name)], tls=files) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.tls_port)
        writer.write(logon(client=name))
        async with asyncio.timeout(LIMIT_S):
            said = await reader.read()
        assert b"35=" not in said
        writer.close()
        assert "handshake" in await gateway.until_refused()


async def test_a_client_that_logs_on_with_its_last_handshake_message_is_served(
    tmp_path, authority, files
):
    """What comes in one packet with the end of the handshake must not be lost."""
    name = a_name()
    async with EchoGateway(tmp_path, [config(name)], tls=files) as gateway:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = authority.client().wrap_bio(incoming, outgoing, server_hostname="localhost")
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.tls_port)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                writer.write(outgoing.read())
                incoming.write(await reader.read(1 << 16))
        tls.write(logon(client=name))
        writer.write(outgoing.read())  # Finished and Logon at once
        await gateway.until(lambda: gateway.is_connected(name))
        writer.close()


async def tunnel(authority: Authority, port: int) -> asyncio.Server:
    """Takes plain connections and carries them on over TLS, as stunnel does."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(
            "127.0.0.1", port, ssl=authority.client(), server_hostname="localhost"
        )
        await asyncio.gather(carry(reader, back), carry(there, writer), return_exceptions=True)

    return await asyncio.start_server(connected, "127.0.0.1", 0)


async def test_quickfix_trades_over_tls(tmp_path, authority, files):
    """The engine of the distribution has no TLS of its own: a tunnel stands in front of it."""
    name = a_name()
    wanted = replace(config(name), tls_required=True)
    async with EchoGateway(tmp_path, [wanted], tls=files) as gateway:
        async with await tunnel(authority, gateway.server.tls_port or 0) as server:
            port = server.sockets[0].getsockname()[1]
            words = [str(port), name, str(tmp_path / "client"), "200", "200"]
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(SCRIPT), *words, stdout=asyncio.subprocess.PIPE
            )
            out, _ = await process.communicate()
        assert json.loads(out)["reports"] == [[number, False] for number in range(2, 202)]
        await gateway.until(lambda: not gateway.is_connected(name))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"certificate": "no.pem"}, "no.pem: No such"),
        ({"key": "no.key"}, "no.key: No such"),
        ({"certificate": "empty.pem"}, "are no certificate and its key"),
        ({"client_ca": "empty.pem"}, "empty.pem: no certificates"),
    ],
)
def test_files_that_cannot_be_used_are_named(tmp_path, files, changes, expected):
    (tmp_path / "empty.pem").write_text("")
    broken = {name: tmp_path / file for name, file in changes.items()}
    with pytest.raises(TlsUnusable, match=expected):
        context_of(replace(files, **broken))
