"""For any markets, what is told of each rebuilds it, however much of them was left out."""

from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fakes.market_reader import MarketReader, pairs_of
from fixgate.adapters.fix.market_data_feed import Feed, FeedKey
from fixgate.adapters.fix.market_data_text import Shown, View
from fixgate.domain.ids import VenueName
from fixgate.domain.market import Book, MarketTrade, Quote

SIM = VenueName("SIM")
KEPT = 5  # trades


@dataclass
class FakePrices:
    """A market that the test moves."""

    bids: dict[Decimal, Decimal] = field(default_factory=dict)
    offers: dict[Decimal, Decimal] = field(default_factory=dict)
    tape: list[MarketTrade] = field(default_factory=list)
    live: bool = True

    def book(self, venue: VenueName, symbol: str, levels: int) -> Book | None:
        bids = tuple(sorted(self.bids.items(), reverse=True)[:levels])
        offers = tuple(sorted(self.offers.items())[:levels])
        book = Book(venue=venue, symbol=symbol, bids=bids, offers=offers, at_ns=1)
        return book if self.live else None

    def quote(self, venue: VenueName, symbol: str) -> Quote | None:
        quote = Quote(venue=venue, symbol=symbol, bid_px=None, offer_px=None, last_px=None, at_ns=1)
        return quote if self.live else None

    def follow(self, venue: VenueName, symbol: str, changed: object) -> object:
        return lambda: None

    def trades(self, venue: VenueName, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        return tuple(each for each in self.tape[-KEPT:] if each.number > after)

    def trade(self, px: int) -> None:
        self.tape.append(
            MarketTrade(
                venue=SIM, symbol="BTC/USDT", number=len(self.tape) + 1, px=Decimal(px),
                qty=Decimal(1), aggressor=None, at_ns=10**18,
            )
        )  # fmt: skip


levels = st.dictionaries(
    st.integers(1, 60).map(lambda each: Decimal(each) / 4),
    st.integers(1, 3).map(lambda each: Decimal(each) / 10),
    max_size=8,
)
markets = st.tuples(
    levels,
    levels,
    st.lists(st.integers(1, 9), max_size=8),  # trades before it
    st.sampled_from([True, True, True, False]),  # whether its prices hold
    st.booleans(),  # whether the subscriber is told of this one
)


@given(
    story=st.lists(markets, min_size=1, max_size=30),
    depth=st.sampled_from([1, 3, 200]),
    types=st.sampled_from(["01", "0", "1", "2", "012"]),
    incremental=st.booleans(),
)
def test_a_book_rebuilt_from_what_was_told_is_the_market_however_much_was_left_out(
    *,
    story: list[tuple[dict[Decimal, Decimal], dict[Decimal, Decimal], list[int], bool, bool]],
    depth: int,
    types: str,
    incremental: bool,
) -> None:
    prices = FakePrices()
    shown = Shown(symbol="BTC/USDT", venue="SIM", entry_types=frozenset(types))
    feed = Feed(prices, FeedKey(venue=SIM, symbol="BTC/USDT", levels=depth, shown=shown))  # type: ignore[arg-type]
    reader, seen, told = MarketReader(), None, 0
    for bids, offers, trades, live, is_told in story:
        prices.bids, prices.offers, prices.live = bids, offers, live
        for px in trades:
            prices.trade(px)
        feed.look()
        if not is_told:
            continue
        body = feed.next_for(seen, incremental=incremental)
        if seen is None:
            told = len(prices.tape)  # trades before a subscription are not told, but for the last
        seen = feed.view
        if body is not None:
            reader.take([("35", body.msg_type), *pairs_of(body.data)])
        book = prices.book(SIM, "BTC/USDT", depth)
        if book is None:
            assert reader.why_not == "no live prices from SIM"
            assert reader.book() == ((), ())
        else:
            assert reader.why_not is None
            wanted = (book.bids if "0" in types else (), book.offers if "1" in types else ())
            assert reader.book() == wanted
    if incremental and "2" in types and all(each[3] for each in story) and seen is not None:
        assert len(reader.trades) + reader.left_out == seen.trades_to - told + bool(told)


@given(levels, levels)
def test_nobody_is_told_of_a_market_that_has_not_changed(
    bids: dict[Decimal, Decimal], offers: dict[Decimal, Decimal]
) -> None:
    prices = FakePrices(bids=bids, offers=offers)
    shown = Shown(symbol="BTC/USDT", venue="SIM", entry_types=frozenset("01"))
    feed = Feed(prices, FeedKey(venue=SIM, symbol="BTC/USDT", levels=5, shown=shown))  # type: ignore[arg-type]
    feed.look()
    seen = feed.view
    prices.trade(7)  # of which it is not told
    assert not feed.look()
    assert feed.view is seen
    assert feed.next_for(seen, incremental=True) is None
    assert feed.next_for(seen, incremental=False) is None
    assert feed.next_for(View(), incremental=False) is not None
