"""People are told once, whatever crashes, and a run goes on when they cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sopctl.core.notice import Told
from sopctl.core.runbook import OnFailure, StepKind
from sopctl.engine import records
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.state import Outcome, RunEnd
from tests.engine.loops import TTL, Points, Trial, die, without
from tests.engine.toys import FakeClock, bench, runbook, step, world


@dataclass
class Town:
    """Keeps what was said; *deaf* hear nothing."""

    heard: list = field(default_factory=list)
    deaf: tuple = ()

    def doubts(self, notice):
        return tuple(f"{name} is deaf" for name in notice.to if name in self.deaf)

    def tell(self, notice, body, guard):
        guard()
        self.heard += [(name, notice.title, body) for name in notice.to]
        return tuple(
            Told(n, n not in self.deaf, "" if n not in self.deaf else "deaf") for n in notice.to
        )


def tells(id_="tell", to=("oncall",), **more):
    more.setdefault("on_failure", OnFailure.CONTINUE)
    params = {"to": list(to), **({"title": more.pop("title")} if "title" in more else {})}
    return step(id_, "Spot is paused", kind=StepKind.NOTIFY, params=params, **more)


def opened(book, town, **more):
    b = bench(world(FakeClock(), lamps=2), herald=town, **more)
    b.open(b.plan(book))
    return b


def test_people_are_told_what_where_and_of_which_run():
    town = Town()
    b = opened(runbook(tells(title="Look"), tells("again")), town)

    assert leg("r1", b.deps) == Done(RunEnd.DONE)

    assert town.heard == [
        ("oncall", "Look", "Spot is paused\n\ntoy on toy, run r1, step tell"),
        ("oncall", "toy on toy", "Spot is paused\n\ntoy on toy, run r1, step again"),
    ]
    work = b.state().work("tell")
    assert (work.outcome, work.rows) == (Outcome.TOLD, ("oncall told",))


def test_who_cannot_be_told_stops_nothing_not_even_what_needs_the_step():
    town = Town(deaf=("oncall",))
    book = runbook(tells(to=("oncall", "team")), step("lamps", "toy.lamp", needs=("tell",)))
    b = opened(book, town)

    assert b.plan(book).steps[0].notes == ("oncall is deaf",)
    assert leg("r1", b.deps) == Done(RunEnd.DONE)

    work = b.state().work("tell")
    assert (work.outcome, work.why) == (Outcome.NOT_TOLD, "oncall not told: deaf")
    assert b.state().work("lamps").outcome is Outcome.APPLIED


def test_where_the_runbook_asks_for_it_nobody_told_is_a_failure_and_can_be_tried_again():
    town = Town(deaf=("oncall",))
    b = opened(runbook(tells(on_failure=OnFailure.STOP), step("lamps", "toy.lamp")), town)

    parked = leg("r1", b.deps)
    assert isinstance(parked, Parked)
    assert parked.work == "tell"

    town.deaf = ()
    b.say(records.decision("tell", "retry", "me"))
    assert leg("r1", b.deps) == Done(RunEnd.DONE)
    assert len(town.heard) == 2


def crashing(at, **more):
    """A run that dies at its point *at*, and is then taken up by others until it ends."""
    town = Town()
    book = runbook(tells("first"), step("lamps", "toy.lamp"), tells("last"))
    b = opened(book, town, ttl=TTL)
    trial = Trial(b, b.snapshot())
    points = Points({at: die})
    trial.once(points, **more)
    trial.finish(**more)
    return b, town, points


def all_points():
    return len(crashing(-1)[2].names)


def test_nobody_is_told_twice_wherever_it_crashes_and_the_run_ends():
    unknown = 0
    for at in range(all_points()):
        b, town, points = crashing(at)
        said = [body for _, _, body in town.heard]
        assert len(said) == len(set(said)), f"told twice after {points.names[-1]}"
        assert b.state().end is RunEnd.DONE
        unknown += sum(work.outcome is Outcome.NOT_TOLD for work in b.state().works)
    assert unknown, "nowhere was it unknown: the loop did not crash where it matters"


def test_without_that_protection_somebody_is():
    doubled = 0
    for at in range(all_points()):
        _, town, _ = crashing(at, **without("once"))
        doubled += len(town.heard) > 2
    assert doubled


def test_it_is_durable_before_it_is_said():
    town = Town()
    b = opened(runbook(tells()), town)

    def tell(notice, body, guard):
        kinds = [record.kind for record in b.store.read("r1")]
        assert kinds[-1] == records.TELLING
        return (Told("oncall", ok=True),)

    town.tell = tell
    leg("r1", b.deps)


@pytest.mark.parametrize("to", [[], ["team"]])
def test_the_text_itself_is_in_the_journal(to):
    b = opened(runbook(tells(to=to)), Town())
    leg("r1", b.deps)

    record = next(r for r in b.store.read("r1") if r.kind == records.TELLING)
    assert record.data["body"] == "Spot is paused"
    assert list(record.data["to"]) == to
