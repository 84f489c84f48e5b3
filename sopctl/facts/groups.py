"""Auto Scaling groups, as far as runbooks care."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sopctl.core.codec import Json
from sopctl.facts import purchase, templates
from sopctl.facts.templates import Template
from sopctl.providers.aws import Aws

NAMES_PER_CALL = 50  # DescribeAutoScalingGroups takes 50 names
PER_PAGE = 100
NODEGROUP = "eks:nodegroup-name"
_LABEL = "k8s.io/cluster-autoscaler/node-template/label/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """*propagate*: new instances get the tag too."""

    value: str
    propagate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An instance of a group; *state* is its lifecycle state, such as InService.

    *protected*: the group does not choose it when it shrinks.
    """

    id: str
    zone: str
    state: str
    health: str
    protected: bool = False

    @property
    def leaving(self) -> bool:
        return self.state.startswith(("Terminat", "Detach"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """*spot*: buys nothing but spot. *mixed*: buys both. *managed*: the EKS node group it is of.

    *suspended* maps processes to the reason given. *operator*: the only one that may change it.
    *target_groups*: ARNs of those that its instances are registered with. *protects_new*: instances
    are protected from scale-in when they launch. *rebalances_capacity*: a spot instance at risk is
    replaced before it is interrupted. *distribution*: its InstancesDistribution as the API has it.
    *types*: those it may launch, or those of its instances; none where attributes choose them.
    """

    name: str
    arn: str
    zones: tuple[str, ...]
    min: int
    max: int
    desired: int
    subnets: str = ""
    instances: tuple[Member, ...] = ()
    tags: Mapping[str, Tag] = field(default_factory=dict)
    suspended: Mapping[str, str] = field(default_factory=dict)
    mixed: bool = False
    spot: bool = False
    managed: str = ""
    operator: str = ""
    created: str = ""
    target_groups: tuple[str, ...] = ()
    protects_new: bool = False
    rebalances_capacity: bool = False
    distribution: Mapping[str, Json] = field(default_factory=dict)
    types: tuple[str, ...] = ()

    @property
    def on_demand(self) -> bool:
        """Whether it buys nothing but on demand."""
        return not self.spot and not self.mixed

    @property
    def staying(self) -> int:
        """Instances that are there and not on their way out."""
        return sum(not member.leaving for member in self.instances)


def of_cluster(aws: Aws, keys: Sequence[str], names: Sequence[str]) -> tuple[Group, ...]:
    """Groups with any of the tag *keys*, and the groups *names*.

    The filter ``tag-key`` with several values means any of them.
    Source: Auto Scaling API, DescribeAutoScalingGroups, Filters.
    """
    raw: dict[str, Mapping[str, Any]] = {}
    if keys:
        filters = [{"Name": "tag-key", "Values": list(keys)}]
        raw = {each["AutoScalingGroupName"]: each for each in _pages(aws, Filters=filters)}
    raw |= _by_name(aws, [name for name in names if name not in raw])
    return _typed(aws, raw.values())


def everything(aws: Aws) -> tuple[Group, ...]:
    """All groups of the account and region."""
    return _typed(aws, _pages(aws))


def named(aws: Aws, names: Iterable[str]) -> Mapping[str, Group]:
    """The groups of those names as they are right now; a name that is gone is left out.

    How they buy is not looked up: *spot* and *mixed* follow from the group alone.
    """
    found = _by_name(aws, sorted(set(names)))
    return {name: _group(each, frozenset()) for name, each in found.items()}


def _pages(aws: Aws, **query: object) -> list[Mapping[str, Any]]:
    """Raw groups; one that is being deleted is as good as gone: AWS refuses to change it."""
    found = aws.pages(
        "autoscaling",
        "describe_auto_scaling_groups",
        "AutoScalingGroups",
        MaxRecords=PER_PAGE,
        **query,
    )
    return [each for each in found if not str(each.get("Status", "")).startswith("Delete")]


def _by_name(aws: Aws, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(names), NAMES_PER_CALL):
        chunk = list(names[start : start + NAMES_PER_CALL])
        for each in _pages(aws, AutoScalingGroupNames=chunk):
            found[each["AutoScalingGroupName"]] = each
    return found


def _typed(aws: Aws, raw: Iterable[Mapping[str, Any]]) -> tuple[Group, ...]:
    found = list(raw)
    spot = templates.spot(aws, {t for each in found if (t := _template(each)) is not None})
    groups = [_group(each, spot) for each in found]
    return tuple(sorted(groups, key=lambda group: group.name))


def _group(raw: Mapping[str, Any], spot_templates: frozenset[Template]) -> Group:
    tags = {
        tag["Key"]: Tag(
            value=tag.get("Value") or "", propagate=bool(tag.get("PropagateAtLaunch", False))
        )
        for tag in raw.get("Tags") or ()
    }
    spot, mixed = _buys(raw, tags, spot_templates)
    return Group(
        name=raw["AutoScalingGroupName"],
        arn=raw.get("AutoScalingGroupARN", ""),
        zones=tuple(sorted(raw.get("AvailabilityZones") or ())),
        min=int(raw["MinSize"]),
        max=int(raw["MaxSize"]),
        desired=int(raw["DesiredCapacity"]),
        subnets=raw.get("VPCZoneIdentifier") or "",
        instances=tuple(_member(each) for each in raw.get("Instances") or ()),
        tags=tags,
        suspended={
            each["ProcessName"]: each.get("SuspensionReason") or ""
            for each in raw.get("SuspendedProcesses") or ()
        },
        mixed=mixed,
        spot=spot,
        managed=tags[NODEGROUP].value if NODEGROUP in tags else "",
        operator=str((raw.get("Operator") or {}).get("Principal", "")),
        created=str(raw.get("CreatedTime", "")),
        target_groups=tuple(raw.get("TargetGroupARNs") or ()),
        protects_new=bool(raw.get("NewInstancesProtectedFromScaleIn")),
        rebalances_capacity=bool(raw.get("CapacityRebalance")),
        distribution=(raw.get("MixedInstancesPolicy") or {}).get("InstancesDistribution") or {},
        types=_types(raw),
    )


def _member(raw: Mapping[str, Any]) -> Member:
    return Member(
        id=raw["InstanceId"],
        zone=raw.get("AvailabilityZone", ""),
        state=raw.get("LifecycleState", ""),
        health=raw.get("HealthStatus", ""),
        protected=bool(raw.get("ProtectedFromScaleIn")),
    )


def _buys(
    raw: Mapping[str, Any], tags: Mapping[str, Tag], spot_templates: frozenset[Template]
) -> tuple[bool, bool]:
    """(nothing but spot, both). Without a distribution AWS buys on demand: 100 % is its default."""
    policy = raw.get("MixedInstancesPolicy")
    if policy:
        shares = policy.get("InstancesDistribution") or {}
        base = int(shares.get("OnDemandBaseCapacity") or 0)
        percent = shares.get("OnDemandPercentageAboveBaseCapacity")
        above = 100 if percent is None else int(percent)
        return base == 0 and above == 0, above < 100 and (base > 0 or above > 0)  # noqa: PLR2004  # percent
    template = _template(raw)
    labels = {key.removeprefix(_LABEL): tag.value for key, tag in tags.items() if _LABEL in key}
    return template in spot_templates or purchase.of(labels) == "spot", False


def _types(raw: Mapping[str, Any]) -> tuple[str, ...]:
    launch = (raw.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    overrides = launch.get("Overrides") or ()
    if any("InstanceRequirements" in each for each in overrides):
        return ()
    named = [each["InstanceType"] for each in overrides if each.get("InstanceType")]
    running = {str(each.get("InstanceType", "")) for each in raw.get("Instances") or ()} - {""}
    return tuple(dict.fromkeys(named)) or tuple(sorted(running))


def _template(raw: Mapping[str, Any]) -> Template | None:
    found = raw.get("LaunchTemplate")
    if not found or not found.get("LaunchTemplateId"):
        return None
    return found["LaunchTemplateId"], str(found.get("Version") or "$Default")
