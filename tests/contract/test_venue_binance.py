"""The ccxt adapter keeps the promises of every venue on the Binance double."""

from collections.abc import AsyncIterator

import pytest

from contract.binance_world import HOSTS, BinanceWorld
from contract.local_tls import LocalTls, make_local_tls
from contract.venue_contract import VenueContract


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
