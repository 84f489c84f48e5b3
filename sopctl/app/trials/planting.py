"""From `given` to a planter: what the world of a test has in it, and what it has not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from sopctl.core.errors import UsageError
from sopctl.runbook.trials.model import GivenShape, GroupShape
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.kinds import Registry
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.process.household import VERSION
from sopctl.sandbox.scenario import loader as scenarios
from sopctl.sandbox.scenario.inhabitants import Group, WorldShape
from sopctl.sandbox.world.ports import CloudPort, ClusterPort
from sopctl.sandbox.world.seed import groups, small, system, workloads
from sopctl.sandbox.world.seed.plant import Planter, plant_traffic
from sopctl.sandbox.world.seed.workloads import Written

Zones = tuple[str, str, str]


def planter(given: GivenShape) -> Planter:
    """What plants the world of *given*; it raises UsageError for what cannot be planted."""

    def plant(cluster: ClusterPort, cloud: CloudPort) -> None:
        names = sorted(zone.name for zone in cloud.zones)[:3]
        zones = (names[0], names[1], names[2])
        for spec in _groups(given, zones).values():
            cloud.create_group(spec)
        plant_traffic(cloud, _base(given))
        for resource, obj in _objects(given, cloud.region):
            _require_namespace(cluster, obj)
            try:
                cluster.create(resource, obj)
            except ApiError as error:
                raise UsageError(
                    f"{resource} {obj['metadata'].get('name')} cannot be planted: {error}",
                    hint="Compare it with what `kubectl create --dry-run=server` accepts.",
                ) from error

    return plant


def zone_named(name: str, zones: Zones) -> str:
    """A zone by its name, or by the letter that it ends with."""
    return next((zone for zone in zones if name in (zone, zone[-1])), name)


def _base(given: GivenShape) -> WorldShape:
    return small.world() if given.world == "small" else scenarios.default().world


def _groups(given: GivenShape, zones: Zones) -> dict[str, GroupSpec]:
    found = {group.name: groups.spec(group) for group in _base(given).groups}
    found |= {shape.name: _spec(shape, zones) for shape in given.groups}
    for gone in (each for each in given.without if each.startswith("group/")):
        if found.pop(gone.removeprefix("group/"), None) is None:
            raise UsageError(f"{gone} is not there anyway", hint=f"There are {', '.join(found)}.")
    return found


def _spec(shape: GroupShape, zones: Zones) -> GroupSpec:
    group = Group(
        name=shape.name,
        zones=tuple(zone_named(zone, zones) for zone in shape.zones),
        min=shape.min,
        max=shape.max,
        desired=shape.desired,
        types=shape.instance_types,
        spot=shape.spot,
        labels={"lifecycle": "Ec2Spot" if shape.spot else "OnDemand"},
        discovered=shape.autoscaled,
    )
    made = groups.spec(group)
    own = {key: (tag.value, tag.propagate) for key, tag in shape.tags.items()}
    return replace(made, tags={**made.tags, **own})


def _objects(given: GivenShape, region: str) -> Iterator[Written]:
    shape = _base(given)
    if given.world == "small":
        base = list(small.objects(shape, region))
    else:
        base = [*system.objects(shape, region), *workloads.objects(shape)]
    found = {_name(resource, obj): (resource, obj) for resource, obj in base}
    for manifest in given.objects:
        resource, obj = _resource(manifest), dict(manifest)
        found[_name(resource, obj)] = (resource, obj)
    for gone in (each for each in given.without if not each.startswith("group/")):
        if found.pop(gone, None) is None:
            raise UsageError(
                f"{gone} is not there anyway", hint="Write RESOURCE/NAMESPACE/NAME, all three."
            )
    yield from found.values()


def _name(resource: str, obj: Obj) -> str:
    meta = obj["metadata"]
    return "/".join(filter(None, (resource, meta.get("namespace", ""), meta.get("name", ""))))


def _resource(manifest: Mapping[str, Any]) -> str:
    wanted = str(manifest.get("apiVersion", "")), str(manifest.get("kind", ""))
    kind = _registry().of_kind(*wanted)
    if kind is None or not isinstance(manifest.get("metadata"), Mapping):
        raise UsageError(
            f"there is no kind {wanted[1]} in {wanted[0]}, or it has no metadata",
            hint="Write a manifest as for kubectl; custom resources need their definition first.",
        )
    return kind.storage


@cache
def _registry() -> Registry:
    return Registry(VERSION)


def _require_namespace(cluster: ClusterPort, obj: Obj) -> None:
    name = obj["metadata"].get("namespace", "")
    if name and cluster.get("namespaces", name) is None:
        cluster.create("namespaces", {"metadata": {"name": name}})
