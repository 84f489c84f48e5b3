from __future__ import annotations

from dataclasses import replace

from sopctl.core.errors import PermissionDeniedError, UnreachableError
from sopctl.core.resource import ABSENT
from sopctl.core.runbook import Approve, ReturnEntry, ReturnKind, StepKind
from sopctl.engine.rehearsal import rehearse
from sopctl.journal.memory import MemoryStore
from tests.engine.toys import ACTIONS, FUSES, LAMPS, Lit, bench, runbook, step, world

BOOK = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse"))


def play(b, book, **changes):
    """The rehearsal of *book* as it would be now; nothing may be written by it."""
    before = b.snapshot()
    deps = replace(b.deps, store=MemoryStore(), **changes)
    made = rehearse(book, b.plan(book), deps)
    assert b.snapshot() == before
    assert b.world.marks == {}
    assert not b.store.runs()
    return made


def test_forth_and_back_nothing_is_written_and_all_is_as_before():
    made = play(bench(), BOOK)
    assert made.passed
    assert (made.stopped, made.wrong, made.kept) == ("", (), ())
    assert made.changed == len(bench().plan(BOOK).steps[0].changes) + len(
        bench().plan(BOOK).steps[1].changes
    )


def test_gates_are_answered_and_waits_are_leapt_over():
    asked = runbook(step("lamps", "toy.lamp", approve=Approve(), wait=86400.0))
    assert play(bench(), asked).passed


def test_a_target_that_does_not_answer_is_not_asked_for_a_minute():
    """Time is leapt over in a rehearsal, and the minute of an outage with it: sixty real reads."""
    b = bench()
    plan, asked = b.plan(BOOK), []

    def observe(*_):
        asked.append(None)
        raise UnreachableError("the API server does not answer")

    actions = {**ACTIONS, "toy.lamp": replace(LAMPS, observe=observe)}
    made = rehearse(BOOK, plan, replace(b.deps, store=MemoryStore(), actions=actions))
    assert "cannot be read: the API server does not answer" in made.stopped
    assert len(asked) == 2  # once for each window of three lamps


def test_checks_are_not_asked_because_nothing_was_really_done():
    dark = runbook(step("lamps", "toy.lamp"), step("look", "toy.bright", params={"name": "l0"}))
    assert play(bench(), dark).passed


def test_what_has_no_way_back_is_named():
    b = bench(world(bench().clock, lamps=1, fuses=0, pods=2))
    made = play(b, runbook(step("lamps", "toy.lamp"), step("pods", "toy.pod")))
    assert made.passed
    assert made.kept == ("pod p0 (toy.pod)", "pod p1 (toy.pod)")


def test_a_way_back_of_its_own_is_taken():
    stages = (ReturnEntry(kind=ReturnKind.RESTORE, restore=("fuses", "lamps"), canary=1),)
    assert play(bench(), replace(BOOK, way_back=stages)).passed


class Broken:
    """Actions whose before-image is not what they would write back."""

    @staticmethod
    def blind():
        """It thinks that everything is as it should be, so that undo writes nothing."""

        def satisfies(_wanted, seen):
            return seen is ABSENT or seen == Lit(True)

        return replace(FUSES, satisfies=satisfies)


def test_an_action_that_would_not_write_the_before_image_is_found_out():
    actions = {**ACTIONS, "toy.fuse": Broken.blind()}
    b = bench()
    b.deps = replace(b.deps, actions=actions)
    made = play(b, BOOK)
    assert not made.passed
    assert made.wrong
    assert all(row.endswith("would not be as before (toy.fuse)") for row in made.wrong)


def test_what_fails_on_the_way_is_said():
    b = bench()
    plan = b.plan(BOOK)
    actions = {**ACTIONS, "toy.lamp": replace(LAMPS, observe=_refuses)}
    made = rehearse(BOOK, plan, replace(b.deps, store=MemoryStore(), actions=actions))
    assert not made.passed
    assert "nobody may look" in made.stopped


def _refuses(_world, _params, _ids):
    raise PermissionDeniedError("nobody may look")


def test_nothing_to_do_is_rehearsed_as_well():
    b = bench(world(bench().clock, lamps=0, fuses=0))
    made = play(b, BOOK)
    assert made.passed
    assert made.changed == 0


class Alarm:
    """Whoever is told is told for nothing."""

    def doubts(self, _notice):
        return ()

    def tell(self, _notice, body, _guard):
        raise AssertionError(body)


def test_nobody_is_told_of_what_is_only_rehearsed():
    told = runbook(
        step("lamps", "toy.lamp"),
        step("tell", "Spot is paused", kind=StepKind.NOTIFY, params={"to": ["oncall"]}),
    )
    assert play(bench(), told, herald=Alarm()).passed
