"""Scenarios: a world, what happens to it, and what is measured, as YAML."""
