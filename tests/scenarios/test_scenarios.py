"""Every scenario file, under every FIX version it is about."""

from pathlib import Path

import pytest

from fixgate.domain.sessions import FixVersion
from scenarios.runner import Run, Scenario, load

SCENARIOS = [each for path in sorted(Path(__file__).parent.glob("*.scn")) for each in load(path)]


@pytest.mark.parametrize(
    ("scenario", "version"),
    [
        pytest.param(each, version, id=f"{each.name.split()[0]}-{version.value}-{each.where}")
        for each in SCENARIOS
        for version in each.versions()
    ],
)
def test_scenario(scenario: Scenario, version: FixVersion) -> None:
    """The conversation goes as written."""
    Run(scenario, version).play()
