"""The power fails after each call of the journal's store, and the disk keeps what it likes.

A real process uses a real store under strace(1), and says what it does and what was acknowledged.
From its calls come the states that a disk may be in after a power cut (see ``campaigns.disk``).
Each is opened as the next process would. What has to hold: everything acknowledged is there word
for word, what was under way is there wholly or not at all, the chain is sound, no lease comes back
with an older epoch, and the store can be written. As SQLite does by default, we take it that a cut
does not change bytes beside those written (its "powersafe overwrite").
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path

from campaigns.calls import Call, Did, available, traced
from campaigns.disk import DRAWN, FIXED, Disk, Loss
from campaigns.frame import Campaign, Played, command, scratch
from sopctl.core.errors import AuditUnavailableError, SopError
from sopctl.core.journal import Entry, Lease
from sopctl.journal.sqlite import SqliteStore
from sopctl.journal.verify import verify

Case = tuple[int, int, str, int]  # seed of the recording, after which call, loss, draw
ROOT = Path(__file__).resolve().parents[1]
NAME, AT = "journal.db", "2026-11-21T03:00:00.000000Z"
ACTS = 24
EACH = 2
DOING = ("make", "create", "lease", "append", "checkpoint", "lock", "close", "open")


# --- the process that is recorded -----------------------------------------------------------------


def say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


@dataclass
class Writer:
    """Uses the store as drawn. *pages* is when the log is copied into the file; ours is 1000."""

    path: Path
    dice: random.Random
    synchronous: str
    pages: int
    store: SqliteStore = field(init=False)
    leases: dict[str, Lease] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    def open(self, doing: str) -> None:
        say(doing=doing)
        self.store = SqliteStore(self.path)
        db = self.store._db  # noqa: SLF001  # more in a short recording, or a safety less
        db.execute(f"PRAGMA wal_autocheckpoint = {self.pages}").close()
        if self.synchronous:
            db.execute(f"PRAGMA synchronous = {self.synchronous}").close()
        say(did=doing)

    def close(self) -> None:
        say(doing="close")
        self.store.close()
        say(did="close")

    def create(self) -> None:
        run = f"run-{len(self.ends)}"
        say(doing="create", run=run)
        self.store.create(run, target="t", runbook="b", at=AT)
        say(did="create", run=run)
        self.ends[run] = -1
        self.lease(run)

    def lease(self, run: str) -> None:
        say(doing="lease", run=run)
        lease = self.leases[run] = self.store.takeover(run, "w", 60.0)
        say(did="lease", run=run, epoch=lease.epoch)

    def lock(self, run: str) -> None:
        say(doing="lock", run=run)
        self.store.lock_target("t", self.leases[run], AT)
        self.store.unlock_target("t", self.leases[run])
        say(did="lock", run=run)

    def append(self, run: str) -> None:
        sizes = [self.dice.choice([10, 300, 3000, 20_000]) for _ in range(self.dice.randint(1, 4))]
        pads = [self.dice.randbytes(size // 2).hex() for size in sizes]
        entries = [Entry(kind="note", data={"n": n, "pad": pad}) for n, pad in enumerate(pads)]
        say(doing="append", run=run, size=len(entries))
        added = self.store.append(self.leases[run], self.ends[run], entries, AT)
        say(did="append", run=run, hashes=[record.hash for record in added])
        self.ends[run] = added[-1].seq

    def act(self) -> None:
        run = self.dice.choice([*self.ends])
        match self.dice.choices(["append", "create", "lease", "lock", "again"], [14, 2, 1, 1, 2])[
            0
        ]:
            case "append":
                self.append(run)
            case "create":
                self.create()
            case "lease":
                self.lease(run)
            case "lock":
                self.lock(run)
            case _:
                self.close()
                self.open("open")


def write(path: Path, seed: int, synchronous: str) -> None:
    """What the recorded process does."""
    dice = random.Random(seed)
    writer = Writer(path, dice, synchronous, pages=dice.choice([8, 30, 1000]))
    writer.open("make")
    writer.create()
    for _ in range(ACTS):
        writer.act()
    writer.close()


@lru_cache(maxsize=4)
def recorded(seed: int, synchronous: str = "") -> tuple[Call, ...]:
    """The calls of one process; *synchronous* sets SQLite's pragma, to take a safety away."""
    with scratch() as made:
        directory = Path(made) / "state"
        program = [sys.executable, "-m", "campaigns.powercut", "write", f"{directory / NAME}"]
        words = [*program, str(seed), synchronous]
        calls = traced(words, directory, Path(made) / "trace", ROOT)
    return tuple(call for call in calls if not call.name.endswith("-shm"))


# --- the states and what has to hold in them ------------------------------------------------------


