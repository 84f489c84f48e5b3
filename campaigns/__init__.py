"""Campaigns: the engine, its journal and its front doors under fire, with a seed and a figure.

A campaign plays cases until its budget is used up. Each case is drawn from the seed, and can be
played again alone. `make campaign-NAME` keeps what came out, for docs/reference/scoreboard.md.
"""
