"""What a runbook declares is all that it calls, and it calls all that it declares.

Each bundled runbook is run, resumed and rolled back by somebody who has exactly its permissions,
with which the sandbox refuses everything else at both of its front doors.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.runbook import loader
from tests.permissions.courses import COURSES
from tests.permissions.field import SCOPE, covers

REMOVED = "k8s.io/cluster-autoscaler/enabled"


def test_every_bundled_runbook_is_played():
    assert set(COURSES) == set(loader.available([loader.packaged()]))


@pytest.mark.parametrize("name", sorted(COURSES))
def test_nothing_is_missing_and_nothing_is_unused(field, known, tmp_path, name):
    needs = field.needs(name, known)
    seen = set()
    for number, course in enumerate(COURSES[name]):
        calls, refused, said = field.play(name, course, needs, tmp_path / str(number))
        seen |= calls
        assert refused == []
        assert said[-1].code in course.ends, f"course {number}: {said[-1].text}"

    rights = [need.right for need in needs]
    assert [str(each) for each in seen if not any(covers(right, each) for right in rights)] == []
    assert [str(right) for right in rights if not any(covers(right, each) for each in seen)] == []


def test_without_one_of_them_the_front_door_refuses(field, known, tmp_path):
    """The test above can fail: neither half lets through what is not granted."""
    course = COURSES["scale-down-freeze"][1]
    for gone in ("autoscaling:CreateOrUpdateTags", "k8s:patch nodes"):
        needs = [
            need
            for need in field.needs("scale-down-freeze", known)
            if not str(need.right).startswith(gone)
        ]
        _, refused, _ = field.play("scale-down-freeze", course, needs, tmp_path / gone[:3])
        assert [each for each in refused if each.startswith(gone)] == refused != []


def test_who_is_held_to_the_tag_that_is_removed_cannot_put_it_back(field, known, tmp_path):
    """Why the policy is refused that the trap makes: the run succeeds, its roll back is denied."""
    needs = field.needs("az-failure", known)
    trap = replace(SCOPE, tag=(REMOVED, "true"))
    _, refused, said = field.play(
        "az-failure", COURSES["az-failure"][2], needs, tmp_path / "trap", scope=trap, checked=False
    )
    assert "autoscaling:CreateOrUpdateTags" in refused
    assert said[-1].code != 0
