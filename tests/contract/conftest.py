"""One certificate authority for all tests that speak to a double."""

import pytest

from contract.binance_world import HOSTS
from contract.local_tls import LocalTls, make_local_tls


@pytest.fixture(scope="session", name="tls")
def _tls(tmp_path_factory: pytest.TempPathFactory) -> LocalTls:
    return make_local_tls(tmp_path_factory.mktemp("tls"), HOSTS)
