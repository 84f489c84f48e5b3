"""The laws, under the name that our own tests know them by."""

from __future__ import annotations

from sopctl.testing.laws import Bench, Proof, call, changes_of, prove, run

__all__ = ["Bench", "Proof", "call", "prove", "run"]

_changes = changes_of
