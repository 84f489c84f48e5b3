"""Which groups the autoscaler manages, and what their tags say about them.

Source: cluster-autoscaler/cloudprovider/aws/{aws_manager.go,auto_scaling_groups.go}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sopctl.sandbox.aws.fleet import Group
from sopctl.sandbox.world.autoscaler.settings import Settings, duration

_OPTIONS = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/"
GONE = frozenset({"Terminating", "Terminated", "Terminating:Wait", "Terminating:Proceed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeGroup:
    """A managed group. `target` is the desired size as the autoscaler last knew it.

    `zone` is where its next node is imagined: where a well node of it was last seen, else the
    first zone of the group. For a group with several zones that is a guess, as on AWS.
    """

    group: Group
    min: int
    max: int
    target: int
    unneeded_time: timedelta
    unready_time: timedelta
    utilization: float
    provision_time: timedelta
    zone: str
    instances: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name of the Auto Scaling group."""
        return self.group.name

    def renewed(self, group: Group) -> NodeGroup:
        """Return it with what the group's instances are now; bounds and size stay as known."""
        return replace(self, group=group, instances=_living(group))


def _living(group: Group) -> frozenset[str]:
    """Return the ids of a group's living instances."""
    return frozenset(each.id for each in group.instances if each.state not in GONE)


def discover(groups: Iterable[Group], settings: Settings) -> tuple[NodeGroup, ...]:
    """Return the managed groups by name: those with every tag asked for, and static ones."""
    static = {name: (low, high) for name, low, high in settings.static}
    found = []
    for group in sorted(groups, key=lambda each: each.name):
        if group.name in static:
            found.append(_managed(group, settings, *static[group.name]))
        elif settings.discovery and _tagged(group.tags, settings.discovery):
            found.append(_managed(group, settings, group.min, group.max))
    return tuple(found)


def _tagged(tags: Mapping[str, tuple[str, bool]], wanted: Iterable[tuple[str, str | None]]) -> bool:
    """Every key must be there; a key without a wanted value may have any, even an empty one."""
    return all(key in tags and value in (None, tags[key][0]) for key, value in wanted)


def _managed(group: Group, settings: Settings, low: int, high: int) -> NodeGroup:
    def option(name: str) -> str | None:
        found = group.tags.get(_OPTIONS + name)
        return None if found is None else found[0]

    unneeded, unready = option("scaledownunneededtime"), option("scaledownunreadytime")
    threshold = option("scaledownutilizationthreshold")
    provision = option("maxnodeprovisiontime")
    return NodeGroup(
        group=group,
        min=low,
        max=high,
        target=group.desired,
        unneeded_time=duration(unneeded) if unneeded else settings.unneeded_time,
        unready_time=duration(unready) if unready else settings.unready_time,
        utilization=float(threshold) if threshold else settings.utilization,
        provision_time=duration(provision) if provision else settings.provision_time,
        zone=group.zones[0],
        instances=_living(group),
    )
