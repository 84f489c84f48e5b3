"""A scenario drawn from a real cluster, as the text of its file."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.core.codec import Json
from sopctl.facts import shapes
from sopctl.facts.world import World
from sopctl.sandbox.scenario import loader

TIMELINE = """\
timeline:
  - {at: 5m, zone_outage: {zone: us-east-1a}}
  - {at: 40m, heal: {zone: us-east-1a}}
measure: {every: 30s, lasts: 80m}
drill:
  runbook: az-failure
  params: {zone: us-east-1a, evacuate: true}
  prepare: [prepare]
  begins: 8m
  rolls_back: 50m
"""


def recorded(world: World, name: str) -> str:
    """The scenario *name*: the shape of *world*, and an outage to begin with.

    Raises InvalidRunbookError if what was found does not make a scenario, such as no group.
    """
    import yaml  # noqa: PLC0415  # `--help` reads no YAML

    found: Mapping[str, Json] = shapes.drawn(world)
    head = {
        "apiVersion": "sopctl/v1",
        "kind": "Scenario",
        "metadata": {"name": name, "title": "Drawn from a real cluster, names hashed"},
        "world": found,
    }
    text = yaml.safe_dump(head, sort_keys=False, width=100) + TIMELINE
    loader.load(text, file=f"{name}.yaml")
    return text
