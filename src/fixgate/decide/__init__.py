"""What Fixgate decides on each kind of input. Pure.

Here: decide(), a generator. It reads the state and yields events one at a time; the caller lets
each event happen (evolve) before it asks for the next, so that a later decision of the same
input sees the earlier ones. It changes nothing itself.
Not here: FIX syntax, venues' syntax, clocks, randomness, I/O.
"""

from fixgate.decide.dispatch import decide

__all__ = ["decide"]
