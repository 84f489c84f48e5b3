"""The scenarios one can name, and what is ordered from a running sandbox in their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sopctl.app.settings import Settings
from sopctl.core.codec import Json
from sopctl.core.errors import UsageError
from sopctl.notation import complaints
from sopctl.sandbox.process import lifecycle
from sopctl.sandbox.process.running import Running
from sopctl.sandbox.scenario import loader
from sopctl.sandbox.scenario.inhabitants import Group, WorldShape
from sopctl.sandbox.scenario.model import Event, Scenario
from sopctl.sandbox.scenario.wording import described

_A_POD = 0.1


def load(settings: Settings, name: str) -> Scenario:
    """The scenario *name*, or in the file *name*; raises UsageError, InvalidRunbookError."""
    return loader.load(loader.find(name, settings.scenarios))


def shelf(settings: Settings) -> list[Scenario]:
    """Every scenario that can be named; raises InvalidRunbookError for one that is not right."""
    return [loader.load(path) for _, path in sorted(loader.available(settings.scenarios).items())]


def for_runbook(settings: Settings, runbook: str, name: str = "") -> Scenario:
    """The scenario *name*, else the usual one in which *runbook* is drilled; raises UsageError."""
    if name:
        return load(settings, name)
    found = ((each.drill, each) for each in shelf(settings) if each.drill)
    made = [(not drill.usual, each.name, each) for drill, each in found if drill.runbook == runbook]
    if not made:
        raise UsageError(
            f"no scenario is made for {runbook}",
            hint="Give --scenario; `sopctl sandbox scenario list` has them.",
        )
    return min(made)[2]


def names(settings: Settings) -> list[str]:
    return sorted(loader.available(settings.scenarios))


def of_release(scenario: Scenario | None, version: str) -> Scenario:
    """The scenario, or the default one, on another release of Kubernetes (`major.minor`)."""
    found = loader.default() if scenario is None else scenario
    world = found.world.model_copy(update={"version": version})
    return found.model_copy(update={"world": world})


def as_json(scenario: Scenario) -> Json:
    """What the control API takes."""
    found: Json = scenario.model_dump(mode="json", by_alias=True)
    return found


def uninhabited(scenario: Scenario) -> Scenario:
    """The same place with nothing in it, for a world that is put in its place."""
    empty = Group(name="empty", zones=scenario.world.zones[:1], max=0, desired=0)
    world = WorldShape(version=scenario.world.version, zones=scenario.world.zones, groups=(empty,))
    plain = {"world": world, "timeline": (), "drill": None}
    return scenario.model_copy(update=plain)


def patience(scenario: Scenario) -> float:
    """Seconds that its world may take to be planted, on a busy machine."""
    rows = (row for rows in scenario.world.workloads.values() for row in rows)
    nodes = sum(group.desired for group in scenario.world.groups)
    return lifecycle.START_SECONDS + _A_POD * (sum(row.replicas for row in rows) + 2 * nodes)


def loaded(running: Running) -> Scenario:
    """What a running sandbox was planted with."""
    answer: Any = lifecycle.control(running, "GET", "/scenario")
    return Scenario.model_validate(answer["scenario"])


def event(kind: str, details: Json) -> Mapping[str, Json]:
    """An event that happens at once; raises UsageError."""
    data: Any = {"at": "0s", kind: details}
    try:
        found = Event.model_validate(data)
    except ValidationError as error:
        words = complaints.Words(shape=Event, patterns=loader.WORDS.patterns)
        first = next(complaints.findings(error, data, words))
        raise UsageError(first.summary, hint=first.hint) from error
    dumped: Mapping[str, Json] = found.model_dump(mode="json", exclude_none=True)
    return dumped


def said(event: Mapping[str, Json]) -> str:
    """A few words about an event."""
    return described(Event.model_validate(event))
