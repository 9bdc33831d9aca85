"""A few seeds of `make chaos`, so that it works whenever somebody needs it."""

from pathlib import Path

import pytest

from chaos.judged import judged
from chaos.schedule import schedule

SECONDS = 3.0


@pytest.mark.parametrize("seed", [4, 6])
async def test_after_kills_cuts_and_lies_clients_journal_and_venue_agree(
    tmp_path: Path, seed: int
) -> None:
    told, wrong = await judged(seed, tmp_path, SECONDS)
    assert wrong == [], f"make chaos ARGS='--runs 1 --seed {seed} --seconds {SECONDS}': {told}"


def test_a_seed_gives_the_same_faults_and_another_gives_others() -> None:
    assert schedule(4, SECONDS) == schedule(4, SECONDS)
    assert schedule(4, SECONDS) != schedule(5, SECONDS)


def test_every_run_takes_the_process_or_its_store_away_at_least_once() -> None:
    for seed in range(200):
        ends = {"kill", "stop", "full_disk", "restart_postgres", "crash_postgres"}
        ends |= {"freeze_postgres", "cut_postgres"}
        assert ends & {each.what for each in schedule(seed, SECONDS)}