@dataclass
class Promised:
    """What was acknowledged so far, and what is under way."""

    hashes: dict[str, list[str]] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    doing: str = "make"
    run: str = ""
    size: int = 0

    def hear(self, line: bytes) -> None:
        said = json.loads(line)
        self.run = said.get("run", "")
        if "doing" in said:
            self.doing, self.size = said["doing"], said.get("size", 0)
            return
        self.size = 0
        if said["did"] == "create":
            self.hashes[self.run] = []
        if said["did"] == "lease":
            self.epochs[self.run] = said["epoch"]
        if said["did"] == "append":
            self.hashes[self.run] += said["hashes"]


def promised(calls: tuple[Call, ...]) -> Promised:
    found = Promised()
    for call in calls:
        if call.did is Did.SAY:
            found.hear(call.data)
    if found.doing == "append" and any(call.name == NAME for call in _since_said(calls)):
        found.doing = "checkpoint"
    return found


def _since_said(calls: tuple[Call, ...]) -> Iterator[Call]:
    for call in reversed(calls):
        if call.did is Did.SAY:
            return
        yield call


@lru_cache(maxsize=2)
def _at(recording: int, synchronous: str, after: int, *, syncs: bool) -> tuple[Promised, Disk]:
    calls = recorded(recording, synchronous)[:after]
    return promised(calls), Disk().after(calls, syncs=syncs)


def cases(seed: int) -> Iterator[Case]:
    """Every call of one recording after the other, with every kind of loss."""
    for recording in count(seed):
        for after in range(1, len(recorded(recording)) + 1):
            for loss in FIXED:
                yield recording, after, loss, 0
            for loss in DRAWN:
                for draw in range(EACH):
                    yield recording, after, loss, draw


def play(case: Case, *, syncs: bool = True, synchronous: str = "") -> Played:
    """Lose the power, open what is left, and look; the rest takes safeties away."""
    recording, after, loss, draw = case
    said, disk = _at(recording, synchronous, after, syncs=syncs)
    left = disk.left(Loss(loss), random.Random(f"{recording} {after} {loss} {draw}"))
    with scratch() as made:
        directory = Path(made) / "state"
        directory.mkdir(mode=0o700)
        for name, data in left.items():
            file = directory / name
            file.touch(0o600)
            file.write_bytes(data)
        wrong = _wrong(directory / NAME, said, look_first=draw % 2 == 1)
    return Played((f"{said.doing}: {loss}",), "; ".join(wrong))


def _wrong(path: Path, said: Promised, *, look_first: bool) -> list[str]:
    try:
        found = _looked_at(path, said) if look_first and path.exists() else []
        with SqliteStore(path) as store:
            return found + _kept(store, said) + _goes_on(store, said)
    except SopError as error:
        return [f"after {said.doing}: {error}"]


def _looked_at(path: Path, said: Promised) -> list[str]:
    """A reader comes first; one that finds a store half made has to say so."""
    try:
        with SqliteStore(path, read_only=True) as store:
            return _kept(store, said)
    except AuditUnavailableError as error:
        if not said.hashes and "`sopctl status`" in error.hint:
            return []
        raise


def _kept(store: SqliteStore, said: Promised) -> list[str]:
    report = verify(store)
    found = [str(each) for each in (*report.breaks, *report.file)]
    runs = {head.run for head in store.runs()}
    new = {said.run} if said.doing == "create" else set()
    if not set(said.hashes) <= runs <= set(said.hashes) | new:
        found.append(f"runs {sorted(runs)} instead of {sorted(said.hashes)}")
    for run, hashes in said.hashes.items():
        here = [record.hash for record in store.read(run)]
        more = said.size if run == said.run else 0
        if here[: len(hashes)] != hashes:
            found.append(f"{run}: acknowledged {len(hashes)} records, {len(here)} are there")
        elif len(here) - len(hashes) not in (0, more):
            found.append(f"{run}: {len(here) - len(hashes)} of {more} records under way came")
    return found


def _goes_on(store: SqliteStore, said: Promised) -> list[str]:
    for run, hashes in said.hashes.items():
        lease = store.takeover(run, "next", 60.0)
        if lease.epoch <= said.epochs.get(run, 0):
            return [f"{run}: epoch {lease.epoch} was given twice"]
        end = len(store.read(run)) - 1
        store.append(lease, end, [Entry(kind="note", data={"n": len(hashes)})], AT)
    return [str(each) for each in verify(store).breaks]


CAMPAIGN = Campaign(
    name="powercut",
    cases=cases,
    play=play,
    needed=frozenset(f"{doing}: {loss}" for doing in DOING for loss in Loss),
)

if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
        sys.exit(0)
    if not available():
        sys.exit("powercut: needs strace(1), and leave to trace; nothing was tried")
    sys.exit(command(CAMPAIGN))
