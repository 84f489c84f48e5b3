"""`sopctl drill` from outside: one real drill in a small world, and what is said of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from sopctl.cli.drills import rehearsal
from sopctl.cli.drills.by_hand import deeds
from sopctl.cli.drills.rehearsal import Rehearsal
from sopctl.cli.drills.stand_in import REASON, RETRIES, StandIn
from sopctl.core.drill import Timings
from sopctl.sandbox.scenario import loader
from tests.cli.test_sandbox import Here

RUNBOOK = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: hold, title: Keep nodes and look}
parameters:
  zone: {type: zone, required: true}
guardrails:
  max_objects:
    k8s.node: {count: 10, percent: 100}
steps:
  - id: sure
    gate: Is it time?
  - id: cordon
    uses: k8s.node.cordon
    with: {zone: "${{ params.zone }}"}
    needs: []
"""
SCENARIO = """\
apiVersion: sopctl/v1
kind: Scenario
metadata: {name: tiny, title: A zone goes dark}
world:
  zones: [us-east-1a, us-east-1b]
  groups:
    - {name: web-a, zones: [us-east-1a], min: 2, max: 4, desired: 2, spot: true}
    - {name: web-b, zones: [us-east-1b], min: 2, max: 4, desired: 2}
  workloads:
    shop:
      - {name: web, replicas: 4, cpu: 700}
timeline:
  - {at: 1m, zone_outage: {zone: us-east-1a}}
  - {at: 4m, heal: {zone: us-east-1a}}
measure: {every: 15s, lasts: 8m}
drill: {runbook: hold, params: {zone: us-east-1a}, begins: 2m, rolls_back: 5m}
"""


@pytest.fixture
def here(tmp_path):
    found = Here(tmp_path)
    for name, text in (("runbooks/hold.yaml", RUNBOOK), ("scenarios/tiny.yaml", SCENARIO)):
        path = found.settings.config / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return found


@pytest.mark.sandbox
def test_a_drill_runs_rolls_back_proves_and_compares(here, tmp_path):
    page = tmp_path / "page.html"
    held = here("drill", "hold", "--page", str(page))

    assert held.code == 0, held.err + held.out
    assert "01:00  zone outage: us-east-1a" in held.err
    assert "Passed: run, rolled back, and everything is as it was before." in held.out
    assert re.search(r"run begins +02:0\d", held.out)
    assert re.search(r"launches into a failed zone +[1-9]\d* +[1-9]", held.out)

    record = json.loads(here("drill", "show", "-o", "json").out)
    assert record["timings"]["mitigated"] > record["timings"]["began"] > 119
    assert record["sop"]["samples"][0]["at"] < 1
    assert [each["what"] for each in record["base"]["happened"]] == [
        "zone outage: us-east-1a",
        "heal: us-east-1a",
    ]
    journal = here.settings.state / "drills" / record["id"] / "with"
    transcript = (journal / "transcript.txt").read_text()
    assert "$ sopctl run hold" in transcript
    assert "$ sopctl rollback --latest hold" in transcript
    assert REASON in transcript or "Gate" in transcript
    assert not (journal / "sandbox").exists()

    text = page.read_text()
    assert text.count("<svg") >= 3
    assert "<script" not in text
    assert 'src="' not in text
    assert "As before" not in text
    assert "everything is as it was, field by field" in text

    assert "passed" in here("drill", "history").out
    assert json.loads(here("drill", "history", "hold", "-o", "json").out)["passed"] is True
    assert "No drill" in here("drill", "history", "other").out
    assert here("sandbox", "status").code == 75  # the user's own was not touched


@pytest.mark.sandbox
def test_hands_on_the_world_runs_and_what_was_done_is_scored(here):
    held = here("drill", "hold", "--hands-on", "--rate", "60", "--alone")

    assert held.code == 0, held.err + held.out
    assert "export SOPCTL_STATE_DIR=" in held.err
    assert "Workloads are degraded" in held.err
    assert "2 nodes of 4 gone" in held.err
    assert (
        "us-east-1a" not in held.err.partition("PAGE")[2]
    )  # the cause is for the engineer to find
    assert "Hands-on: the world has recovered" in held.out
    record = json.loads(here("drill", "show", "-o", "json").out)
    assert record["mode"] == "hands-on"
    assert record["deeds"] == []
    assert record["sop"]["totals"]["recovered"] > 240
    assert "hands-on" in here("drill", "history").out


