"""A toy world for the engine: lamps with versions, fuses without, and pods that owners recreate.

It behaves like the real APIs in what matters: conditional writes where there are versions, calls
that are still on the wire while somebody else acts, a consumer that sees a change only at its next
refresh, answers that say no or get lost. It watches the engine too: every write is checked against
the journal, and every value it overwrites is remembered.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sopctl.core.action import (
    Action,
    Effect,
    Mark,
    Receipt,
    ReceiptKind,
    Seen,
    Undo,
)
from sopctl.core.check import Check, Verdict
from sopctl.core.resource import ABSENT, Observed, ResourceId, Selection
from sopctl.core.runbook import Guardrail, Runbook, Step, StepKind
from sopctl.engine import records
from sopctl.engine.control import open_run, say
from sopctl.engine.fold import fold
from sopctl.engine.planner import Order, make_plan
from sopctl.engine.ports import Deps
from sopctl.engine.state import GOOD_PHASES, Phase
from sopctl.journal.memory import MemoryStore

SIGNATURE = 300.0  # seconds after which an unversioned call is refused by its world
WIDE = {kind: Guardrail(count=100, percent=100) for kind in ("lamp", "fuse", "pod", "lantern")}


LOST = "lost on the way"  # an answer: nobody was asked, and nobody knows


class Crash(BaseException):
    """The process is gone: nothing of it runs any more."""


class FakeClock:
    def __init__(self):
        self.at = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=max(seconds, 0.01))

    def seconds(self):
        return self.at.timestamp()


class SerialPool(Executor):
    """Runs at once, in order: a loop over crash points needs the same points every time."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  # a future keeps whatever was raised
            future.set_exception(error)
        return future


@dataclass
class Thing:
    value: object
    version: int = 1
    uid: str = "u1"


@dataclass
class World:
    clock: FakeClock
    things: dict[tuple[str, str], Thing] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    consumer: dict[tuple[str, str], object] = field(default_factory=dict)
    refreshed: datetime | None = None
    answers: dict[str, list[ReceiptKind]] = field(default_factory=dict)
    effective: dict[str, int] = field(default_factory=dict)
    trampled: list[str] = field(default_factory=list)
    unlogged: list[str] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)
    mutations: int = 0
    lag: float = 0.0  # seconds for which reads still show what was there before a write
    older: dict[tuple[str, str], tuple[datetime, Thing]] = field(default_factory=dict)
    wire: object = None  # called while a write is on the wire
    journal: object = None  # () -> RunState

    def consume(self):
        """The consumer refreshes once a minute."""
        now = self.clock.now()
        if self.refreshed is None or now - self.refreshed >= timedelta(seconds=60):
            self.refreshed = now
            self.consumer = {key: thing.value for key, thing in self.things.items()}

    def meddle(self, kind, name, value):
        """Somebody else writes."""
        thing = self.things[kind, name]
        thing.value, thing.version = value, thing.version + 1
        self.foreign.add(str(value))

    def write(self, call, change, value):
        """One write of ours, over the wire."""
        kind, name = change.resource.kind, change.resource.name
        signed = self.clock.now()
        call.guard()
        self._witness(call, change)
        if self.wire:
            self.wire(f"wire {kind} {name}")
        self.mutations += 1
        script = self.answers.get(name, [])
        answer = script.pop(0) if script else ReceiptKind.DONE
        if answer == LOST:
            return ReceiptKind.UNKNOWN
        if answer in (ReceiptKind.REJECTED, ReceiptKind.NOT_YET, ReceiptKind.CONFLICT):
            return answer
        thing = self.things[kind, name]
        if kind == "fuse":
            if (self.clock.now() - signed).total_seconds() > SIGNATURE:
                return ReceiptKind.REJECTED
        elif thing.version != int(change.before.version or thing.version):
            return ReceiptKind.CONFLICT
        if str(thing.value) in self.foreign:
            self.trampled.append(name)
        if thing.value != value:
            self.effective[name] = self.effective.get(name, 0) + 1
            self.older[kind, name] = (self.clock.now(), replace(thing))
            thing.value, thing.version = value, thing.version + 1
        return answer

    def seen(self, kind, name):
        """What a read shows: for a while after a write what was there before."""
        written, before = self.older.get((kind, name), (None, None))
        late = written and (self.clock.now() - written).total_seconds() < self.lag
        return before if late else self.things.get((kind, name))

    def _witness(self, call, change):
        """No write without its durable intent."""
        if self.journal is None:
            return
        item = self.journal().work(call.step).items[change.resource]
        if not item.unacked:
            self.unlogged.append(str(change.resource))


