"""Venues: the simulated one, and exchanges through ccxt.

Here: everything that satisfies VenuePort. ``simulated`` needs nothing from outside;
``ccxt_venue`` is the adapter over ccxt, ``dialects`` what it says to each exchange.
Not here: what an answer means for an order; that is decided in the core.
"""
