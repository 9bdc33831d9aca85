"""A book put together from a snapshot and changes is the exchange's, or says that it is none."""

from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fixgate.adapters.venues.depth import (
    SERVED_LEVELS,
    SNAPSHOT_LEVELS,
    Applied,
    DepthBook,
    DepthChange,
    DepthSide,
    DepthSnapshot,
)

ZERO = Decimal(0)


@dataclass
class Exchange:
    """The true book, and each change of it. Bids are below 1000, offers above."""

    number: int = 0
    bids: dict[Decimal, Decimal] = field(default_factory=dict)
    offers: dict[Decimal, Decimal] = field(default_factory=dict)

    def change(self, moves: list[tuple[int, int]]) -> DepthChange:
        """Set levels; a quantity of 0 takes one away."""
        said: dict[bool, list[tuple[Decimal, Decimal]]] = {True: [], False: []}
        for px, qty in moves:
            is_bid = px < 1_000
            levels = self.bids if is_bid else self.offers
            levels[Decimal(px)] = Decimal(qty)
            if not qty:
                del levels[Decimal(px)]
            said[is_bid].append((Decimal(px), Decimal(qty)))
        self.number += 1
        return DepthChange(
            venue_symbol="X",
            first_id=self.number,
            last_id=self.number,
            bids=tuple(said[True]),
            offers=tuple(said[False]),
        )

    def snapshot(self) -> DepthSnapshot:
        """The book now."""
        return DepthSnapshot(
            last_id=self.number,
            bids=tuple(sorted(self.bids.items(), reverse=True)[:SNAPSHOT_LEVELS]),
            offers=tuple(sorted(self.offers.items())[:SNAPSHOT_LEVELS]),
        )

    def is_shown_by(self, book: DepthBook) -> bool:
        """Whether the best levels of both sides are the same."""
        bids = sorted(self.bids.items(), reverse=True)[:SERVED_LEVELS]
        offers = sorted(self.offers.items())[:SERVED_LEVELS]
        return (book.bids.top(1_000), book.offers.top(1_000)) == (tuple(bids), tuple(offers))


moves = st.lists(
    st.tuples(st.integers(900, 1_099), st.integers(0, 3)),
    max_size=8,
    unique_by=lambda each: each[0],
)
FATES = st.sampled_from(["arrives", "arrives", "arrives", "lost", "twice", "asked"])


@given(st.lists(st.tuples(moves, FATES), max_size=60))
def test_a_book_that_holds_is_the_exchanges_as_of_the_last_change_that_arrived(
    story: list[tuple[list[tuple[int, int]], str]],
) -> None:
    """Whatever is lost, repeated, or overtaken by a snapshot."""
    exchange, book = Exchange(), DepthBook()
    asked: DepthSnapshot | None = exchange.snapshot()
    for change, fate in story:
        said = exchange.change(change)
        if fate == "lost":
            continue
        applied = book.apply(said)
        if fate == "twice":
            assert book.apply(said) is not Applied.YES
        if fate == "asked" and not book.holds:
            # The answer is as of then, though more has happened since.
            if asked is not None and book.begin(asked):
                assert book.holds
            asked = exchange.snapshot()
        if applied is Applied.YES or fate == "asked":
            assert not book.holds or exchange.is_shown_by(book)
    book.lose()
    assert book.begin(exchange.snapshot())
    assert exchange.is_shown_by(book)


@given(st.lists(st.tuples(st.integers(1, 3_000), st.integers(0, 3)), max_size=400))
def test_a_side_is_complete_as_far_as_it_is_served_and_never_grows_without_end(
    changes: list[tuple[int, int]],
) -> None:
    """The part beyond a full snapshot is not known, and is not shown."""
    true = {Decimal(px): Decimal(1) for px in range(2_001, 2_001 + 900)}
    shown = sorted(true.items())[:SNAPSHOT_LEVELS]
    side = DepthSide(shown, bids=False)
    for px, qty in changes:
        true[Decimal(px)] = Decimal(qty)
        if not qty:
            del true[Decimal(px)]
        side.set(Decimal(px), Decimal(qty))
        if not side.too_short:
            assert side.top(SERVED_LEVELS) == tuple(sorted(true.items())[:SERVED_LEVELS])
    for px in range(1, 2_000):
        side.set(Decimal(px) / 2, Decimal(1))
    assert len(side.top(10_000)) == SERVED_LEVELS