@dataclass(frozen=True, slots=True)
class Params:
    lit: object = True
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lit:
    lit: object


def _id(kind, name, world):
    return ResourceId(kind, name, world.things[kind, name].uid)


def _select(kind):
    def select(world, params):
        names = [name for k, name in world.things if k == kind]
        chosen = [n for n in names if not params.names or n in params.names]
        return Selection(tuple(_id(kind, n, world) for n in chosen), len(names))

    return select


def observe(world, params, ids):
    seen = {}
    for i in ids:
        thing = world.seen(i.kind, i.name)
        if thing is None or thing.uid != i.incarnation:
            continue
        state = ABSENT if thing.value is None else Lit(thing.value)
        seen[i] = Observed(state, version=str(thing.version))
    return seen


def desire(params, resource, seen):
    """Light it; a coloured light stays of its colour, so that another colour is another end."""
    now = None if seen.state is ABSENT else seen.state.lit
    if isinstance(now, str):
        return Lit(now if now.startswith("lit ") else f"lit {now}")
    return Lit(params.lit)


def converge(call, world, changes):
    for change in changes:
        value = None if change.after is ABSENT else change.after.lit
        kind = world.write(call, change, value)
        yield (
            change.resource,
            Receipt(kind=kind, why=str(kind), after=1.0, requests=(call.op_id,)),
        )


def touch(call, world, ids):
    for i in ids:
        if (i.kind, i.name) in world.things:
            world.things[i.kind, i.name].version += 1


def _look(world, params, changes, changed_at):
    world.consume()
    late = [
        c.resource.name
        for c in changes
        if world.consumer.get((c.resource.kind, c.resource.name))
        != (None if c.after is ABSENT else c.after.lit)
    ]
    return Seen(ok=not late, detail=f"{len(late)} not seen yet")


class Tags:
    """Marks on the toy world's objects."""

    def name(self, change, run):
        return Mark(replace(change.resource, part=""), "held", run)

    def read(self, world, marks):
        return {mark: world.marks.get(mark.resource.name) for mark in marks}

    def write(self, call, world, marks):
        call.guard()
        for mark in marks:
            world.marks[mark.resource.name] = mark.value

    def remove(self, call, world, marks):
        call.guard()
        for mark in marks:
            world.marks.pop(mark.resource.name, None)


EFFECT = Effect(describe="the consumer sees it", look=_look, within=200.0, every=10.0)


def _action(id_, kind, **more):
    return Action(
        id=id_,
        summary=id_,
        kind=kind,
        params=Params,
        state=Lit,
        select=_select(kind),
        observe=observe,
        desire=desire,
        converge=converge,
        batch=3,
        concurrency=1,
        patience=60.0,
        **more,
    )


LAMPS = _action("toy.lamp", "lamp", effect=EFFECT, marker=Tags(), touch=touch)
FUSES = _action("toy.fuse", "fuse", effect=EFFECT)
PODS = replace(
    _action("toy.pod", "pod", undo=Undo.OWNER_RECREATES, disruptive=True),
    desire=lambda params, resource, seen: ABSENT,
)
LANTERNS = _action("toy.lantern", "lantern", effect=EFFECT, touch=touch)
ACTIONS = {action.id: action for action in (LAMPS, FUSES, PODS, LANTERNS)}


