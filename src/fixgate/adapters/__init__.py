"""One package for each thing outside: FIX clients, venues, the store.

Here: implementations of the ports. A package here does not import another one.
Not here: decisions; choosing which implementation is used (bootstrap).
"""
