"""Pre-trade checks: pure functions that say yes or why not.

Here: one module per family of checks.
Not here: limits that are configured per client (they come with the controls), I/O.
"""
