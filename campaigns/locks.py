"""Races for the locks: of a run, of a target, and of the cluster; each has one winner.

In the journal's locks processes race, each with an opening of its own; holders die without giving
back, time passes, others take over by force, and whoever was fenced tries to write. For the lock
in the cluster workers race over HTTP for one Lease.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from campaigns.frame import Campaign, Played, command
from sopctl.app.lease import ClusterLease, LeasePolicy
from sopctl.core.clock import SystemClock, boot_seconds
from sopctl.core.errors import FencedError, LockedError
from sopctl.core.journal import Entry, Lease
from sopctl.core.target import Target
from sopctl.journal.sqlite import SqliteStore
from tests.local import Local

Case = tuple[str, int]  # what is raced for, and the number that draws the race
AT = "2026-11-30T12:00:00.000000Z"
KINDS = ("run", "target", "cluster")
BEAT, TIMES = 0.05, 10  # seconds between two looks; how much faster a lease ages
FORK = multiprocessing.get_context("fork")


def cases(seed: int) -> Iterator[Case]:
    """Each lock in turn, without end."""
    dice = random.Random(seed)
    while True:
        for kind in KINDS:
            yield kind, dice.getrandbits(31)


def play(case: Case) -> Played:
    """One race, and what comes after it."""
    kind, number = case
    dice = random.Random(number)
    racers = dice.randint(2, 6)
    with tempfile.TemporaryDirectory(prefix="sopctl-race-") as folder:
        if kind == "cluster":
            wrong = _cluster(racers, number)
        else:
            wrong = _journal(Path(folder) / "journal.db", kind, racers, dice)
    return Played((f"{kind}, {racers} racers",), wrong)


def _journal(path: Path, kind: str, racers: int, dice: random.Random) -> str:
    with SqliteStore(path) as store:
        for number in range(racers):
            store.create(f"R{number}", target="t", runbook="b", at=AT)
    won = _race(path, kind, racers)
    if len(won) != 1:
        return f"{len(won)} of {racers} won"
    return _afterwards(path, dice) if kind == "run" else ""


def _race(path: Path, kind: str, racers: int) -> list[int]:
    """Who won: processes that start at the same moment, and keep what they got."""
    start, answers = FORK.Barrier(racers), FORK.Queue()
    processes = [
        FORK.Process(target=_racer, args=(path, kind, number, start, answers))
        for number in range(racers)
    ]
    for each in processes:
        each.start()
    told = [answers.get(timeout=60) for _ in processes]
    for each in processes:
        each.join()
    return [number for number, got in told if got]


def _racer(
    path: Path, kind: str, number: int, start: Barrier, answers: Queue[tuple[int, bool]]
) -> None:
    store = SqliteStore(path)
    if kind == "run":
        start.wait()
        got = isinstance(store.claim("R0", f"w{number}", 3600.0), Lease)
    else:  # each has a run of its own, and all want the same target
        lease = store.claim(f"R{number}", f"w{number}", 3600.0)
        assert isinstance(lease, Lease)
        start.wait()
        got = store.lock_target("t", lease, AT) is None
    answers.put((number, got))


def _afterwards(path: Path, dice: random.Random) -> str:
    """The winner is gone; somebody takes over by force, and old leases are void."""
    with SqliteStore(path) as store:
        first = store.takeover("R0", "first", 3600.0)
        later = store.takeover("R0", "second", 3600.0) if dice.choice([True, False]) else first
        old = replace(first, epoch=later.epoch - 1)
        try:
            store.append(old, -1, [Entry(kind="note", data={"text": "a zombie writes"})], AT)
        except FencedError:
            pass
        else:
            return "somebody who was fenced has written"
        store.append(later, -1, [Entry(kind="note", data={"text": "the holder writes"})], AT)
        written = len(store.read("R0"))
        store.release(later)
        free = isinstance(store.claim("R0", "third", 1.0), Lease)
    return "" if free and written == 1 else "it was left behind"


@cache
def _world() -> Local:
    return Local(Path(tempfile.mkdtemp(prefix="sopctl-race-")))


def _cluster(racers: int, number: int) -> str:
    """One Lease for all; who loses is told who has it, and afterwards it is free."""
    local = _world()
    target = replace(local.target, name=f"race-{number}")
    made = [_lease(local, target, index) for index in range(racers)]
    start, lost = threading.Barrier(racers), threading.Semaphore(0)

    def run(index: int) -> str:
        start.wait()
        who = "nobody knows"
        try:
            who = made[index].acquire(f"R{index}")
        finally:
            if who:
                lost.release()
        if who:
            return who
        for _ in range(racers - 1):  # whoever has it works on, until nobody wants it any more
            while not lost.acquire(timeout=BEAT):
                made[index].renew(f"R{index}")
        return who

    with ThreadPoolExecutor(racers) as pool:
        told = list(pool.map(run, range(racers)))
    winners = [index for index, who in enumerate(told) if not who]
    if len(winners) != 1:
        return f"{len(winners)} of {racers} got the lease: {told}"
    made[winners[0]].release(f"R{winners[0]}")
    again = made[winners[0] - 1].acquire("later")
    for each in made:
        each.close()
    return f"it was left behind: {again}" if again else ""


def _lease(local: Local, target: Target, index: int) -> ClusterLease:
    k8s = local.connect(target=target).k8s
    policy = LeasePolicy(required=True)
    return ClusterLease(
        k8s,
        f"w{index}@m/1",
        policy=policy,
        clock=SystemClock(),
        warn=lambda _: None,
        machine=Quick(),
    )


class Quick:
    """A machine whose seconds pass ten times as fast: a lease is renewed once a real second."""

    def seconds(self) -> float:
        return boot_seconds() * TIMES

    def sleep(self, _seconds: float) -> None:
        SystemClock().sleep(BEAT)


__all__ = ["CAMPAIGN", "KINDS", "ClusterLease", "LockedError", "play"]
CAMPAIGN = Campaign(name="locks", cases=cases, play=play)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
