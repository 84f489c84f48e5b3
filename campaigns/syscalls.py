"""Every system call on the journal fails in turn, once and from then on, while a run is under way.

A real process takes a run through the toy world with its journal in a real file; strace(1) lets
the Nth call of one kind on the journal's files fail with an error of the disk. What has to hold:
the process ends well or stops with exit code 30 and a clear word, nothing is written to the world
without a durable intent, the journal is sound, and when the fault is gone the next process brings
the run to the end that an undisturbed one has.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import random
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from campaigns.calls import available
from campaigns.frame import Campaign, Played, command, scratch
from sopctl.core.clock import SystemClock
from sopctl.core.errors import AuditUnavailableError, ExitCode, SopError
from sopctl.core.journal import Entry, Lease, Record
from sopctl.engine import records
from sopctl.engine.control import open_run, say
from sopctl.engine.fold import fold
from sopctl.engine.leg import Busy, Done, Parked, leg
from sopctl.engine.state import RunEnd
from sopctl.journal.chain import Tail, seal
from sopctl.journal.sqlite import SqliteStore
from sopctl.journal.verify import verify
from tests.engine.loops import ROUGH, STEPS, TTL
from tests.engine.toys import Bench, Crash, FakeClock, Thing, World, bench, problems, runbook, world

Case = tuple[str, str, int, bool, str]  # start, call, which one, for ever, error
ROOT = Path(__file__).resolve().parents[1]
RUN, STATE, NAME = "r1", "state", "journal.db"
FILES = ("", f"{NAME}", f"{NAME}-wal", f"{NAME}-journal", f"{NAME}-shm")
ERRORS = ("EIO", "ENOSPC", "EROFS")
STARTS = ("new", "died in the middle")
CALLS = (
    *("openat", "newfstatat", "fcntl", "pread64", "pwrite64", "ftruncate", "mmap"),
    *("fsync", "fdatasync", "unlink", "mkdir", "flock"),
)
MIDDLE = 5
FEW = {False: 5, True: 100}  # of the calls that lock and unlock
PATIENCE = 60  # seconds
NOT_TRACED = 99
PR_SET_PTRACER, PR_SET_PTRACER_ANY = 0x59616D61, -1  # prctl(2); where only parents may trace


# --- the process that meets the fault -------------------------------------------------------------


@dataclass
class Watched(World):
    """A toy world that outlives the process and knows what was sent to it."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    dies_at: int = -1

    def _witness(self, call: object, change: object) -> None:
        if len(self.sent) == self.dies_at:
            self.dies_at = -1
            raise Crash
        self.sent.append((call.step, change.resource.name))  # type: ignore[attr-defined]


def prepare(home: Path, start: str) -> None:
    """The world of a case; its run may have begun, and its process died."""
    made = world(FakeClock())
    made.things |= {("lantern", f"n{i}"): Thing([False, None][i % 2]) for i in range(4)}
    made.consume()
    watched = Watched(**vars(made))
    watched.answers = {name: list(script) for name, script in ROUGH.items()}
    if start != STARTS[0]:
        watched.dies_at = MIDDLE
    _keep(home, watched)
    if start != STARTS[0]:
        go(home)


class Careless(SqliteStore):
    """Goes on without a journal: what the campaign has to find."""

    def append(
        self, lease: Lease, expected: int, entries: Sequence[Entry], at: str
    ) -> tuple[Record, ...]:
        try:
            return super().append(lease, expected, entries, at)
        except AuditUnavailableError:
            tail = Tail(lease.run, expected)
            return seal(tail, entries, epoch=lease.epoch, at=at, scrub=lambda data: data)


def go(home: Path, kind: type[SqliteStore] = SqliteStore) -> int:
    """Bring the run to its end, as one process does; the exit code, with the word on stderr."""
    found: Watched = pickle.loads((home / "world").read_bytes())  # noqa: S301  # our own
    found.clock.sleep(TTL + 1)  # a lease of one that died has run out
    try:
        with kind(home / STATE / NAME, clock_seconds=found.clock.seconds) as store:
            return _finish(bench(found, store=store, ttl=TTL))
    except SopError as error:
        sys.stderr.write(f"{error}\n{error.hint}\n")
        return error.exit_code
    except Crash:
        return 0
    finally:
        _keep(home, found)


def _finish(b: Bench) -> int:
    run = _begun(b)
    for _ in range(20):
        result = leg(run, b.deps)
        if isinstance(result, Done):
            return ExitCode.DONE if result.outcome is RunEnd.DONE else ExitCode.FAILED
        if isinstance(result, Busy):
            b.clock.sleep(TTL + 1)
        elif isinstance(result, Parked):
            choice = "keep" if result.why == "decision" else "skip"
            say(run, b.deps, records.decision(result.work, choice, "me"))
    return ExitCode.HALTED


def _begun(b: Bench) -> str:
    """The run that was begun; else a new one, as a person would, who got an error instead of it."""
    runs = b.deps.store.runs()
    if begun := [head.run for head in runs if head.seq >= 0]:
        return begun[0]
    run, plan = f"r{len(runs) + 1}", b.plan(runbook(*STEPS))
    open_run(run, plan, {"by": "tester"}, records.consent("tester", "yes", plan.hash), b.deps)
    return run


def _keep(home: Path, found: Watched) -> None:
    (home / "world").write_bytes(pickle.dumps(found))


# --- the faults and what has to hold --------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said on stderr."""

    code: int
    said: str


