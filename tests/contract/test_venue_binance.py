"""The ccxt adapter keeps the promises of every venue on the Binance double."""

from collections.abc import AsyncIterator

import pytest

from contract.binance_world import HOSTS, BinanceWorld
from contract.local_tls import LocalTls, make_local_tls
from contract.venue_contract import VenueContract
from fixgate.domain.inputs import VenueDenied


@pytest.fixture(scope="module", name="tls")
def _tls(tmp_path_factory: pytest.TempPathFactory) -> LocalTls:
    return make_local_tls(tmp_path_factory.mktemp("tls"), HOSTS)


@pytest.fixture(name="world")
async def _world(tls: LocalTls) -> AsyncIterator[BinanceWorld]:
    world = BinanceWorld(tls)
    try:
        await world.begin()
        yield world
    finally:
        await world.end()


class TestBinanceVenue(VenueContract):
    """The promises of the port."""


async def test_a_key_that_the_venue_does_not_take_is_said_to_be_that(tls: LocalTls) -> None:
    world = BinanceWorld(tls, secret="another")
    try:
        await world.begin(up=False)
        await world.ear.until(lambda: bool(world.ear.of(VenueDenied)))
        assert "(-1022)" in world.ear.of(VenueDenied)[0].text
    finally:
        await world.end()
