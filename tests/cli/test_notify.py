"""`notify:` and the policy's `notify`, through the real command line and a real server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.core.errors import ExitCode
from sopctl.core.target import Target
from tests.cli.shop import Shop
from tests.fakes.postbox import postbox

TOLD = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: told, title: Light and tell}
parameters:
  who: {type: string, default: oncall}
guardrails:
  max_objects: {lamp: {count: 50, percent: 100}}
steps:
  - id: tell
    notify: The lamps go on, says ${{ params.who }}.
    with: {to: ["${{ params.who }}"], title: Lamps}
  - id: light
    uses: toy.lamp
    needs: [tell]
  - id: go
    gate: Are they lit?
"""
POLICY = """\
notify:
  people: {oncall: env:ONCALL, team: [file:FOLDER/team]}
  tell: {start: [team], gate: [oncall], failure: [oncall], end: [team], rollback: [team]}
"""
SECRET = "s3cret-path-of-oncall"  # what must not appear


@pytest.fixture
def box():
    with postbox() as made:
        yield made


@pytest.fixture
def shop(tmp_path, box):
    made = Shop(tmp_path)
    made.settings.config.mkdir(parents=True, exist_ok=True)
    made.write("told", TOLD)
    (tmp_path / "team").write_text(box.url("team"))
    (made.settings.config / "policy.yaml").write_text(POLICY.replace("FOLDER", str(tmp_path)))
    made.settings = replace(made.settings, environ={"ONCALL": box.url(SECRET)})
    return made


def journal(shop):
    return b"".join(path.read_bytes() for path in shop.settings.state.rglob("*") if path.is_file())


def go(shop, *args, target="toy"):
    return shop("run", "told", "--target", target, "--yes", *args)


def test_people_are_told_by_the_step_and_how_the_run_goes(shop, box):
    first = go(shop)
    assert first.code == ExitCode.HALTED, first.err
    assert "oncall told" not in first.err
    second = shop("approve", "--answer", "yes", "--target", "toy", "--yes", "--reason", "they are")
    assert second.code == 0, second.err
    assert shop("rollback", "--target", "toy", "--yes", "--reason", "over").code == 0

    told = [(path, letter["title"]) for path, letter in box.letters]
    assert told.count((SECRET, "Lamps")) == 1
    assert (SECRET, "told on toy waits for an answer") in told
    ours = [title for path, title in told if path == "team"]
    assert ours[:2] == ["told on toy starts", "told on toy has ended: done"]
    assert ours[2].startswith("told on toy rolls back run ")
    assert ours[3] == "told on toy has ended: undone"
    assert "The lamps go on, says oncall." in "".join(box.bodies())

    everything = first.out + first.err + second.out + second.err + shop("audit", "show").out
    assert SECRET not in everything
    assert SECRET.encode() not in journal(shop)


def test_who_is_not_reached_stops_nothing_and_is_said(shop, box):
    box.answers[SECRET] = 500
    result = go(shop)

    assert result.code == ExitCode.HALTED, result.err
    assert all(shop.lamps.values())
    assert (result.out + result.err).count("oncall not told: refused, with 500") == 2  # step, gate
    assert SECRET not in result.out + result.err


def test_who_is_not_known_is_a_note_of_the_plan_and_stops_nothing(shop, box):
    plan = go(shop, "--dry-run", "--param", "who=boss")
    assert "boss will not be told: policy.yaml names nobody boss" in plan.out
    assert box.letters == []

    assert go(shop, "--param", "who=boss").code == ExitCode.HALTED
    assert all(shop.lamps.values())


def test_an_address_in_a_runbook_is_refused_before_anything_and_not_repeated(shop, box):
    result = go(shop, "--param", f"who={box.url(SECRET)}")

    assert result.code == ExitCode.REFUSED
    assert "is not a name" in result.err
    assert "policy.yaml" in result.err
    assert SECRET not in result.err
    assert box.letters == []


def test_lint_knows_whom_it_tells(shop):
    shop.write("told", TOLD.replace('["${{ params.who }}"], title', '["slack://a/b/c"], titel'))
    found = shop("runbook", "lint", "told")

    assert found.code != 0
    assert "titel" in found.out + found.err
    shop.write("told", TOLD.replace('["${{ params.who }}"]', '["slack://a/b/c"]'))
    found = shop("runbook", "lint", "told")
    assert "is not a name" in found.out + found.err


def test_it_is_no_action_and_lint_says_what_it_is(shop):
    shop.write(
        "told", TOLD.replace("notify: The lamps go on, says ${{ params.who }}.", "uses: notify")
    )
    found = shop("runbook", "lint", "told")

    assert "write notify: TEXT" in found.out + found.err


def test_a_practice_world_reaches_this_machine_alone(shop, box):
    shop.targets["drill"] = Target(name="drill", clock=f"http://127.0.0.1:{box.port}/clock")
    shop.settings = replace(shop.settings, environ={"ONCALL": "json://hooks.example/x"})

    result = go(shop, target="drill")

    assert "oncall not told: it is real, and this is a practice world" in result.out + result.err
    assert {path for path, _ in box.letters} == {"team"}


def test_a_broken_policy_stops_everything_before_it_begins(shop, box):
    path = shop.settings.config / "policy.yaml"
    path.write_text(path.read_text().replace("gate: [oncall]", "gate: [boss]"))
    result = go(shop)

    assert result.code == 2
    assert "tells boss of gate" in result.err
    assert box.letters == []
