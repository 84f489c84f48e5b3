"""Scenario files: every problem at once with its place, and those that come with sopctl."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from sopctl.core.errors import InvalidRunbookError, UsageError
from sopctl.sandbox.scenario import loader

GOOD = """\
apiVersion: sopctl/v1
kind: Scenario
metadata: {name: small, title: A zone goes dark}
world:
  zones: [us-east-1a, us-east-1b]
  groups:
    - {name: web-a, zones: [us-east-1a], max: 3, desired: 1}
    - {name: web-b, zones: [us-east-1b], max: 3, desired: 1}
  workloads:
    shop:
      - {name: web, replicas: 2, cpu: 500}
timeline:
  - {at: 2m, zone_outage: {zone: us-east-1a}}
  - {at: 20m, heal: {zone: us-east-1a}}
measure: {every: 30s, lasts: 40m}
drill: {runbook: az-failure, params: {zone: us-east-1a}, begins: 5m}
"""


def problems(text):
    with pytest.raises(InvalidRunbookError) as caught:
        loader.load(text, file="s.yaml")
    return [(each.line, each.column, each.summary) for each in caught.value.problems]


def test_a_good_one_is_read_with_its_defaults():
    found = loader.load(GOOD)

    assert [event.kind for event in found.timeline] == ["zone_outage", "heal"]
    assert found.timeline[1].seconds == 1200
    assert found.world.version == "1.36"
    assert found.world.workloads["shop"][0].mebibytes == 1000
    assert found.drill is not None
    assert found.drill.params == {"zone": "us-east-1a"}


def test_every_problem_is_said_at_once_and_where():
    text = (
        GOOD.replace(
            "max: 3, desired: 1}\n    - {name: web-b", "max: 3, desired: 9}\n    - {name: web-a"
        )
        .replace("replicas: 2", "replica: 2")
        .replace("at: 2m", "at: two minutes")
        .replace("heal: {zone: us-east-1a}", "heal: {zone: us-east-1z}")
        .replace("begins: 5m", "begins: 50m")
    )

    assert problems(text) == [
        (7, 59, "desired is 9, which is not from 0 to 3"),
        (8, 14, "there is a group web-a already"),
        (11, 9, "replicas is missing"),
        (11, 21, "there is no field replica"),
        (13, 10, "at: 'two minutes' is not a duration"),
        (14, 28, "the world has no zone us-east-1z"),
        (16, 66, "50m is after the end, which is at 40m"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zone_outage: {zone: us-east-1a}}", "}", "nothing happens here, instead of one thing"),
        (
            "zone_outage: {zone: us-east-1a}}",
            "zone_outage: {zone: us-east-1a}, gray_failure: {zone: us-east-1a}}",
            "zone_outage and gray_failure happens here, instead of one thing",
        ),
        (
            "zone_outage: {zone: us-east-1a}}",
            "node_silence: {group: web-z}}",
            "there is no group web-z",
        ),
        ("measure:", "traffic: {}\nmeasure:", "there is no field traffic"),
        ("cpu: 500}", "cpu: 500, rps: 90, calls: {wob: 2}}", "there is no workload shop/wob"),
        ("begins: 5m", "begins: 5m, rolls_back: 4m", "it is rolled back before it begins"),
    ],
)
def test_what_does_not_go_together_is_said(old, new, said):
    assert said in [summary for _, _, summary in problems(GOOD.replace(old, new))]


def test_a_file_that_is_not_a_mapping_or_not_there():
    assert problems("") == [(1, 1, "the file is empty")]
    assert problems("- a\n") == [(1, 1, "the file is not a mapping")]
    assert (1, 4, "alias *x is not allowed in a scenario") in problems("a: *x\n")
    with pytest.raises(UsageError, match="no scenario defolt") as caught:
        loader.find("defolt")
    assert caught.value.hint == "Did you mean default?"


@pytest.mark.parametrize("name", sorted(loader.available()))
def test_every_scenario_that_comes_with_sopctl_is_right(name):
    path = loader.find(name)
    found = loader.load(path)

    assert found.name == name
    jsonschema.validate(yaml.safe_load(path.read_text()), loader.schema())


def test_a_scenario_may_have_the_world_of_another():
    start, end = GOOD.index("world:"), GOOD.index("timeline:")
    text = GOOD[:start] + "like: shop\n" + GOOD[end:]
    assert loader.load(text).world == loader.load(loader.find("shop")).world

    assert (4, 7, "there is no scenario shopp") in problems(text.replace("shop\n", "shopp\n"))
    both = problems(GOOD.replace("world:", "like: shop\nworld:"))
    assert (4, 1, "there is a world, and another one that it is like") in both


def test_the_scenario_in_the_documentation_is_right():
    page = Path(__file__).parents[3] / "docs" / "how-to" / "drill.md"
    found = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    assert [loader.load(each).name for each in found] == ["our-friday"]


def test_the_schema_beside_the_scenarios_is_the_one_generated():
    written = (loader.packaged() / "scenario.schema.json").read_text()
    assert json.loads(written) == loader.schema(), "write it again: make docs"
