"""Journals in memory, kept and made again: what a new process finds after the old one is gone."""

from __future__ import annotations

from typing import TypeAlias

from sopctl.core.journal import Head, Record
from sopctl.journal.memory import MemoryStore

Journal: TypeAlias = tuple[tuple[Head, tuple[Record, ...]], ...]


def kept(store: MemoryStore) -> Journal:
    """Every record that is durable now."""
    return tuple((head, store.read(head.run)) for head in store.runs())


def copied(journal: Journal) -> MemoryStore:
    """A store with the same records and no lease held, as after a lease has run out."""
    store = MemoryStore()
    for head, records in journal:
        store.import_run(head, records)
    return store
