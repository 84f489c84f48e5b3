"""Tests of runbooks: a world, a run in it, what came of it, and everything that may go wrong."""
