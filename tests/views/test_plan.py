"""The plan on the screen."""

from __future__ import annotations

from sopctl.views import plan as plan_view
from sopctl.views.lines import plain
from tests.views.golden import assert_golden
from tests.views.scenes import NASTY, PLAN


def test_the_plan_folds_what_changes_alike():
    assert_golden("plan.txt", plain(plan_view.lines(PLAN)))


def test_the_full_plan_names_every_resource():
    assert_golden("plan-full.txt", plain(plan_view.lines(PLAN, full=True)))


def test_the_plan_fits_into_80_columns():
    text = plain(plan_view.lines(PLAN), width=80)

    assert_golden("plan-80.txt", text)
    long = [row for row in text.splitlines() if len(row) > 80]
    assert all(len(row.split()) == 1 for row in long), "only a single word may be too long"


def test_every_id_stands_there_whole_at_80_columns():
    text = plain(plan_view.lines(PLAN, full=True), width=80)

    for step in PLAN.steps:
        for change in step.changes:
            if change.resource.name != NASTY:
                assert change.resource.name in text


def test_an_empty_plan_says_so():
    empty = PLAN.__class__(
        runbook="x", title="X", digest="", params={}, target={"name": "t"}, steps=()
    )

    assert "Nothing to do." in plain(plan_view.lines(empty))


def test_the_json_is_the_plan_and_its_hash():
    data = plan_view.data(PLAN)

    assert data["hash"] == PLAN.hash
    assert data["plan"]["steps"][1]["changes"][0]["resource"]["name"] == "ip-10-0-0-0"
