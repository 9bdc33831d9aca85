"""QuickFIX's own initiator, in both versions, trades on SIM and on the Binance double.

Its engine checks every report against the dictionary that clients are given, and rejects what
does not fit: it must not.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.gateway_process import ROOT, Gateway, make_home
from integration.journal_check import audit

SCRIPT = Path(__file__).with_name("stranger.py")
VERSIONS = ("FIX.4.2", "FIX.4.4")
VENUES = {"SIM": ("BTC/USDT", "50000"), "BINANCE": ("BTC/USDT", "50000")}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with both venues, and the double behind one of them."""
    one = Gateway(make_home(tmp_path_factory.mktemp("strangers")))
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "fixgate.cli", "double", "binance", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=one.environ,
    ) as double:
        try:
            assert double.stdout is not None
            _use(one, double.stdout)
            one.start()
            yield one
            assert one.stop() == 0
            audit(one.home)
        finally:
            one.kill()
            double.terminate()


def _use(gateway: Gateway, printed: Iterator[str]) -> None:
    """Do what `fixgate double binance` tells its user to do."""
    text = ""
    for line in printed:
        text += line
        if "Then:" in line:
            break
    block = re.search(r"    \[\[venue\]\]\n(    .+\n)+", text)
    keys = re.search(r"BINANCE_API_KEY=(\S+) BINANCE_API_SECRET=(\S+)", text)
    assert block is not None
    assert keys is not None
    venues = gateway.home / "config" / "venues.toml"
    simulated = venues.read_text().split("# Binance spot.")[0]
    venues.write_text(simulated + block[0].replace("\n    ", "\n").lstrip())
    gateway.more_environ = {"BINANCE_API_KEY": keys[1], "BINANCE_API_SECRET": keys[2]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("venue", VENUES)
def test_quickfix_trades_with_every_message(
    gateway: Gateway, tmp_path: Path, venue: str, version: str
) -> None:
    dictionary = ROOT / "fix_specs" / f"{version.replace('.', '')}.xml"
    words = [str(gateway.port), f"DEMO4{version[-1]}", version, str(dictionary)]
    words += [str(tmp_path), venue, *VENUES[venue], "ResetOnLogon=Y"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)

    assert said["rejected_by_us"] == []
    assert said["rejected_by_them"] == []
    assert said["unanswered"] == []
    executions = {each["150"] for each in said["reports"] if each["35"] == "8"}
    fill = "F" if version == "FIX.4.4" else "2"
    assert executions >= {"0", "4", "5", "6", "8", "E", fill}
    assert any(each["35"] == "9" for each in said["reports"])
