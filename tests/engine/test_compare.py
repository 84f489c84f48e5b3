"""The table of rules for one resource, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.engine.compare import GONE, Judgement, change_of, judge
from sopctl.engine.state import Item, Phase
from tests.engine.toys import FUSES, Lit, Params

FUSE = ResourceId("fuse", "f0", "u1")
SENT = {"op": datetime(2026, 11, 1, tzinfo=UTC)}
OFF, ON, DIM, BRIGHT = Lit(False), Lit(True), Lit("dim"), Lit("lit dim")
PARAMS = Params(lit=True)
WAIT = Judgement()


def item(before=OFF, after=ON, **more):
    images = [None if each is ABSENT else {"lit": each.lit} for each in (before, after)]
    return Item(FUSE, images[0], images[1], **more)


def judged(it, state, *, back=False, **more):
    seen = state if isinstance(state, Observed) else Observed(state, version="7")
    return judge(FUSES, PARAMS, it, seen, back=back, **more)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize(
    ("more", "phase"),
    [
        ({}, Phase.UNCHANGED),
        ({"ours": True}, Phase.SETTLED),
        ({"unacked": SENT}, Phase.SETTLED),
        ({"phase": Phase.APPLIED, "ours": True}, Phase.SETTLED),
    ],
)
def test_what_is_as_it_should_be(back, more, phase):
    assert judged(item(**more), ON, back=back) == Judgement(phase)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("phase", [Phase.APPLIED, Phase.ACCEPTED])
@pytest.mark.parametrize("seen", [OFF, BRIGHT, GONE])
def test_what_was_written_is_waited_for_whatever_is_seen(back, phase, seen):
    assert judged(item(phase=phase, ours=True), seen, back=back) == WAIT


def test_what_is_as_the_plan_saw_it_is_written_on_what_was_seen():
    verdict = judged(item(), OFF)
    assert verdict.phase is None
    assert not verdict.moved
    assert (verdict.change.resource, verdict.change.after) == (FUSE, ON)
    assert verdict.change.before == Observed(OFF, version="7")


def test_what_moved_to_the_same_end_is_written_and_noted():
    verdict = judged(item(before=DIM), OFF)
    assert (verdict.change.after, verdict.moved) == (ON, True)


def test_what_moved_to_another_end_is_left_alone():
    assert judged(item(), DIM) == Judgement(
        Phase.STALE, why="moved since the plan: somebody else changed it"
    )


def test_without_comparison_it_would_be_written():
    assert judged(item(), DIM, compare=False).change.after == ON
    assert judged(item(ON, OFF), DIM, back=True, compare=False).change.after == OFF


def test_what_is_gone_is_left_alone():
    assert judged(item(), GONE) == Judgement(
        Phase.STALE, why="gone: the object does not exist any more"
    )


def test_a_person_said_to_go_on_from_what_it_is_now():
    again = item(before=DIM, replan=True)
    assert judged(again, ON) == Judgement(Phase.UNCHANGED)
    assert judged(again, BRIGHT) == Judgement(Phase.UNCHANGED)  # desired from what is seen
    assert judged(again, DIM).change.after == BRIGHT


def test_what_may_be_ours_already_keeps_the_end_that_was_planned():
    assert judged(item(replan=True, ours=True), BRIGHT).phase is Phase.STALE
    assert judged(item(replan=True, ours=True), ON) == Judgement(Phase.SETTLED)


def test_on_the_way_back_what_we_made_of_it_is_written_over():
    verdict = judged(item(before=ON, after=OFF), ON, back=True)
    assert (verdict.phase, verdict.change.after, verdict.moved) == (None, OFF, False)
    assert verdict.change.before.version == "7"


def test_on_the_way_back_what_somebody_else_made_of_it_is_asked_about():
    assert judged(item(before=ON, after=OFF), DIM, back=True) == Judgement(
        Phase.CONFLICT, why="changed by somebody else since"
    )


@pytest.mark.parametrize("after", [OFF, ABSENT])
def test_on_the_way_back_what_is_gone_with_its_object_is_residue(after):
    assert judged(item(before=ON, after=after), GONE, back=True) == Judgement(
        Phase.RESIDUE, why="gone: there is nothing left to restore"
    )


def test_what_was_absent_before_is_taken_away_again():
    back = item(before=ON, after=ABSENT)
    assert judged(back, ON, back=True).change.after is ABSENT
    assert judged(back, ABSENT, back=True) == Judgement(Phase.UNCHANGED)


def renewing(renewed):
    def renew(params, resource, seen):
        assert (params, resource, seen.state) == (PARAMS, FUSE, ON)
        return renewed

    return replace(FUSES, renew=renew)


def test_what_is_due_is_renewed_as_long_as_it_is_ours():
    held = item(renewing=True, settled={"lit": True})
    seen = Observed(ON, version="7")

    longer = judge(renewing(BRIGHT), PARAMS, held, seen, back=False)
    assert (longer.phase, longer.change.after, longer.change.before) == (None, BRIGHT, seen)
    assert judge(renewing(None), PARAMS, held, seen, back=False) == Judgement(Phase.SETTLED)
    for other in (Observed(DIM), GONE):
        assert judge(renewing(BRIGHT), PARAMS, held, other, back=False) == Judgement(
            Phase.STALE, why="not renewed: somebody else changed it"
        )
    written = replace(held, phase=Phase.APPLIED, after={"lit": "lit dim"})
    assert judge(renewing(BRIGHT), PARAMS, written, seen, back=False) == WAIT


def test_an_item_is_the_change_that_the_journal_knows():
    change = change_of(FUSES, item(before=DIM, after=ABSENT, evidence={"depth": 3}))
    assert change.resource == FUSE
    assert change.before == Observed(DIM, {"depth": 3})
    assert change.after is ABSENT
