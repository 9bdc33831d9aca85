from fixgate.adapters.fix.limits import Connections, Repeats, TokenBucket


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(per_s=10, burst=5)

    assert bucket.take(8, 100.0) == 5
    assert bucket.take(8, 100.0) == 0
    assert bucket.wait_s() == 0.1
    assert bucket.take(8, 100.25) == 2
    assert bucket.take(100, 1_000.0) == 5


def test_tokens_that_were_not_needed_come_back() -> None:
    bucket = TokenBucket(per_s=10, burst=5)

    bucket.give_back(bucket.take(5, 0.0) - 2)

    assert bucket.take(5, 0.0) == 3


def test_connections_are_limited_together_and_per_address() -> None:
    connections = Connections(total_max=3, per_address_max=2)

    assert [connections.try_add(each) for each in ("a", "a", "b")] == [None, None, None]
    assert connections.try_add("c") == "more than 3 connections"
    connections.remove("b")
    assert connections.try_add("a") == "more than 2 connections from one address"
    connections.remove("a")
    assert connections.try_add("a") is None


def test_repeats_are_counted_within_their_window() -> None:
    repeats = Repeats(most=2, window_s=60)

    assert [repeats.too_many(7, at) for at in (0.0, 1.0, 2.0)] == [False, False, True]
    assert not repeats.too_many(8, 3.0)
    assert not repeats.too_many(7, 60.5), "what was refused does not count"


def test_what_was_taken_back_is_no_repeat() -> None:
    repeats = Repeats(most=2, window_s=60)
    for at in range(5):
        assert not repeats.too_many(7, float(at))
        repeats.take_back(7)
    repeats.take_back(8)  # was never asked
    assert [repeats.too_many(7, 5.0 + at) for at in range(3)] == [False, False, True]
