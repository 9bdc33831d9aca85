"""Every scenario file, under every FIX version it is about."""

from pathlib import Path

import pytest

from fixgate.domain.sessions import FixVersion
from scenarios.runner import Run, Scenario, load

HERE = Path(__file__).parent
SCENARIOS = [each for path in sorted(HERE.glob("*.scn")) for each in load(path)]


EACH = pytest.mark.parametrize(
    ("scenario", "version"),
    [
        pytest.param(each, version, id=f"{each.name.split()[0]}-{version.value}-{each.where}")
        for each in SCENARIOS
        for version in each.versions()
    ],
)


@EACH
def test_scenario(scenario: Scenario, version: FixVersion) -> None:
    """The conversation goes as written."""
    Run(scenario, version).play()


@EACH
def test_a_scenario_goes_as_written_if_the_gateway_is_killed_in_its_middle(
    scenario: Scenario, version: FixVersion
) -> None:
    """Wherever somebody else speaks next, another process goes on from what is durable."""
    for step in Run(scenario, version).restarts():
        Run(scenario, version).play(restart_before=step)