def process(home: Path, *how: str, kind: type[SqliteStore] = SqliteStore) -> Ended:
    """A process of its own that goes on with *home*, under strace for the journal's files only.

    It is forked, since to start Python anew takes ten times as long as the run.
    """
    files = [f"{home / STATE / name}".rstrip("/") for name in FILES]
    only = [word for file in files for word in ("-P", file)]
    child = os.fork()
    if not child:
        _become(home, kind)
    tracer = subprocess.Popen(
        ["strace", "-q", *only, *how, "-p", f"{child}"], stderr=subprocess.PIPE, text=True
    )
    _, status = os.waitpid(child, 0)
    _, told = tracer.communicate(timeout=PATIENCE)
    said = (home / "said").read_text()
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, said if code != NOT_TRACED else told)


def _become(home: Path, kind: type[SqliteStore]) -> None:
    """Be the process of *home*, as soon as somebody traces it; does not come back."""
    code: int = ExitCode.BUG
    try:
        os.dup2(os.open(home / "said", os.O_WRONLY | os.O_CREAT, 0o600), 2)
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115  # pytest has taken the other
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0)
        code = go(home, kind) if _is_traced() else NOT_TRACED
    except BaseException:  # noqa: BLE001  # it would go on as the campaign otherwise
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _is_traced() -> bool:
    status, clock = Path("/proc/self/status"), SystemClock()
    for _ in range(10 * PATIENCE):
        if "TracerPid:\t0\n" not in status.read_text():
            return True
        clock.sleep(0.002)
    return False


@lru_cache
def total(start: str) -> dict[str, int]:
    """How often an undisturbed process makes each of the calls."""
    with scratch() as made:
        home = Path(made)
        prepare(home, start)
        done = process(home, "-o", f"{home / 'trace'}", "-e", f"trace={','.join(CALLS)}")
        assert done.code == 0, done.said
        lines = (home / "trace").read_text().splitlines()
    counts = Counter(line.split("(")[0] for line in lines if "(" in line)
    return {name: number for name, number in counts.items() if name in CALLS}


def cases(seed: int) -> Iterator[Case]:
    """Every call of every kind, once and for ever: with one error, with another, with the third.

    After a lock that fails SQLite may try for thirty seconds: of these it is one in FEW.
    """
    found = [
        (start, name, which, forever, error)
        for start in STARTS
        for name, most in total(start).items()
        for which in range(1, most + 1)
        for forever in (False, True)
        for error in ERRORS
        if name != "fcntl" or (error == ERRORS[0] and not which % FEW[forever])
    ]
    random.Random(seed).shuffle(found)
    yield from sorted(found, key=lambda case: (ERRORS.index(case[4]) + case[2]) % len(ERRORS))


def play(case: Case, kind: type[SqliteStore] = SqliteStore) -> Played:
    """Let it fail, look, and go on without the fault; *kind* takes a safety away."""
    start, name, which, forever, error = case
    with scratch() as made:
        home = Path(made)
        prepare(home, start)
        inject = f"inject={name}:error={error}:when={which}{'+' if forever else ''}"
        done = process(home, "-o", "/dev/null", "-e", f"trace={name}", "-e", inject, kind=kind)
        wrong = [*_said(name, done), *_announced(home)]
        wrong += _finished(home)
    ended = f"exit code {done.code}"
    always = "from then on" if forever else "once"
    return Played((f"{name} {error} {always}", f"{name}: {ended}"), "; ".join(wrong))


def _said(name: str, done: Ended) -> list[str]:
    """It ended well, or with the code of an unavailable journal and a word that helps."""
    if done.code == 0:
        return []
    said = done.said.strip()
    if name == "pread64" and done.code == ExitCode.AUDIT_BROKEN and "`dmesg`" in said:
        return []  # of a page that cannot be read SQLite says no more; see journal.faults
    if done.code != ExitCode.AUDIT_UNAVAILABLE or "Traceback" in said:
        return [f"exit code {done.code}: {said.splitlines()[-1] if said else 'no word'}"]
    what, _, hint = said.partition("\n")
    return [] if STATE in what and hint else [f"it says no more than: {said}"]


def _announced(home: Path) -> list[str]:
    """Nothing was sent to the world more often than the journal has intents for it."""
    found: Watched = pickle.loads((home / "world").read_bytes())  # noqa: S301  # our own
    if not found.sent:
        return []
    with SqliteStore(home / STATE / NAME, read_only=True) as store:
        intents = Counter(
            (record.data["work"], row["resource"]["name"])
            for head in store.runs()
            for record in store.read(head.run)
            if record.kind == records.INTENT
            for row in record.data["items"]
        )
    return [f"unlogged write to {name} in {work}" for work, name in Counter(found.sent) - intents]


def _finished(home: Path) -> list[str]:
    """The next process finishes the run, and nothing was done twice."""
    code = go(home)
    found: Watched = pickle.loads((home / "world").read_bytes())  # noqa: S301  # our own
    wrong = [] if code == 0 else [f"without the fault it ended with {code}"]
    with SqliteStore(home / STATE / NAME, clock_seconds=found.clock.seconds) as store:
        b = bench(found, store=store, ttl=TTL)
        states = [fold(head.run, store.read(head.run)) for head in store.runs() if head.seq >= 0]
        wrong += [str(each) for each in verify(store).breaks]
    if [state.end for state in states] != [RunEnd.DONE]:
        wrong.append(f"the runs ended {[state.end for state in states]}")
    wrong += [each for state in states for each in problems(b, state, before={})]
    wrong += [f"{name} was written {n} times" for name, n in found.effective.items() if n > 1]
    return wrong + _announced(home)


CAMPAIGN = Campaign(name="syscalls", cases=cases, play=play)

if __name__ == "__main__":
    if not available():
        sys.exit("syscalls: needs strace(1), and leave to trace; nothing was tried")
    sys.exit(command(CAMPAIGN))
