"""What holds for everything that is sent to an exchange: whom it reaches, signed, as it was asked.

ccxt builds and signs the requests, as it does in the gateway; its last step is taken away.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.core import an_instrument
from fixgate.adapters.clock import SystemClock
from fixgate.adapters.venues.ccxt_venue import CcxtVenue
from fixgate.adapters.venues.dialect import Dialect, UnlistedError, WireCall
from fixgate.adapters.venues.dialects import DIALECTS
from fixgate.adapters.venues.dialects.binance import BinanceDialect
from fixgate.adapters.venues.exchange import make_exchange
from fixgate.adapters.venues.settings import (
    CcxtSettings,
    Credentials,
    Environment,
    VenueSetupError,
)
from fixgate.adapters.venues.transport import UnexpectedHostError, VenueResolver
from fixgate.application.ports.venue import CancelLeg, SubmitLeg, VenuePort
from fixgate.domain.ids import Ids, TradeID, VenueName, VenueOrderID, venue_cl_ord_id
from fixgate.domain.order import Terms
from fixgate.domain.values import OrdType, Side, TimeInForce
from fixgate.doubles.binance.auth import Keyring, payload_of
from fixgate.doubles.binance.errors import BinanceError
from fixgate.doubles.binance.parameters import Parameters
from unit.adapters.venues.test_setup import KEY, NoTap

FEW = settings(max_examples=60, deadline=None)
VENUE = VenueName("V")
BTC = an_instrument(venue=VENUE)
DIALECT = BinanceDialect(VENUE)
KEYRING = Keyring({KEY.api_key: KEY.secret})

steps = st.integers(1, 10**9).map(lambda number: Decimal(number) / 1_000)
ids = st.builds(
    lambda seq, leg: venue_cl_ord_id(Ids("EPOCH0").order_id(seq), leg),
    st.integers(0, 10**9),
    st.integers(0, 2_000),
)
orders = st.builds(
    lambda name, side, qty, px, kind, tif, post_only: SubmitLeg(
        venue_cl_ord_id=name,
        instrument=BTC,
        side=side,
        qty=qty,
        terms=Terms(
            order_qty=qty,
            ord_type=kind,
            time_in_force=tif,
            price=px if kind.needs_price else None,
            stop_px=px + 1 if kind.needs_stop_px else None,
            post_only=post_only,
        ),
    ),
    ids,
    st.sampled_from(Side),
    steps,
    steps,
    st.sampled_from(OrdType),
    st.sampled_from(TimeInForce),
    st.booleans(),
)
listed = orders.filter(
    lambda each: (
        (each.terms.ord_type, each.terms.time_in_force) in DIALECT.profile.accepts
        and not each.terms.post_only
    )
)
numbers = st.integers(1, 10**12)
signed_calls = st.one_of(
    listed.map(DIALECT.submit),
    ids.map(lambda name: DIALECT.order(name, BTC)),
    ids.map(
        lambda name: DIALECT.cancel(CancelLeg(venue_cl_ord_id=name, instrument=BTC, side=Side.BUY))
    ),
    st.builds(
        lambda order, trade: DIALECT.trades(
            VenueOrderID(str(order)), BTC, TradeID(f"BTCUSDT-{trade}B")
        ),
        numbers,
        numbers,
    ),
    st.just(DIALECT.account()),
    st.just(DIALECT.open_orders([BTC])[0]),
)
calls = signed_calls | st.sampled_from([DIALECT.markets(), DIALECT.server_time()])


@dataclass(frozen=True)
class Sent:
    """A request that would have left."""

    url: str
    headers: dict[str, str]
    body: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def payload(self) -> str:
        return payload_of(urlsplit(self.url).query, self.body)

    def account(self, payload: str) -> str:
        """Who the exchange takes us for, if that is what arrives; raises BinanceError."""
        parameters = Parameters.of_text(urlsplit(self.url).query, self.body)
        now_ms = parameters.integer("timestamp") or 0
        return KEYRING.verify(self.headers.get("X-MBX-APIKEY"), parameters, payload, now_ms)


@cache
def exchange(environment: Environment, name: str = "binance") -> Any:
    """The exchange as the gateway makes it; nothing it sends leaves."""
    wanted = CcxtSettings(
        name=VENUE, exchange=name, environment=environment, credentials=lambda: KEY
    )
    made = asyncio.run(make_exchange(wanted, DIALECTS[name](VENUE).options, KEY, NoTap()))
    made.sent = []

    async def fetch(url: str, _method: str, headers: Any, body: Any) -> dict[str, object]:
        made.sent.append(Sent(url, dict(headers or {}), body or ""))
        return {}

    made.fetch = fetch
    return made


def sent(call: WireCall, environment: Environment = Environment.TESTNET) -> Sent:
    """The request that a call becomes."""
    made = exchange(environment)
    asyncio.run(getattr(made, call.endpoint)(dict(call.params)))
    found: Sent = made.sent.pop()
    assert not made.sent
    return found


def hosts_in(urls: object) -> Iterator[str]:
    """Every host that is named anywhere."""
    if isinstance(urls, dict):
        for each in urls.values():
            yield from hosts_in(each)
    elif isinstance(urls, str) and (name := urlsplit(urls).hostname):
        yield name


@pytest.mark.parametrize("name", DIALECTS)
def test_a_testnet_venue_knows_no_host_of_production(name: str) -> None:
    """Property: sandbox isolation. What is not announced is not even resolved."""
    real = exchange(Environment.PRODUCTION, name).urls["api"]
    production = set(hosts_in(real)) | DIALECTS[name](VENUE).hosts(
        exchange(Environment.PRODUCTION, name)
    )
    announced = DIALECTS[name](VENUE).hosts(exchange(Environment.TESTNET, name))
    assert announced
    assert announced.isdisjoint(production)

    async def ask() -> None:
        resolver = VenueResolver(announced, None)
        for host in production:
            with pytest.raises(UnexpectedHostError):
                await resolver.resolve(host, 443)
        await resolver.close()

    asyncio.run(ask())


@FEW
@given(calls)
def test_whatever_is_called_goes_to_a_host_of_the_environment_and_of_no_other(
    call: WireCall,
) -> None:
    """Property: sandbox isolation. Also of production, where that is what was named."""
    reached = {each: sent(call, each).host for each in Environment}
    for environment, host in reached.items():
        assert host in DIALECT.hosts(exchange(environment))
    assert len(set(reached.values())) == len(reached)


@FEW
@given(signed_calls, st.integers(0, 10**6), st.sampled_from("0aZ"))
def test_every_private_request_is_signed_and_no_other_request_fits_its_signature(
    call: WireCall, place: int, letter: str
) -> None:
    """Property: REST authentication. The key is told, the secret never."""
    request = sent(call)
    payload = request.payload()
    assert request.account(payload) == KEY.api_key
    place %= len(payload)
    if payload[place] != letter:
        with pytest.raises(BinanceError, match="Signature"):
            request.account(payload[:place] + letter + payload[place + 1 :])
    assert KEY.secret not in f"{request}"


# What Binance's documentation says that these are; MARKET ends at once whatever was asked.
MEANING = {
    ("LIMIT", "GTC"): (OrdType.LIMIT, TimeInForce.GOOD_TILL_CANCEL, False),
    ("LIMIT", "IOC"): (OrdType.LIMIT, TimeInForce.IMMEDIATE_OR_CANCEL, False),
    ("LIMIT", "FOK"): (OrdType.LIMIT, TimeInForce.FILL_OR_KILL, False),
    ("LIMIT_MAKER", None): (OrdType.LIMIT, TimeInForce.GOOD_TILL_CANCEL, True),
    ("STOP_LOSS", None): (OrdType.STOP, TimeInForce.GOOD_TILL_CANCEL, False),
    ("STOP_LOSS_LIMIT", "GTC"): (OrdType.STOP_LIMIT, TimeInForce.GOOD_TILL_CANCEL, False),
}


@settings(max_examples=300, deadline=None)
@given(orders)
def test_an_order_is_sent_as_what_it_is_or_not_at_all(order: SubmitLeg) -> None:
    """Property: order types. Type, time in force, quantity and prices, to the digit."""
    terms = order.terms
    try:
        params = DIALECT.submit(order).params
    except UnlistedError:
        assert terms.post_only or (
            (terms.ord_type, terms.time_in_force) not in DIALECT.profile.accepts
        )
        return
    kind = (params["type"], params.get("timeInForce"))
    if kind == ("MARKET", None):
        assert (terms.ord_type, terms.post_only) == (OrdType.MARKET, False)
        assert terms.time_in_force is not TimeInForce.FILL_OR_KILL
    else:
        assert MEANING[kind] == (terms.ord_type, terms.time_in_force, terms.post_only)
    assert params["side"] == order.side.name
    assert Decimal(params["quantity"]) == order.qty
    for name, px in (("price", terms.price), ("stopPrice", terms.stop_px)):
        assert (name in params) is (px is not None)
        assert px is None or Decimal(params[name]) == px
    assert "E" not in params["quantity"].upper()
    assert params["newClientOrderId"] == order.venue_cl_ord_id


def promised(protocol: type) -> list[str]:
    """What a protocol demands."""
    return [name for name in vars(protocol) if not name.startswith("_")]


@given(st.sampled_from([*DIALECTS, "kraken", "", "Binance"]) | st.text(max_size=12), st.text())
def test_an_exchange_can_be_named_exactly_if_all_that_a_venue_needs_is_there(
    exchange_name: str, venue: str
) -> None:
    """Property: registration completeness. And the refusal says which there are."""
    wanted = CcxtSettings(
        name=VenueName(venue),
        exchange=exchange_name,
        credentials=lambda: Credentials(api_key="", secret=""),
    )
    if exchange_name not in DIALECTS:
        with pytest.raises(VenueSetupError, match="binance"):
            CcxtVenue(wanted, SystemClock())
        return
    made = CcxtVenue(wanted, SystemClock())
    dialect = DIALECTS[exchange_name](VenueName(venue))
    assert all(hasattr(made, each) for each in promised(VenuePort))
    assert all(hasattr(dialect, each) for each in promised(Dialect))
    assert made.profile == dialect.profile
    assert (made.profile.venue, bool(made.profile.accepts)) == (venue, True)
