"""Fixgate: an institutional order gateway from FIX to crypto and FX venues.

Here: nothing but the package. The tree is the architecture; see docs/architecture.md.
"""
