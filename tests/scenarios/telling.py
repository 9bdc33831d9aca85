"""What client and gateway say to one another in a scenario, as they write it.

Here: told(), for the examples in the rules of engagement, which so are what the gateway does.
Not here: whether it is right (test_scenarios).
"""

from pathlib import Path

from fixgate.application.ports.fix import FixDelivered
from fixgate.domain.sessions import FixVersion
from scenarios.invariants import SOH
from scenarios.runner import Run, Scenario, load

HERE = Path(__file__).parent


class _Listener(Run):
    """Keeps what is said."""

    def __init__(self, scenario: Scenario, version: FixVersion) -> None:
        super().__init__(scenario, version)
        self.said: list[tuple[str, str]] = []
        see = self.wire.see

        def heard(text: str) -> dict[str, str]:
            self.said.append(("<", text))
            return see(text)

        self.wire.see = heard  # type: ignore[method-assign]

    def _client_sends(self, rest: str) -> None:
        super()._client_sends(rest)
        texts = [each.text for each in self.core.items if isinstance(each, FixDelivered)]
        self.said.append((">", texts[-1]))


def told(scenario_id: str, version: FixVersion) -> tuple[str, list[str]]:
    """A scenario's title, and its messages: those of the client begin with ">".

    Raises:
        LookupError: there is no such scenario under that version.
    """
    for path in sorted(HERE.glob("*.scn")):
        for scenario in load(path):
            name, _, title = scenario.name.partition(" ")
            if name == scenario_id and version in scenario.versions():
                run = _Listener(scenario, version)
                run.play()
                lines = [f"{way} {text.replace(SOH, '|')}" for way, text in run.said]
                return title.strip(), lines
    raise LookupError(f"no scenario {scenario_id} under {version.value}")
