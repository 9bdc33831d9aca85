"""The example for production is one that a gateway would take."""

import tomllib
from pathlib import Path

from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.bootstrap.settings import GatewaySettings

EXAMPLE = Path(__file__).parents[3] / "config" / "production" / "gateway.toml"


def test_the_production_example_is_a_configuration_with_postgresql() -> None:
    settings = GatewaySettings.model_validate(tomllib.loads(EXAMPLE.read_text()))
    assert settings.journal.url is not None
    shown = str(PostgresAddress(settings.journal.url, "secret"))
    assert shown == "postgresql://fixgate@db.internal/fixgate"
    assert "secret" not in repr(PostgresAddress(settings.journal.url, "secret"))
