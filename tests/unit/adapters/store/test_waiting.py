"""How long the database has been silent."""

import pytest

from fixgate.adapters.store.postgres.waiting import Waiting


@pytest.fixture
def waiting():
    return Waiting(0.0, every_s=0.25)


def test_silence_is_counted_from_the_question(waiting):
    waiting.look(None, 10.0)
    assert waiting.look(10.125, 10.25) == 0.125
    assert waiting.look(10.125, 10.5) == 0.375
    assert waiting.look(10.125, 10.75) == 0.625


def test_each_question_is_waited_for_anew(waiting):
    waiting.look(None, 10.0)
    waiting.look(10.0, 10.25)
    assert waiting.look(10.25, 10.5) == 0.25
    assert waiting.look(None, 10.75) == 0
    assert waiting.look(10.75, 11.0) == 0.25


def test_the_time_that_the_process_slept_does_not_count(waiting):
    """Whoever is woken up looks at the clock before the answer that lies there has been read."""
    waiting.look(None, 10.0)
    waiting.look(10.125, 10.25)
    assert waiting.look(10.125, 70.0) == 0.625
    assert waiting.look(10.125, 70.25) == 0.875


def test_a_process_that_slept_from_the_question_on_has_waited_for_a_moment_only(waiting):
    waiting.look(None, 10.0)
    assert waiting.look(10.125, 70.0) == 0.5
