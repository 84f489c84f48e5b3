"""Tests of runbooks as files: their shape, their loader, their schema."""