@dataclass(frozen=True, slots=True)
class CheckParams:
    name: str = ""


CHECKS = {
    "toy.bright": Check(
        id="toy.bright",
        summary="a lamp is lit",
        params=CheckParams,
        look=lambda world, params: Verdict(
            world.things["lamp", params.name].value is True, f"lamp {params.name}"
        ),
    )
}


class Plain:
    """A language without expressions but one: a mapping lookup such as ``params.x``."""

    def when(self, source, env):
        value = env
        for part in source.split("."):
            value = value[part]
        return bool(value)

    def data(self, value, env):
        return value

    def references(self, value):
        return frozenset()

    def params(self, kind, value):
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in value.items()})


class NoFacts:
    def read(self, name):
        raise KeyError(name)


def step(id_, uses, **more):
    kind = StepKind.CHECK if uses in CHECKS else StepKind.ACTION
    return Step(id=id_, kind=more.pop("kind", kind), uses=uses, why=f"why {id_}", **more)


def runbook(*steps, **more):
    return Runbook(name="toy", title="A toy", steps=steps, guardrails=WIDE, digest="d", **more)


def world(clock, *, lamps=4, fuses=2, pods=0):
    made = World(clock)
    for i in range(lamps):
        made.things["lamp", f"l{i}"] = Thing([False, "dim", None, False, False][i % 5])
    for i in range(fuses):
        made.things["fuse", f"f{i}"] = Thing([False, 0][i % 2])
    for i in range(pods):
        made.things["pod", f"p{i}"] = Thing("running")
    return made


@dataclass
class Bench:
    """A world, a journal, and everything to run against them."""

    clock: FakeClock
    world: World
    store: MemoryStore
    deps: Deps

    def plan(self, book, **params):
        order = Order(runbook=book, params=params, target={"name": "toy"})
        return make_plan(order, self.deps)

    def open(self, plan, run="r1"):
        consent = records.consent("tester", "yes", plan.hash)
        open_run(run, plan, {"by": "tester"}, consent, self.deps)
        return run

    def state(self, run="r1"):
        return fold(run, self.store.read(run))

    def say(self, *entries, run="r1"):
        return say(run, self.deps, *entries)

    def snapshot(self):
        return {key: thing.value for key, thing in self.world.things.items()}

    def worker(self, name, **changes):
        return replace(self.deps, worker=name, **changes)


def bench(made=None, **changes):
    clock = made.clock if made else FakeClock()
    made = made or world(clock)
    store = MemoryStore(clock_seconds=clock.seconds)
    values = {
        "store": store,
        "clock": clock,
        "clients": made,
        "actions": ACTIONS,
        "checks": CHECKS,
        "language": Plain(),
        "facts": NoFacts(),
        "pool": SerialPool(),
        "worker": "w1",
        "seconds": clock.seconds,
        "fence_wait": SIGNATURE + 15,
        "ttl": 30.0,
    }
    return Bench(clock, made, store, Deps(**{**values, **changes}))


def problems(b, state, *, before):
    """What is wrong with how a run ended, as sentences; empty is: nothing."""
    found = [f"unlogged write to {r}" for r in b.world.unlogged]
    found += [f"overwrote somebody else's {name}" for name in b.world.trampled]
    now = b.snapshot()
    for work in state.works:
        for item in work.items.values():
            key = (item.resource.kind, item.resource.name)
            kept = item.phase is Phase.KEPT
            if str(now[key]) in b.world.foreign or work.superseded or kept:
                continue
            after = None if item.after is None else item.after["lit"]
            wanted = before[key] if work.back or state.undoing else after
            if item.phase in GOOD_PHASES and item.resource.kind != "pod" and now[key] != wanted:
                found.append(f"{item.resource} is {now[key]!r}, not {wanted!r}")
    return found
