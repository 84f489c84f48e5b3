"""Processes of their own that use one journal: ``python -m tests.journal.worker VERB PATH RUN``.

claim: waits for a line, claims the run, prints the epoch or ``-``. append: appends to the run
until it is ended and prints each seq once it is durable. fill: appends until the disk is full,
prints what was said then, and whether a new opening has just what was acknowledged.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sopctl.core.errors import AuditUnavailableError
from sopctl.core.journal import Entry, Lease
from sopctl.journal.sqlite import SqliteStore
from sopctl.journal.verify import verify

RUN = sys.argv[3]
AT = "2026-11-21T03:00:00.000000Z"


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def claim(store: SqliteStore) -> None:
    say("ready")
    sys.stdin.readline()
    answer = store.claim(RUN, f"process {os.getpid()}", 60.0)
    say(answer.epoch if isinstance(answer, Lease) else "-")


def append(store: SqliteStore) -> None:
    store.create(RUN, target="t", runbook="b", at=AT)
    lease = store.takeover(RUN, f"process {os.getpid()}", 60.0)
    seq = len(store.read(RUN)) - 1
    while True:
        added = [Entry(kind="note", data={"n": seq + 1 + n, "pad": "x" * 500}) for n in range(3)]
        seq = store.append(lease, seq, added, AT)[-1].seq
        say(seq)


def fill(store: SqliteStore) -> None:
    store.create(RUN, target="t", runbook="b", at=AT)
    lease = store.takeover(RUN, "w", 60.0)
    seq = -1
    try:
        while True:
            entry = Entry(kind="note", data={"pad": "x" * 5000})
            seq = store.append(lease, seq, [entry], AT)[-1].seq
    except AuditUnavailableError as error:
        say(error)
    store.close()
    with SqliteStore(Path(sys.argv[2]), read_only=True) as again:
        say(seq > 0 and verify(again).sound and len(again.read(RUN)) == seq + 1)


if __name__ == "__main__":
    with SqliteStore(Path(sys.argv[2])) as journal:
        {"claim": claim, "append": append, "fill": fill}[sys.argv[1]](journal)
