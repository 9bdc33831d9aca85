from fixgate.adapters.store.bloom import BloomFilter


def test_what_was_added_is_in_it() -> None:
    used = BloomFilter(size=1024)
    names = [("DEMO44", f"C{number}") for number in range(500)]
    for each in names:
        used.add(each)
    assert all(each in used for each in names)


def test_what_was_not_added_is_seldom_in_it() -> None:
    used = BloomFilter(size=64 * 1024)
    for number in range(20_000):
        used.add(("DEMO44", f"C{number}"))
    wrong = sum(("DEMO44", f"D{number}") in used for number in range(20_000))
    assert wrong < 200


def test_an_empty_filter_holds_nothing() -> None:
    assert ("DEMO44", "C1") not in BloomFilter(size=1024)
