"""Approvals: who may answer, with which reason, and what is asked."""

from __future__ import annotations

import pytest

from tests.cli.shop import GIVES_UP

APPROVED = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: approved, title: Light with leave}
guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}
steps:
  - {id: light, why: It is dark., uses: toy.lamp, approve: {by: BY, reason: required}}
return: [{restore: [light]}]
"""


@pytest.fixture
def by_self(shop):
    shop.write("approved", APPROVED.replace("BY", "self"))
    return shop


@pytest.fixture
def by_other(shop):
    shop.write("approved", APPROVED.replace("BY", "other"))
    return shop


def start(shop):
    return shop("run", "approved", "--target", "toy", "--yes")


def test_nothing_is_done_before_the_approval(by_self):
    result = start(by_self)

    assert result.code == 23
    assert "approve step light: It is dark." in result.err
    assert by_self.world.mutations == 0


def test_the_reason_is_required_on_the_terminal(by_self):
    by_self.person("yes", "")

    result = start(by_self)

    assert result.code == 23
    assert "A reason is required." in result.err


def test_with_a_reason_it_goes_on(by_self):
    by_self.person("yes", "the zone is down")

    assert start(by_self).code == 0
    assert "the zone is down" in by_self("audit", "show").out


def test_a_script_needs_the_reason_too(by_self):
    start(by_self)

    assert by_self("approve", "--answer", "yes").code == 2
    assert by_self("approve", "--answer", "yes", "--reason", "the zone is down").code == 0


def test_a_runbook_that_is_edited_meanwhile_changes_nothing_of_an_open_run(by_self):
    """What was agreed to is in the journal: the plan, and the runbook for the way back."""
    start(by_self)
    by_self.write("approved", APPROVED.replace("BY", "self").replace("light", "dark", 1) + "#")

    assert by_self("approve", "--answer", "yes", "--reason", "it is dark").code == 0
    assert set(by_self.lamps.values()) == {True}
    assert by_self("rollback", "--latest", "approved", "--yes").code == 0
    assert set(by_self.lamps.values()) == {False}


def test_pausing_leaves_it_open(by_self):
    by_self.person("pause")

    assert start(by_self).code == 23


def test_nobody_approves_for_himself(by_other):
    by_other.person()

    result = start(by_other)
    approved = by_other("approve", "--answer", "yes", "--reason", "I say so")

    assert result.code == 23
    assert "somebody other than" in result.err
    assert approved.code == 4
    assert "needs the approval of somebody other than" in approved.err
    assert by_other.world.mutations == 0


def test_a_colleague_approves(by_other, monkeypatch):
    start(by_other)
    monkeypatch.setattr("sopctl.app.actor.user", lambda: "bob")

    result = by_other("approve", "--answer", "yes", "--reason", "go ahead")

    assert result.code == 0, result.err
    assert "answered yes by bob: go ahead" in by_other("audit", "show").out


GATED = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: gated, title: Light in two goes}
guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}
steps:
  - {id: first, why: It is dark., uses: toy.lamp, with: {names: [l0]}}
  - {id: go, gate: Is one enough}
  - {id: rest, why: It is still dark., uses: toy.lamp, with: {names: [l1, l2]}}
return: [{restore: [rest]}, {restore: [first]}]
"""


@pytest.fixture
def gated(shop):
    shop.write("gated", GATED)
    return shop


def go(shop, *args):
    return shop("run", "gated", "--target", "toy", "--yes", *args)


def lit(shop):
    return [name for name, value in shop.lamps.items() if value]


def test_no_gate_preselects_yes(gated):
    person = gated.person("pause")

    assert go(gated).code == 23
    assert [key for key, _ in person.offered[-1]] == ["pause", "no", "yes"]


def test_giving_up_at_the_reason_of_a_gate_records_nothing(gated):
    gated.person("yes", GIVES_UP)

    result = go(gated)

    assert result.code == 23
    assert lit(gated) == ["l0"]
    assert "go answered" not in gated("audit", "show").out


