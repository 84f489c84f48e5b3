"""What a runbook says of actions that cannot say what they change: looked at without running it."""

from __future__ import annotations

import pytest

from sopctl.actions.catalog import CATALOG as ACTIONS
from sopctl.checks.catalog import CATALOG as CHECKS
from sopctl.facts.snapshot import SHAPES
from sopctl.permissions import gather
from sopctl.runbook import expressions, lint

KNOWN = lint.Known(actions=ACTIONS, checks=CHECKS, facts=SHAPES)
BOOK = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: by-hand, title: By hand, owner: us, reviewed: 2026-11-01}
description: Somebody does something.
parameters:
  zone: {type: zone, required: true, help: Which zone.}
steps:
  - id: ask
    uses: manual
    with:
      do: Turn the switch.
      undo: Turn it back.
      check: {name: k8s.nodes.ready, params: {zone: "${{ params.zone }}"}}
return:
  - {restore: [ask]}
"""


def found(*swaps):
    text = BOOK
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return [(one.line, one.summary) for one in lint.lint(text, KNOWN)]


def test_a_good_one_has_no_problems():
    assert found() == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("k8s.nodes.ready", "k8s.nodes.redy", (13, "there is no check k8s.nodes.redy")),
        ("{zone: ", "{zoone: ", (13, "there is no field zoone")),
        ("      undo: Turn it back.\n", "", (14, "step ask cannot be restored")),
        ("  - {restore: [ask]}\n", "  - {gate: Go on?}\n", (8, "step ask is never restored")),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(old, new, problem):
    assert problem in found((old, new))


def test_a_check_has_to_be_named():
    lines = 'check: {name: k8s.nodes.ready, params: {zone: "${{ params.zone }}"}}'
    assert "check is missing" in [summary for _, summary in found((f"      {lines}\n", ""))]


def test_it_needs_what_its_check_needs():
    known = gather.Known(actions=ACTIONS, checks=CHECKS, references=expressions.references_in)
    book = lint.load(BOOK, KNOWN)
    needs = {str(each.right): each.steps for each in gather.gather(book, known)}
    assert "ask" in needs["k8s:list nodes"]
    assert "ask" not in needs["sts:GetCallerIdentity"]
