"""Real processes that are killed, paused, starved and lied to; then everybody is asked what was.

Here: one run of real gateway, Binance double and FIX clients under a schedule of faults from a
seed, and the three-way reconciliation at its end. `make chaos` runs many.
Not here: simulated time and disks (tests/simulation), single failures (tests/integration).
"""
