"""The gateway's real core and venue adapter in a world that is simulated: time, disk, network.

Here: a world with a seed, in which everything that can go wrong does, and a judge at the end.
Not here: real processes and sockets (tests/chaos), single scenarios (tests/scenarios).
"""
