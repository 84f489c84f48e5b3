"""The Auto Scaling groups of the sandbox cluster: 40 instances in three zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sopctl.sandbox.aws.fleet import LABEL_TAG, TAINT_TAG, GroupSpec

CLUSTER = "sandbox"
ENABLED = "k8s.io/cluster-autoscaler/enabled"
OWNED = f"k8s.io/cluster-autoscaler/{CLUSTER}"
_CLUSTER_TAG = f"kubernetes.io/cluster/{CLUSTER}"

Tags = dict[str, tuple[str, bool]]

# What people write into the discovery tag, and whether it goes to the instances: both have to
# come back exactly after a roll back, so the groups differ in them.
_ENABLED_VALUES: Mapping[str, tuple[tuple[str, bool], ...]] = {
    "web-spot": (("true", True), ("true", False), ("owned", True)),
    "web-od": (("owned", True), ("1", False), ("true", True)),
    "batch-spot": (("", False), ("true", True), ("", True)),
}


def specs(zones: tuple[str, str, str]) -> Iterator[GroupSpec]:
    """Yield the groups: three for each zone, one for all zones, one that is not discovered."""
    for index, zone in enumerate(zones):
        for kind in ("web-spot", "web-od", "batch-spot"):
            yield _zonal(kind, zone, index)
    yield GroupSpec(
        name="infra-od-multi",
        zones=zones,
        min=3,
        max=12,
        desired=6,
        instance_types=("m5.xlarge",),
        tags={**_tags("infra-od-multi", {"lifecycle": "OnDemand"}), ENABLED: ("true", True)},
    )
    yield GroupSpec(
        name="legacy-static",
        zones=zones[2:],
        min=1,
        max=2,
        desired=1,
        instance_types=("m5.xlarge",),
        tags=_tags("legacy-static", {"team": "legacy"}),
    )


def discovered(name: str, *, spot: bool = False) -> Tags:
    """The tags of a group that the cluster autoscaler discovers."""
    tags = _tags(name, {"lifecycle": "Ec2Spot" if spot else "OnDemand"})
    return {**tags, ENABLED: ("true", True)}


def _zonal(kind: str, zone: str, index: int) -> GroupSpec:
    name = f"{kind}-{zone[-1]}"
    batch, spot = kind == "batch-spot", kind != "web-od"
    labels = {"lifecycle": "Ec2Spot" if spot else "OnDemand"}
    if batch:
        labels["workload"] = "batch"
    tags = {**_tags(name, labels), ENABLED: _ENABLED_VALUES[kind][index]}
    if batch:
        tags[f"{TAINT_TAG}dedicated"] = ("batch:NoSchedule", False)
    return GroupSpec(
        name=name,
        zones=(zone,),
        min=1 if batch else 2,
        max=8 if batch else 12,
        desired=3 if batch else 4,
        instance_types=("m5.xlarge", "m5a.xlarge", "m6i.xlarge") if spot else ("m5.xlarge",),
        spot=spot,
        tags=tags,
    )


def _tags(name: str, labels: Mapping[str, str]) -> Tags:
    tags: Tags = {
        "Name": (f"{CLUSTER}-{name}", True),
        "team": ("platform", True),
        OWNED: ("owned", False),
        _CLUSTER_TAG: ("owned", True),
    }
    for key, value in labels.items():
        tags[LABEL_TAG + key] = (value, False)
    return tags
