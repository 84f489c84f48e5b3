"""People are told how a run goes, in order, without holding it up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from sopctl.app import crier
from sopctl.app.crier import Crier
from sopctl.core.journal import Record
from sopctl.core.notice import Told
from sopctl.core.runbook import StepKind
from sopctl.engine import records
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.state import RunEnd
from tests.engine.toys import FakeClock, bench, runbook, step, world

TELL = {event: (event,) for event in ("start", "gate", "failure", "end", "rollback")}


@dataclass
class Ears:
    """Hears everything; *deaf* hear nothing; while *held* nobody hears anything."""

    heard: list = field(default_factory=list)
    deaf: tuple = ()
    held: threading.Event = field(default_factory=threading.Event)

    def doubts(self, notice):
        return ()

    def tell(self, notice, body, guard):
        assert self.held.wait(20)
        self.heard.append((notice.to[0], notice.title, body))
        return tuple(Told(n, ok=n not in self.deaf, why="deaf") for n in notice.to)


@dataclass
class Watcher:
    seen: list = field(default_factory=list)
    warned: list = field(default_factory=list)

    def records(self, found):
        self.seen += found

    def waiting(self, why): ...

    def warn(self, text):
        self.warned.append(text)


def heard_run(*, tell=TELL, deaf=()):
    ears, watcher = Ears(deaf=deaf), Watcher()
    ears.held.set()
    b = bench(world(FakeClock(), lamps=2))
    made = Crier(watcher, ears, tell, b.store)
    b.deps = b.worker("w1", on_records=made.records)
    return b, ears, watcher, made


def gate_book():
    return runbook(step("lamps", "toy.lamp"), step("go", "Go on?", kind=StepKind.GATE))


def test_start_gate_and_end_are_told_in_order():
    b, ears, watcher, made = heard_run()
    b.open(b.plan(gate_book()))
    assert isinstance(leg("r1", b.deps), Parked)
    b.say(records.answer("go", "yes", "me", ""))
    assert leg("r1", b.deps) == Done(RunEnd.DONE)
    made.close()

    assert [(event, title) for event, title, _ in ears.heard] == [
        ("start", "toy on toy starts"),
        ("gate", "toy on toy waits for an answer"),
        ("end", "toy on toy has ended: done"),
    ]
    assert "Go on?" in ears.heard[1][2]
    assert "sopctl approve r1 --answer yes" in ears.heard[1][2]
    assert [r.seq for r in watcher.seen] == [r.seq for r in b.store.read("r1")]
    assert watcher.warned == []


def test_a_failure_and_what_is_undone_are_told():
    b, ears, _, made = heard_run()
    b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    next(iter(b.world.things.values())).value = "moved"
    assert isinstance(leg("r1", b.deps), Parked)
    b.say(records.undo(["lamps"], "me", "enough"))
    leg("r1", b.deps)
    made.close()

    assert [event for event, _, _ in ears.heard] == ["start", "failure", "rollback", "end"]
    assert "moved since the plan" in ears.heard[1][2]
    assert "enough" in ears.heard[2][2]


def test_only_what_the_policy_names_is_told():
    b, ears, _, made = heard_run(tell={"end": ("end",)})
    b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    leg("r1", b.deps)
    made.close()

    assert [event for event, _, _ in ears.heard] == ["end"]


def test_who_could_not_be_told_is_a_warning():
    b, _, watcher, made = heard_run(deaf=("end",))
    b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    leg("r1", b.deps)
    made.close()

    assert watcher.warned == ["how the run goes: end not told: deaf"]


def test_a_run_does_not_wait_for_its_messages_and_the_end_not_for_long(monkeypatch):
    b, ears, watcher, made = heard_run()
    ears.held.clear()
    b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    assert leg("r1", b.deps) == Done(RunEnd.DONE)
    assert ears.heard == []

    monkeypatch.setattr(crier, "PATIENCE", 0.1)
    made.close()
    assert "may not have been told" in watcher.warned[0]
    ears.held.set()


@pytest.mark.parametrize("why", ["ended"])
def test_what_is_no_news_is_not_told(why):
    _, ears, _, made = heard_run()
    made.close()
    assert crier.message_of(records_of(records.parked(why, "x"))) is None
    assert ears.heard == []


def records_of(entry):
    return Record(
        run="r", seq=0, epoch=0, at="", kind=entry.kind, data=entry.data, prev="", hash=""
    )