class Fake:
    """A world in which the run parks *times* times before it is done."""

    def __init__(self, times):
        self.left, self.said, self.at = times, [], 0.0
        self.arena = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, words):
        self.said.append(words[0])
        if words[0] == "rollback":
            return "done"
        self.left -= 1
        return "done" if self.left < 0 else "parked"

    def elapsed(self):
        return self.at

    def live(self, seconds):
        self.at += seconds

    def live_until(self, at):
        self.at = max(self.at, at)

    def prepare(self):
        pass

    begin = prepare

    def dump(self, _):
        return {"aws": {}, "kubernetes": {}}

    def samples(self):
        return []

    tell = samples

    def timings(self, _):
        return Timings()

    def runs(self):
        return ()


@pytest.mark.parametrize(
    ("times", "said", "outcome"),
    [
        (0, ["run", "rollback"], "done"),
        (1, ["run", "resume", "rollback"], "done"),
        (9, ["run", "resume", "rollback"], "parked"),  # its time is over: it is taken back as it is
    ],
)
def test_a_parked_run_is_gone_on_with_until_it_has_to_be_taken_back(
    monkeypatch, times, said, outcome
):
    fake = Fake(times)
    monkeypatch.setattr(rehearsal, "_World", lambda *_: fake)
    drill = Rehearsal(
        scenario=loader.load(SCENARIO),
        runbook="hold",
        params={},
        settings=None,
        execute=None,
        follow=None,
    )

    assert drill.with_sop().outcome == outcome
    assert fake.said == said


def test_deeds_are_changes_by_others_since_the_timeline_began():
    class World:
        began = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)

    def call(minute, **more):
        usual = {"status": 200, "user_agent": "kubectl/1.36", "mutating": True}
        return {**usual, "time": f"2026-11-01T03:{minute:02d}:00.000000Z", **more}

    aws = [
        call(9, service="autoscaling", operation="DeleteTags", user_agent="aws-cli/2 md"),
        call(7, service="autoscaling", operation="DescribeTags", mutating=False),
    ]
    kubernetes = [
        call(8, method="PATCH", path="/api/v1/nodes/n1"),
        call(10, method="POST", path="/api/v1/x/eviction", status=429),
        call(0, method="POST", path="/api/v1/pods", time="2026-11-01T02:59:00.000000Z"),
    ]

    found = list(deeds({"aws": aws, "kubernetes": kubernetes}, World()))

    assert [(each.at, each.what, each.who) for each in found] == [
        (480.0, "PATCH /api/v1/nodes/n1", "kubectl"),
        (540.0, "autoscaling:DeleteTags", "aws-cli"),
        (600.0, "POST /api/v1/x/eviction (answered 429)", "kubectl"),
    ]


def test_what_is_wrong_is_said_before_any_world_is_made(here):
    assert "Did you mean hold?" in here("drill", "hodl").err
    assert here("drill", "hold", "--scenario", "tinny").code == 2
    assert "tint" in here("drill", "hold", "--param", "tint=1").err
    (here.settings.config / "scenarios" / "tiny.yaml").unlink()
    assert "no scenario is made for hold" in here("drill", "hold").err
    assert not (here.settings.state / "drills").exists()


def test_who_stands_in_says_yes_and_tries_again_only_so_often():
    waited = []
    stand_in = StandIn(waited.append)
    assert stand_in.choose("?", [("pause", ""), ("no", ""), ("yes", "")]) == "yes"

    menu = [(key, "") for key in ("retry", "skip", "by-hand", "undo-step", "undo-all", "pause")]
    chosen = [stand_in.choose("What now?", menu) for _ in range(RETRIES + 1)]
    assert chosen == ["retry"] * RETRIES + ["skip"]
    assert len(waited) == RETRIES
    assert stand_in.choose("?", [("keep", ""), ("restore", ""), ("skip", "")]) == "keep"
    assert stand_in.ask("Why?") == REASON
