"""Reading from a PostgreSQL that goes away and comes back."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from fixgate.adapters.store.postgres.connecting import is_away
from fixgate.adapters.store.reader import Reader
from postgres import PostgresServer, new_database, new_server


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    made = new_server()
    yield made
    made.crash()


def test_a_reader_reads_again_as_soon_as_the_server_is_back(own_server: PostgresServer) -> None:
    """However often it was asked in between; a session could not get its reports again."""
    reader = Reader(new_database(own_server))
    assert reader.last() == (0, None)
    own_server.crash()
    for _ in range(3):
        with pytest.raises((SQLAlchemyError, psycopg.Error)):
            reader.last()
    own_server.start()
    assert reader.last() == (0, None)
    reader.close()


def test_a_server_that_goes_away_is_not_taken_for_a_damaged_store(
    own_server: PostgresServer,
) -> None:
    """A standby looks at the store again and again: it must go on waiting."""
    reader = Reader(new_database(own_server))
    reader.check()
    own_server.crash()
    with pytest.raises(SQLAlchemyError) as went:
        reader.check()
    assert is_away(went.value)
    reader.close()