def test_the_reason_of_the_command_line_is_the_reason_of_a_gate(gated):
    person = gated.person("yes", "")

    assert go(gated, "--reason", "the zone is down").code == 0
    assert person.asked[-1] == "Why? (for the journal; Enter: the zone is down)"
    told = gated("audit", "show").out.splitlines()
    assert [row for row in told if "go answered yes by" in row and "the zone is down" in row]


def test_after_a_no_nothing_offers_to_carry_out_what_was_declined(gated):
    person = gated.person("no", "one is enough", "pause")

    assert go(gated).code == 23
    menu = dict(person.offered[-1])
    assert list(menu) == ["pause", "end", "undo-all", "ask-again"]
    assert menu["ask-again"] == "change the answer: be asked again; a yes carries out rest"
    assert lit(gated) == ["l0"]


def test_a_no_can_end_the_run_with_what_is_in_place(gated):
    gated.person("no", "one is enough", "end", "that will do")

    result = go(gated)

    assert result.code == 0, result.err
    assert "ended: partial" in result.out
    assert lit(gated) == ["l0"]
    gated.person()
    assert gated("rollback", "--latest", "gated", "--yes").code == 0
    assert lit(gated) == []


def test_a_script_can_end_the_run_with_what_is_in_place(gated):
    go(gated)
    run = gated("audit", "list", "-o", "json").rows[0]["run"]

    result = gated("resume", run, "--end-here", "--reason", "that will do")

    assert result.code == 0, result.err
    assert "ended: partial" in result.out
    assert lit(gated) == ["l0"]
    told = gated("audit", "show", run).out
    assert "rest leave-out, decided by" in told
    assert "undo" not in told
    assert gated("rollback", run, "--yes").code == 0
    assert lit(gated) == []


def test_a_roll_back_cannot_be_ended_half_way(gated):
    gated.person("no", "one is enough", "end", "that will do")
    go(gated)
    gated.world.consume = lambda: None
    gated.person("pause")
    gated("rollback", "--latest", "gated", "--yes")

    result = gated("resume", "--end-here")

    assert result.code == 2
    assert "is a roll back" in result.err


def test_a_no_can_be_changed_by_being_asked_again(gated):
    gated.person("no", "one is enough", "ask-again", "yes", "it is not")

    assert go(gated).code == 0
    assert lit(gated) == ["l0", "l1", "l2"]


def test_a_declined_approval_can_end_the_run(by_self):
    by_self.person("no", "not now", "end", "never")

    assert start(by_self).code == 0
    assert by_self.world.mutations == 0


def test_a_script_cannot_skip_what_was_declined(gated):
    go(gated)
    run = gated("audit", "list", "-o", "json").rows[0]["run"]
    gated("approve", run, "--answer", "no")

    result = gated("resume", run, "--skip", "go", "--reason", "x")

    assert result.code == 2
    assert "go was declined" in result.err
    assert lit(gated) == ["l0"]


def test_without_a_terminal_the_answer_is_never_guessed(gated):
    go(gated)

    result = gated("approve", "--reason", "they are lit")

    assert result.code == 2
    assert "--answer is missing" in result.err
    assert lit(gated) == ["l0"]


def test_on_a_terminal_approve_asks_for_the_answer(gated):
    go(gated)
    person = gated.person("yes", "seen")

    assert gated("approve").code == 0
    assert person.asked[0] == "Your answer?"
    assert lit(gated) == ["l0", "l1", "l2"]


def test_a_run_that_waits_and_changed_nothing_is_ended_by_a_roll_back(by_self):
    start(by_self)
    run = by_self("audit", "list", "-o", "json").rows[0]["run"]

    assert by_self("rollback", run, "--yes", "--reason", "wrong zone").code == 0

    outcomes = [row["outcome"] for row in by_self("audit", "list", "-o", "json").rows]
    assert outcomes == ["partial"]
