"""What has to hold between the fields of a scenario: rules that its shape cannot express.

Everything here looks at raw data, so that a scenario with a wrong shape is still checked as far as
it goes. What is not of the expected kind is passed over: the shape has reported it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from sopctl.core.codec import Json
from sopctl.notation import duration
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.notation.suggest import did_you_mean
from sopctl.sandbox.scenario.model import FAULTS

Fields: TypeAlias = Mapping[str, Json]


def check(data: Json) -> Iterator[Finding]:
    """Everything wrong between fields."""
    if not isinstance(data, Mapping):
        return
    world = _fields(data.get("world"))
    zones = [zone for zone in _items(world.get("zones")) if isinstance(zone, str)]
    if world and not world.get("groups") and not world.get("nodepools"):
        yield Finding(
            path=("world",), summary="there are no nodes", hint="List groups, or nodepools."
        )
    yield from _check_groups(world, zones)
    yield from _check_workloads(world)
    yield from _check_timeline(data, zones)
    yield from _check_drill(data)


def _check_groups(world: Fields, zones: Sequence[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, group in _entries(world.get("groups"), ("world", "groups")):
        name = str(group.get("name", ""))
        if name in seen:
            yield Finding(
                path=(*path, "name"), summary=f"there is a group {name} already", hint="Rename it."
            )
        seen.add(name)
        yield from _known_zones(group.get("zones"), (*path, "zones"), zones)
        yield from _within_bounds(group, path)


def _within_bounds(group: Fields, path: Path) -> Iterator[Finding]:
    low, high, wanted = group.get("min", 0), group.get("max"), group.get("desired")
    if not (isinstance(low, int) and isinstance(high, int) and isinstance(wanted, int)):
        return
    if not low <= wanted <= high:
        yield Finding(
            path=(*path, "desired"),
            summary=f"desired is {wanted}, which is not from {low} to {high}",
            hint="Keep it between min and max.",
        )


def _check_workloads(world: Fields) -> Iterator[Finding]:
    names: set[str] = set()
    balancers = {str(each.get("name")) for _, each in _entries(world.get("balancers"), ())}
    for space, rows in _fields(world.get("workloads")).items():
        for path, row in _entries(rows, ("world", "workloads", space)):
            name = f"{space}/{row.get('name', '')}"
            if name in names:
                yield Finding(
                    path=(*path, "name"),
                    summary=f"there is a workload {name} already",
                    hint="Rename it.",
                )
            names.add(name)
            if row.get("kind") == "Job" and row.get("scaling", "none") != "none":
                yield Finding(
                    path=(*path, "scaling"), summary="a Job does not scale", hint="Leave it out."
                )
            yield from _known_balancer(row.get("balancer"), path, balancers)
    for space, rows in _fields(world.get("workloads")).items():
        for path, row in _entries(rows, ("world", "workloads", space)):
            for callee in _fields(row.get("calls")):
                name = callee if "/" in callee else f"{space}/{callee}"
                if name not in names:
                    yield Finding(
                        path=(*path, "calls", callee),
                        summary=f"there is no workload {name}",
                        hint=did_you_mean(name, names, what="workloads"),
                        key=True,
                    )


def _known_balancer(name: Json, path: Path, balancers: set[str]) -> Iterator[Finding]:
    if isinstance(name, str) and name not in balancers:
        yield Finding(
            path=(*path, "balancer"),
            summary=f"there is no load balancer {name}",
            hint=did_you_mean(name, balancers) or "List it under world.balancers.",
        )


def _check_timeline(data: Fields, zones: Sequence[str]) -> Iterator[Finding]:
    workloads = {
        f"{space}/{row.get('name')}"
        for space, rows in _fields(_fields(data.get("world")).get("workloads")).items()
        for _, row in _entries(rows, ())
    }
    groups = [
        str(group.get("name"))
        for _, group in _entries(_fields(data.get("world")).get("groups"), ())
    ]
    for path, event in _entries(data.get("timeline"), ("timeline",)):
        found = [name for name in FAULTS if event.get(name) is not None]
        if len(found) != 1:
            what = " and ".join(found) if found else "nothing"
            yield Finding(
                path=path,
                summary=f"{what} happens here, instead of one thing",
                hint=f"Write exactly one of {', '.join(FAULTS)}.",
            )
        for name in found:
            fault, where = _fields(event.get(name)), (*path, name)
            yield from _known_zones(fault.get("zones"), (*where, "zones"), zones)
            if "zone" in fault:
                yield from _known_zone(fault["zone"], (*where, "zone"), zones)
            for index, asked in enumerate(_items(fault.get("workloads"))):
                if workloads and asked not in workloads:
                    hint = did_you_mean(str(asked), workloads, what="workloads")
                    at = (*where, "workloads", index)
                    yield Finding(path=at, summary=f"there is no workload {asked}", hint=hint)
            group = fault.get("group")
            if isinstance(group, str) and group not in groups:
                hint = did_you_mean(group, groups, what="groups")
                yield Finding(
                    path=(*where, "group"), summary=f"there is no group {group}", hint=hint
                )
        yield from _in_time(data, event.get("at"), (*path, "at"))


def _check_drill(data: Fields) -> Iterator[Finding]:
    drill = _fields(data.get("drill"))
    for name in ("begins", "rolls_back"):
        yield from _in_time(data, drill.get(name), ("drill", name))
    begins, back = _seconds(drill.get("begins")), _seconds(drill.get("rolls_back"))
    if begins is not None and back is not None and back <= begins:
        yield Finding(
            path=("drill", "rolls_back"),
            summary="it is rolled back before it begins",
            hint="Let rolls_back be later than begins.",
        )


def _in_time(data: Fields, at: Json, path: Path) -> Iterator[Finding]:
    lasts = _seconds(_fields(data.get("measure")).get("lasts", "1h"))
    seconds = _seconds(at)
    if seconds is not None and lasts is not None and seconds >= lasts:
        yield Finding(
            path=path,
            summary=f"{at} is after the end, which is at {duration.show(lasts)}",
            hint="Let measure.lasts be longer.",
        )


def _known_zones(value: Json, path: Path, zones: Sequence[str]) -> Iterator[Finding]:
    for index, zone in enumerate(_items(value)):
        yield from _known_zone(zone, (*path, index), zones)


def _known_zone(zone: Json, path: Path, zones: Sequence[str]) -> Iterator[Finding]:
    if isinstance(zone, str) and zone not in zones:
        yield Finding(
            path=path,
            summary=f"the world has no zone {zone}",
            hint=did_you_mean(zone, zones, what="zones"),
        )


def _seconds(value: Json) -> int | None:
    try:
        return duration.seconds(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _fields(value: Json) -> Fields:
    return value if isinstance(value, Mapping) else {}


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _entries(value: Json, path: Path) -> Iterator[tuple[Path, Fields]]:
    for index, item in enumerate(_items(value)):
        if isinstance(item, Mapping):
            yield (*path, index), item
