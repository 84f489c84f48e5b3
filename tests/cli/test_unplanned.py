"""With one provider dead the rest is done after consent, and `resume` finishes it later."""

from __future__ import annotations

import pytest

BOTH = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: both, title: Light near and far}
guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}
steps:
  - {id: far, uses: toy.far, with: {names: [l2]}, on_failure: continue}
  - {id: near, uses: toy.lamp, with: {names: [l0, l1]}}
return: [{restore: [near, far]}]
"""


@pytest.fixture
def half(shop):
    """The half that answers has been done; the id of the run."""
    shop.write("both", BOTH)
    shop.world.dead = True
    result = shop("run", "both", "--target", "toy", "--yes")
    assert result.code == 23, result.err
    assert "unplanned: the far end does not answer" in result.out
    assert "warning: step far is unplanned" in result.out
    assert shop.lamps == {"l0": True, "l1": True, "l2": False}
    return shop("audit", "list", "-o", "json").rows[0]["run"]


def test_resume_shows_what_is_left_and_does_it(shop, half):
    shop.world.dead = False

    result = shop("resume", half, "--yes")

    assert result.code == 0, result.err
    assert "To be retried, as it is now:" in result.err
    assert "l2" in result.err
    assert set(shop.lamps.values()) == {True}


def test_resume_without_consent_changes_nothing(shop, half):
    shop.world.dead = False

    assert shop("resume", half).code == 4
    assert shop.lamps["l2"] is False


def test_resume_while_it_is_still_dead_leaves_the_run_parked(shop, half):
    result = shop("resume", half, "--yes")

    assert result.code == 23
    assert "unplanned: the far end does not answer" in result.err


def test_a_person_is_shown_what_a_retry_would_do(shop, half):
    shop.world.dead = False
    person = shop.person(False, True)

    declined = shop("resume", half)
    agreed = shop("resume", half)

    assert declined.code == 4
    assert agreed.code == 0, agreed.err
    assert person.asked == ["Apply far like this?", "Apply far like this?"]


def test_what_was_retried_is_rolled_back_with_the_rest(shop, half):
    shop.world.dead = False
    shop("resume", half, "--yes")

    assert shop("rollback", "--yes").code == 0
    assert set(shop.lamps.values()) == {False}
