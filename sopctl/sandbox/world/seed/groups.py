"""The Auto Scaling groups of a world, with the tags that the autoscaler and people put on them."""

from __future__ import annotations

from sopctl.sandbox.aws.fleet import LABEL_TAG, TAINT_TAG, GroupSpec
from sopctl.sandbox.scenario.inhabitants import Group
from sopctl.sandbox.world.seed.taints import parsed

CLUSTER = "sandbox"
ENABLED = "k8s.io/cluster-autoscaler/enabled"
OWNED = f"k8s.io/cluster-autoscaler/{CLUSTER}"
_CLUSTER_TAG = f"kubernetes.io/cluster/{CLUSTER}"

Tags = dict[str, tuple[str, bool]]


def spec(group: Group) -> GroupSpec:
    """What is asked of the cloud for a group of a scenario."""
    return GroupSpec(
        name=group.name,
        zones=group.zones,
        min=group.min,
        max=group.max,
        desired=group.desired,
        instance_types=group.types,
        spot=group.spot,
        on_demand_base=group.on_demand_base,
        on_demand_percent=group.on_demand_percent,
        tags=_tags(group),
    )


def _tags(group: Group) -> Tags:
    tags: Tags = {
        "Name": (f"{CLUSTER}-{group.name}", True),
        "team": ("platform", True),
        OWNED: ("owned", False),
        _CLUSTER_TAG: ("owned", True),
    }
    tags |= {LABEL_TAG + key: (value, False) for key, value in group.labels.items()}
    if group.discovered:
        tags[ENABLED] = (group.discovery_value, group.discovery_propagates)
    for taint in group.taints:
        key, value, effect = parsed(taint)
        tags[TAINT_TAG + key] = (f"{value}:{effect}", False)
    return tags | {key: (value, False) for key, value in group.tags.items()}
