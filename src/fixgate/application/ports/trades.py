"""The record of trades, for those who ask for them at the end of a day.

Here: TradeSearch. Not here: who asks (application/trade_lookups).
"""

from asyncio import Future
from collections.abc import Sequence
from typing import Final, Protocol

from fixgate.domain.trades import RecordedTrade, TradeQuery

TRADES_MAX: Final = 10_000
"""Trades that one answer may have: what a client is sent must fit the buffer that it has."""


class TooManyTrades(Exception):  # noqa: N818 - it names a fact
    """More than TRADES_MAX fit; nobody is served by the first of them."""


class TradeSearch(Protocol):
    """Reads recorded trades. Never blocks."""

    def find(self, query: TradeQuery) -> "Future[Sequence[RecordedTrade]]":
        """The trades that fit, in the order in which they happened.

        The future fails with TooManyTrades, or if the record cannot be read.
        """
        ...
