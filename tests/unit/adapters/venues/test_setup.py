"""What must be right before a venue starts: keys, environments, hosts."""

import asyncio
import json
import ssl
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from contract.local_tls import make_local_tls
from fixgate.adapters.clock import SystemClock
from fixgate.adapters.venues.ccxt_venue import CcxtVenue
from fixgate.adapters.venues.exchange import make_exchange
from fixgate.adapters.venues.key_file import from_key_file
from fixgate.adapters.venues.redaction import Redactor
from fixgate.adapters.venues.settings import (
    CcxtSettings,
    Credentials,
    Environment,
    Redirect,
    VenueSetupError,
    from_environment,
)
from fixgate.adapters.venues.transport import (
    UnexpectedHostError,
    VenueResolver,
    make_session,
)
from fixgate.domain.ids import VenueName

KEY = Credentials(api_key="the-key", secret="the-secret")


class NoTap:
    """Hears nothing."""

    def on_answer(self, headers: object) -> None: ...
    def on_message(self, message: object) -> None: ...
    def on_lost(self, client: object, text: str) -> None: ...
    def on_unreadable(self, error: Exception) -> None: ...


def settings(exchange: str = "binance", **changes: object) -> CcxtSettings:
    return CcxtSettings(
        name=VenueName("V"),
        exchange=exchange,
        credentials=lambda: KEY,
        **changes,  # type: ignore[arg-type]
    )


def test_credentials_are_not_in_any_repr() -> None:
    for shown in (repr(KEY), repr(settings()), repr(Redactor(KEY))):
        assert "the-key" not in shown
        assert "the-secret" not in shown


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K", " a ")
    monkeypatch.setenv("S", "b")
    assert from_environment("K", "S")() == Credentials(api_key="a", secret="b")
    monkeypatch.delenv("S")
    with pytest.raises(VenueSetupError, match="S is not set"):
        from_environment("K", "S")()


def test_credentials_come_from_a_key_file(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"api_key": "a", "secret": "b"}))
    assert from_key_file(path)() == Credentials(api_key="a", secret="b")
    for broken in ("", "[]", '{"api_key": "only-this"}', '{"api_key": 1, "secret": "b"}'):
        path.write_text(broken)
        with pytest.raises(VenueSetupError) as caught:
            from_key_file(path)()
        assert "only-this" not in str(caught.value)


def test_an_exchange_without_a_dialect_is_refused() -> None:
    with pytest.raises(VenueSetupError, match="binance"):
        CcxtVenue(settings("kraken"), SystemClock())


async def test_an_exchange_that_ccxt_does_not_have_is_refused() -> None:
    with pytest.raises(VenueSetupError, match="nonesuch"):
        await make_exchange(settings("nonesuch"), {}, KEY, NoTap())


async def test_an_exchange_without_a_test_system_is_not_started_on_production() -> None:
    with pytest.raises(VenueSetupError, match="no test system"):
        await make_exchange(settings("kraken"), {}, KEY, NoTap())
    exchange = await make_exchange(
        settings("kraken", environment=Environment.PRODUCTION), {}, KEY, NoTap()
    )
    assert exchange.id == "kraken"
    await exchange.close()


async def test_the_default_is_the_test_system() -> None:
    exchange = await make_exchange(settings(), {}, KEY, NoTap())
    assert exchange.urls["api"]["private"].startswith("https://testnet.binance.vision")
    assert exchange.enableRateLimit is False
    assert exchange.options["maxRetriesOnFailure"] == 0
    assert exchange.logger.disabled
    await exchange.close()


async def test_an_rsa_key_is_refused() -> None:
    key = Credentials(api_key="a", secret="-----BEGIN PRIVATE KEY-----" + "x" * 1_600)
    with pytest.raises(VenueSetupError, match="Ed25519"):
        await make_exchange(settings(), {}, key, NoTap())


async def test_only_the_venues_hosts_are_resolved() -> None:
    resolver = VenueResolver({"a.example"}, Redirect(host="127.0.0.1", port=9, ca_file=""))
    (found,) = await resolver.resolve("a.example", 443)
    assert (found["host"], found["port"], found["hostname"]) == ("127.0.0.1", 9, "a.example")
    with pytest.raises(UnexpectedHostError):
        await resolver.resolve("b.example", 443)


async def test_another_host_fails_loudly_and_a_redirect_is_not_followed(tmp_path: Path) -> None:
    tls = make_local_tls(tmp_path, ["a.example"])
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect("/again")

    server = await _serve(elsewhere, tls.server)
    port = server.addresses[0][1]
    redirect = Redirect(host="127.0.0.1", port=port, ca_file=tls.ca_file)
    session = make_session({"a.example"}, redirect)
    try:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.post("https://b.example/order")
        with pytest.raises(aiohttp.ClientError, match="redirect"):
            await session.post("https://a.example/order")
        assert asked == ["/order"]
    finally:
        await session.close()
        await server.cleanup()


async def test_a_server_without_the_right_certificate_is_not_spoken_to(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "theirs").mkdir()
    mine = make_local_tls(tmp_path / "mine", ["a.example"])
    theirs = make_local_tls(tmp_path / "theirs", ["a.example"])

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    server = await _serve(answer, theirs.server)
    port = server.addresses[0][1]
    session = make_session(
        {"a.example"}, Redirect(host="127.0.0.1", port=port, ca_file=mine.ca_file)
    )
    try:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get("https://a.example/")
    finally:
        await session.close()
        await server.cleanup()


def test_a_bad_ca_file_is_a_setup_error(tmp_path: Path) -> None:
    async def make() -> None:
        make_session({"a"}, Redirect(host="127.0.0.1", port=1, ca_file=str(tmp_path / "no.pem")))

    with pytest.raises(VenueSetupError, match="CA file"):
        asyncio.run(make())


def test_what_is_kept_of_an_answer_has_no_secrets_and_an_end() -> None:
    redactor = Redactor(KEY)
    kept = redactor.text({"a": "the-key", "b": ["the-secret"], "signature": "abc123"})
    assert "the-key" not in kept
    assert "the-secret" not in kept
    assert "abc123" not in kept
    url = redactor.text("GET https://h/x?symbol=B&apiKey=zzz&signature=0f0f HTTP/1.1")
    assert url == "GET https://h/x?symbol=B&apiKey=[hidden]&signature=[hidden] HTTP/1.1"
    assert len(redactor.text("x" * 100_000)) <= 4_000


async def _serve(handler: object, tls: ssl.SSLContext) -> web.AppRunner:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    return runner
