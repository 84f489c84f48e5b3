"""A runbook in a runbook, from the command line to the engine and back."""

from __future__ import annotations

import pytest

from tests.cli.shop import Shop

INNER = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: wing, title: Light a wing}
parameters:
  names: {type: list, required: true}
  really: {type: bool, default: true}
guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}
steps:
  - id: light
    uses: toy.lamp
    with: {names: "${{ params.names }}"}
  - id: seen
    check: toy.bright
    with: {name: "${{ params.names[0] }}"}
    when: params.really && steps.light.outcome == 'applied'
return:
  - {restore: [light], canary: 1}
"""

OUTER = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: house, title: Light the house}
parameters:
  first: {type: string, default: l0}
  names: {type: string, default: not for the wing}
guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}
steps:
  - id: say
    notify: First ${{ params.first }}, as ${{ params.names }}.
  - id: west
    uses: runbook/wing
    with: {names: ["${{ params.first }}", l2]}
  - id: again
    uses: runbook/wing
    when: steps['west.light'].outcome == 'applied'
    with: {names: [l2], really: false}
"""


@pytest.fixture
def shop(tmp_path):
    made = Shop(tmp_path)
    made.write("wing", INNER)
    made.write("house", OUTER)
    return made


def test_it_lints_runs_and_goes_back_stage_by_stage(shop):
    assert shop("runbook", "lint", "house").out == "ok: house\n"
    before = shop.lamps
    done = shop("run", "house", "--target", "toy", "--yes")
    assert done.code == 0, done.out + done.err
    assert shop.lamps == {"l0": True, "l1": False, "l2": True}
    assert "First l0, as not for the wing." in done.out
    assert "west.seen held: lamp l0 is lit" in done.err
    back = shop("rollback", "--latest", "house", "--target", "toy", "--yes")
    assert back.code == 0, back.out + back.err
    assert shop.lamps == before
    assert "restore:west.light:canary" in back.out


@pytest.mark.parametrize("name", ["${{ params.names }}", '" + params.names + "', "}}", "l0 // "])
def test_what_is_typed_is_a_value_inside_too(shop, name):
    shop.write("wing", INNER.replace("  - id: seen", "  - id: told\n    notify: <${{ "
                                     "params.names[0] }}>\n  - id: seen"))  # fmt: skip
    planned = shop("plan", "house", "--first", name, "--target", "toy")
    assert planned.code == 0, planned.out + planned.err
    assert f"<{name}>" in planned.out


def test_a_plan_of_another_version_of_the_wing_is_not_applied(shop, tmp_path):
    plan = tmp_path / "plan.json"
    shop("run", "house", "--target", "toy", "--dry-run", "--plan-out", plan)
    shop.write("wing", INNER.replace("Light a wing", "Light the wing"))
    late = shop("run", "house", "--target", "toy", "--yes", "--plan", plan)
    assert late.code != 0
    assert "another version of house" in late.err
    assert not any(shop.lamps.values())
