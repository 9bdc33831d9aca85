"""Servers that speak a venue's wire protocol, to try a real adapter against without the venue.

Here: one package per venue.
Not here: anything the gateway needs to run. A double knows the matching engine and the wire,
never an adapter, so that the two cannot agree on the same mistake.
"""
