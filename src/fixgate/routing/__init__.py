"""Which venues an order goes to, and how much to each. Pure.

Here: plan(), by the books, fees and policy it is given.
Not here: how books come to be known; what becomes of the parts (decide).
"""

from fixgate.routing.planning import plan
from fixgate.routing.wanted import Asked, Place, Plan

__all__ = ["Asked", "Place", "Plan", "plan"]
