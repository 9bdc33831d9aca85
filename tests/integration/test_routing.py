"""Orders routed over both simulated venues by a real gateway, as its user sees them."""

import json
import re
from decimal import Decimal

from integration.gateway_process import Gateway, gateway

__all__ = ["gateway"]  # the fixture


def _order_id(text: str) -> str:
    found = re.search(r"\|37=(\w+)\|", text)
    assert found is not None, text
    return found[1]


def test_an_order_is_split_explained_and_survives_a_restart_and_a_replay(gateway: Gateway):
    large = gateway.fixgate(
        "order", "buy", "100", "BTC/USDT", "--limit", "53000", "--venue", "SMART"
    )

    assert large.returncode == 0, large.stderr
    assert "accepted: 100 BTC/USDT at 53,000 is working" in large.stdout
    assert {"SIM", "SIM2"} >= set(re.findall(r"\|30=(\w+)\|", large.stdout)) != set()
    assert "nothing left" in large.stdout

    explained = gateway.fixgate("route", "--explain", _order_id(large.stdout))
    assert explained.returncode == 0, explained.stderr
    assert "by policy best-price" in explained.stdout
    assert "ranked 1 by best_price" in explained.stdout
    assert "SIM2 " in explained.stdout

    resting = gateway.fixgate(
        "order", "sell", "1", "BTC/USDT", "--limit", "59000", "--tif", "gtc", "--venue", "SMART",
        "--wait", "0",
    )  # fmt: skip
    assert "The order rests" in resting.stdout
    gateway.kill()
    gateway.start()
    assert "1, 0 unsettled" in gateway.fixgate("status").stdout  # one order, and not its part
    canceled = gateway.fixgate("order", stdin="list\ncancel 2\n")
    assert "canceled; nothing was filled" in canceled.stdout
    listed = gateway.fixgate("orders").stdout
    assert f"part of {_order_id(resting.stdout)}" in listed
    assert "no open orders" in gateway.fixgate("orders", "--open").stdout

    gateway.stop()
    replayed = gateway.fixgate("replay", "--verify")
    assert replayed.returncode == 0, replayed.stdout
    assert re.search(r"Differences\s+0", replayed.stdout)


def test_a_dry_run_sends_nothing_and_outcomes_are_summed_up(gateway: Gateway):
    tried = gateway.fixgate("route", "--dry-run", "buy", "0.5", "BTC/USDT", "--limit", "53000")
    assert tried.returncode == 0, tried.stderr
    assert "Policy best-price" in tried.stdout
    assert "no orders" in gateway.fixgate("orders").stdout

    listed = gateway.fixgate("route", "--dry-run", "sell", "1", "ETH/USDT", "--policy", "sim-first")
    assert re.search(r"^SIM +1 ", listed.stdout, re.MULTILINE)
    wrong = gateway.fixgate("route", "--dry-run", "buy", "1", "ETH/USDT", "--policy", "none")
    assert wrong.returncode != 0
    assert "no policy none; there are: best-price, lowest-fees, sim-first" in wrong.stderr

    gateway.fixgate("order", "buy", "1", "ETH/USDT", "--venue", "SMART")
    summed = gateway.fixgate("route", "--outcomes")
    assert re.search(r"^best-price +SIM2? +1 +0 +100\.0 +1 ", summed.stdout, re.MULTILINE)


def test_policies_and_fees_that_were_changed_hold_for_the_next_order_after_a_reload(
    gateway: Gateway,
) -> None:
    def dry_run() -> str:
        return gateway.fixgate("route", "--dry-run", "buy", "1", "ETH/USDT").stdout

    assert "Policy best-price" in dry_run()
    policies, venues = (gateway.home / "config" / f"{name}.toml" for name in ("routing", "venues"))
    shipped = policies.read_text()
    policies.write_text('[[policy]]\nname = "one"\nby = "cheapest"\n')
    broken = gateway.fixgate("reload")
    assert broken.returncode != 0
    assert "config/routing.toml" in broken.stderr
    policies.write_text(shipped)
    assert "Policy best-price" in dry_run()

    policies.write_text(
        '[[policy]]\nname = "sim-only"\nby = "listed"\nvenues = ["SIM"]\n' + shipped
    )
    fees = "fees = { taker_bp = 7, maker_bp = 7 }"
    venues.write_text(venues.read_text().replace('name = "SIM"\n', f'name = "SIM"\n{fees}\n'))
    done = gateway.fixgate("reload")
    assert done.returncode == 0, done.stdout
    assert "config/routing.toml: changed" in done.stdout
    assert "config/venues.toml: fees of SIM: changed" in done.stdout
    assert re.search(r"SIM2 .*the policy does not list it", dry_run())
    assert "fee 7 bp" in dry_run()

    order = gateway.fixgate(
        "order", "buy", "1", "ETH/USDT", "--limit", "3300", "--tif", "ioc", "--venue", "SMART"
    )
    assert "nothing left" in order.stdout, order.stdout
    assert "|30=SIM|" in order.stdout
    explained = gateway.fixgate("route", "--explain", _order_id(order.stdout)).stdout
    assert "by policy sim-only" in explained
    (position,) = json.loads(gateway.fixgate("positions", "--json").stdout)
    assert Decimal(position["fees"]["USDT"]) > 0
    assert "Nothing has changed" in gateway.fixgate("reload").stdout

    gateway.stop()
    replayed = gateway.fixgate("replay", "--verify")
    assert re.search(r"Differences\s+0", replayed.stdout)
