"""Checks of readiness for the next zone failure, each a room; `sopctl doctor` asks them all."""
