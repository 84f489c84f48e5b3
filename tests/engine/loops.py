"""Crash, pause and meddle at every point of a run, and see how it ends.

A *point* is a place where a process may die or be paused: around every append, observe, converge,
mark, touch and release, and while a write is on the wire. The engine calls ``Deps.point`` there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sopctl.core.action import ReceiptKind
from sopctl.core.errors import FencedError
from sopctl.engine import records
from sopctl.engine.leg import Busy, Done, Fenced, Parked, leg
from sopctl.engine.state import RunEnd
from tests.engine.toys import Crash, FakeClock, Thing, bench, problems, runbook, step, world

STEPS = (
    step("lamps", "toy.lamp"),
    step("fuses", "toy.fuse"),
    step("lanterns", "toy.lantern"),
)
TTL = 30.0


@dataclass
class Points:
    """Counts the points of one process; at the chosen ones something happens."""

    at: dict[int, object] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    dead: bool = False

    def __call__(self, name):
        if self.dead:
            raise Crash(name)
        self.names.append(name)
        happens = self.at.get(len(self.names) - 1)
        if happens is not None:
            happens(self)


def die(points):
    points.dead = True
    raise Crash(points.names[-1])


@dataclass
class Trial:
    """One run in one toy world: crashed, paused and meddled with as told."""

    b: object
    before: dict
    undo_from: int = 1  # after how many decisions the person wants everything back; 0: never
    legs: int = 0
    wait_out: bool = True

    def process(self, name, points, **protections):
        """A new process of ours, dying or pausing where *points* say."""
        self.b.world.wire = points
        return self.b.worker(name, point=points, **protections)

    def once(self, points, *, takeover=False, **more):
        """One leg of one process; None if it died."""
        self.legs += 1
        deps = self.process(f"w{self.legs}", points, **more)
        try:
            return leg("r1", deps, takeover=takeover)
        except Crash:
            return None
        except FencedError:
            return Fenced("at a write")

    def finish(self, **more):
        """New processes, and a person who answers, until the run has ended."""
        for _ in range(20):
            result = self.once(Points(), **more)
            if isinstance(result, Done):
                return result
            if isinstance(result, Busy) or result is None:
                self.b.clock.sleep(TTL + 1)
            elif isinstance(result, Parked):
                self.answer(result)
        raise AssertionError(f"the run does not end: {result}")

    def answer(self, result):
        choice = "keep" if result.why == "decision" else "skip"
        self.b.say(records.decision(result.work, choice, "me"))

    def turn_back(self):
        """A person wants everything back; the run may have ended before that."""
        state = self.b.state()
        if state.end is None and not state.undoing:
            keys = [work.key for work in state.works if not work.back]
            self.b.say(records.undo(keys, "me", "enough"))

    def problems(self):
        return problems(self.b, self.b.state(), before=self.before)


ROUGH = {
    "l1": [ReceiptKind.UNKNOWN],
    "l2": [ReceiptKind.CONFLICT, ReceiptKind.CONFLICT],
    "f0": [ReceiptKind.UNKNOWN],
    "f1": [ReceiptKind.NOT_YET],
}


def trial(*, rough=False, steps=2, **more):
    """A run that has consent and was not begun; *rough*: calls are refused and replies get lost."""
    made = world(FakeClock(), lamps=more.pop("lamps", 4), fuses=more.pop("fuses", 2))
    if steps > 2:  # the third has things of its own
        made.things |= {("lantern", f"n{i}"): Thing([False, None][i % 2]) for i in range(4)}
    b = bench(made, ttl=TTL, **more)
    if rough:
        b.world.answers = {name: list(script) for name, script in ROUGH.items()}
    b.world.journal = b.state
    t = Trial(b, b.snapshot())
    b.world.consume()
    b.open(b.plan(runbook(*STEPS[:steps])))
    return t


def count_points(**more):
    """How many points one undisturbed process passes, forward only."""
    t = trial(**more)
    points = Points()
    t.once(points)
    return len(points.names)


def expire(t):
    """The lease of a dead process runs out, or a person takes over."""
    t.b.clock.sleep(TTL + 1)


def undisturbed(t, end):
    """No effect twice, nothing unlogged, nothing trampled, and the right end."""
    found = t.problems()
    limit = 1 if end is RunEnd.DONE else 2
    doubled = {k: v for k, v in t.b.world.effective.items() if v > limit}
    return [*found, *(f"{k} written {v} times" for k, v in doubled.items())]


def paused(t, other):
    """While this process is paused, *other* happens, and then it wakes and goes on."""

    def happen(points):
        saved = t.b.world.wire
        other()
        t.b.world.wire = saved

    return happen


def without(*names):
    """All protections but these."""
    everything = frozenset({"fence", "guard", "observe_first", "compare", "once"})
    return {"protections": everything - set(names)}
