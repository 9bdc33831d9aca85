"""A server that speaks Binance spot's REST and WebSocket protocol.

Here: BinanceDouble, to be started in a test or by ``fixgate double binance``.
Not here: futures, margin, withdrawals, klines, order lists.
"""

from fixgate.doubles.binance.faults import Fault, FaultKind, FaultScript
from fixgate.doubles.binance.record import RequestRecord, Seen
from fixgate.doubles.binance.server import (
    DEMO_API_KEY,
    DEMO_DEPOSITS,
    DEMO_SECRET,
    BinanceDouble,
    run,
)
from fixgate.doubles.binance.streams import StreamFault, StreamFaults
from fixgate.doubles.binance.symbols import DEFAULT_SYMBOLS, SpotSymbol

__all__ = [
    "DEFAULT_SYMBOLS",
    "DEMO_API_KEY",
    "DEMO_DEPOSITS",
    "DEMO_SECRET",
    "BinanceDouble",
    "Fault",
    "FaultKind",
    "FaultScript",
    "RequestRecord",
    "Seen",
    "SpotSymbol",
    "StreamFault",
    "StreamFaults",
    "run",
]
