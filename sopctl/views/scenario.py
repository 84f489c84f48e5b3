"""Scenarios on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sopctl.sandbox.scenario.model import Scenario
from sopctl.sandbox.scenario.wording import described
from sopctl.views.lines import EMPTY, Line, Span, count, line, paragraph, table


def listed(found: Sequence[Scenario]) -> list[Line]:
    """One line each."""
    return table([[(each.name, "strong"), each.metadata.title] for each in found])


def lines(found: Scenario) -> list[Line]:
    """What is in it: the world in numbers, the timeline, the measures and the drill."""
    return [
        line((found.name, "strong"), f": {found.metadata.title}"),
        *paragraph(found.description.strip(), indent=2),
        EMPTY,
        *table(list(_world(found)), indent=2),
        *timeline(found),
        *_drill(found),
    ]


def timeline(found: Scenario) -> list[Line]:
    """What happens when."""
    if not found.timeline:
        return [line("  nothing happens by itself", indent=0)]
    rows: list[list[str | Span]] = [
        [(each.at, "quiet"), described(each)] for each in found.timeline
    ]
    return [line("Timeline:"), *table(rows, indent=2)]


def _world(found: Scenario) -> Iterator[list[str | Span]]:
    world = found.world
    nodes = sum(group.desired for group in world.groups)
    spot = sum(group.desired for group in world.groups if group.spot)
    workloads = [row for rows in world.workloads.values() for row in rows]
    yield [("Kubernetes", "quiet"), world.version]
    yield [("zones", "quiet"), ", ".join(world.zones)]
    yield [("nodes", "quiet"), f"{nodes} in {count(len(world.groups), 'group')}, {spot} of spot"]
    pods = sum(row.replicas for row in workloads)
    yield [("workloads", "quiet"), f"{len(workloads)} with {count(pods, 'pod')}"]
    yield [("measured", "quiet"), f"every {found.measure.every} for {found.measure.lasts}"]


def _drill(found: Scenario) -> list[Line]:
    drill = found.drill
    if drill is None:
        return []
    params = " ".join(f"{key}={value}" for key, value in drill.params.items())
    return [line(f"Drill: {drill.runbook} {params}".rstrip(), f", begins after {drill.begins}")]
