"""Approvals: who may answer, with which reason, and what is asked."""

from __future__ import annotations

import pytest

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

    assert by_self("approve").code == 2
    assert by_self("approve", "--reason", "the zone is down").code == 0


def test_pausing_leaves_it_open(by_self):
    by_self.person("pause")

    assert start(by_self).code == 23


def test_nobody_approves_for_himself(by_other):
    by_other.person()

    result = start(by_other)
    approved = by_other("approve", "--reason", "I say so")

    assert result.code == 23
    assert "somebody other than" in result.err
    assert approved.code == 4
    assert "needs the approval of somebody other than" in approved.err
    assert by_other.world.mutations == 0


def test_a_colleague_approves(by_other, monkeypatch):
    start(by_other)
    monkeypatch.setattr("sopctl.app.actor.user", lambda: "bob")

    result = by_other("approve", "--reason", "go ahead")

    assert result.code == 0, result.err
    assert "answered yes by bob: go ahead" in by_other("audit", "show").out
