"""Use cases: the sequencer, recovery, and what they need from outside (ports).

Here: the one total order of inputs, the commit, the release of effects.
Not here: sockets, SQL, venues' protocols (adapters); decisions (decide).
"""
