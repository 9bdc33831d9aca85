"""`fixgate demo`: both ends for a minute, and a check that they tell the same story.

Here: a gateway in a process of its own with a data directory of its own, clients that trade at
random, and the comparison of what they saw with what the journal says.
Not here: anything that the gateway runs in production.
"""
