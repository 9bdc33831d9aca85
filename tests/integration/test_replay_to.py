"""Recorded messages, played against a real gateway."""

from integration.gateway_process import Gateway, gateway

__all__ = ["gateway"]


def test_recorded_orders_are_played_again_and_what_comes_back_is_summed_up(gateway: Gateway):
    for side in ("buy", "sell"):
        assert gateway.fixgate("order", side, "1", "BTC/USDT", "--limit", "50000").returncode == 0
    to = ("replay", "--to", f"{gateway.host}:{gateway.port}")

    planned = gateway.fixgate(*to, "--dry-run")
    assert "To play       2 messages of" in planned.stdout

    again = gateway.fixgate(*to, "--speed", "max")
    assert again.returncode == 0, again.stderr
    assert "Refused       2 times: ClOrdID (11) ... was used before" in again.stdout

    fresh = gateway.fixgate(*to, "--speed", "100", "--suffix", "-R")
    assert fresh.returncode == 0, fresh.stderr
    assert "4 of 4 messages played" in fresh.stdout  # those of the first replay are recorded too
    assert "2 8 new" in fresh.stdout
    assert "First answer" in fresh.stdout
    assert gateway.fixgate("replay", "--verify").returncode == 0


def test_a_log_of_another_engine_is_played_under_other_comp_ids(gateway: Gateway):
    log = gateway.home / "FIX.4.4-THEM-OTHER.messages.current.log"
    fields = "35=D|34=9|49=OTHER|56=THEM|52=20260301-12:00:00|11=X1|1=DEMO|21=1|55=BTC/USDT|54=1|"
    fields += "60=20260301-12:00:00|38=1|40=2|44=45000|59=0|"
    message = f"8=FIX.4.4|9=100|{fields}10=000|".replace("|", "\x01")
    log.write_text(f"20260301-12:00:00.000 : {message}\n")

    done = gateway.fixgate(
        "replay", str(log), "--to", f"{gateway.host}:{gateway.port}", "--sender", "DEMO44",
        "--target", "FIXGATE",
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 8 new" in done.stdout
    assert "X1" in gateway.fixgate("orders").stdout


def test_a_gateway_that_is_not_there_or_refuses_is_one_line(gateway: Gateway):
    assert gateway.fixgate("order", "buy", "1", "BTC/USDT", "--limit", "45000").returncode == 0

    nobody = gateway.fixgate("replay", "--to", "127.0.0.1:1")
    assert (nobody.returncode, nobody.stderr.count("\n")) == (1, 1)

    stranger = gateway.fixgate(
        "replay", "--to", f"{gateway.host}:{gateway.port}", "--sender", "NOBODY"
    )
    assert (stranger.returncode, stranger.stderr.count("\n")) == (1, 1)
    assert "NOBODY" in stranger.stderr
