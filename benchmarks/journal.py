"""What a durable append costs, as a ratio to a bare write + fdatasync on the same disk.

Run it as ``python -m benchmarks.journal [DIRECTORY]``; the directory (default: a new one under
the current one) decides which disk is measured. Both sides take turns in one process, because the
disk's mood changes from one second to the next: compare the ratios, not the milliseconds.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from sopctl.core.codec import canonical
from sopctl.core.journal import Entry, Lease
from sopctl.journal.memory import MemoryStore
from sopctl.journal.sqlite import SqliteStore
from sopctl.journal.verify import verify

ROUNDS = 300
BATCHES = (1, 10, 100)
AT = "2026-11-21T03:00:00.000000Z"


def entry(number: int) -> Entry:
    """About 800 bytes, as an intent of one change is."""
    resource = {"kind": "aws.asg", "name": f"web-{number}", "incarnation": "arn:" + "a" * 90}
    state = {"value": "true", "propagate_at_launch": True, "key": "k8s.io/cluster-autoscaler/on"}
    item = {"resource": resource, "before": state, "after": None, "op": "f" * 64}
    return Entry(kind="intent", data={"work": "remove", "items": [item, {**item, "after": state}]})


def appender(store: MemoryStore | SqliteStore, run: str, batch: int) -> Callable[[], object]:
    store.create(run, target="t", runbook="b", at=AT)
    lease = store.claim(run, "benchmark", 3600.0)
    assert isinstance(lease, Lease)
    entries = [entry(number) for number in range(batch)]
    seqs = count(-1, batch)
    return lambda: store.append(lease, next(seqs), entries, AT)


def writer(descriptor: int, batch: int) -> Callable[[], object]:
    payload = b"".join(canonical(entry(number).data) for number in range(batch))

    def write() -> None:
        os.write(descriptor, payload)
        os.fdatasync(descriptor)

    return write


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def measure(directory: Path) -> None:
    print(f"{ROUNDS} rounds; p50 in ms on {directory}; ratio to a bare write + fdatasync")
    print(f"{'entries':>8} {'write':>8} {'sqlite':>8} {'ratio':>6} {'memory':>8} {'us/entry':>9}")
    with SqliteStore(directory / "state" / "journal.db") as store:
        for batch in BATCHES:
            descriptor = os.open(
                directory / f"bare-{batch}", os.O_CREAT | os.O_WRONLY | os.O_APPEND
            )
            works = (
                writer(descriptor, batch),
                appender(store, f"R{batch}", batch),
                appender(MemoryStore(), "R", batch),
            )
            rounds = [[timed(work) for work in works] for _ in range(ROUNDS)]
            os.close(descriptor)
            bare, sqlite, memory = (
                statistics.median(column) for column in zip(*rounds, strict=True)
            )
            print(
                f"{batch:>8} {bare:>8.3f} {sqlite:>8.3f} {sqlite / bare:>6.1f}"
                f" {memory:>8.3f} {memory / batch * 1e3:>9.0f}"
            )
        records = sum(ROUNDS * batch for batch in BATCHES)
        reading = timed(lambda: store.read("R100"))
        checking = timed(lambda: verify(store))
    print(f"read and check {ROUNDS * 100} records: {reading / ROUNDS / 100 * 1e3:.0f} us each")
    print(f"verify {records} records and the ledger: {checking / records * 1e3:.0f} us each")


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else "."
    with tempfile.TemporaryDirectory(dir=where) as scratch:
        measure(Path(scratch))
