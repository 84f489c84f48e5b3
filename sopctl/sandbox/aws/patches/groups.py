"""Groups that only *want*: instances follow at the next tick, as on AWS, never inside the call.

Gaps of moto 5.2 closed here: every update erased the mixed instances policy; all instances landed
in the first subnet; a create with a name in use overwrote the group; sizes out of bounds were
taken; a policy with only ``InstancesDistribution`` was an error 500; many members were dropped.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore import xform_name
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from sopctl.sandbox.aws.patches.instances import SandboxMember, zone_ids

# Parameters of the API are JSON of many shapes, parsed by moto from botocore's model.
Params = dict[str, Any]

# Members that moto accepts on create and update and never returns.
STORED = (
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
    "CapacityRebalance",
    "CapacityReservationSpecification",
    "Context",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "DeletionProtection",
    "DesiredCapacityType",
    "InstanceLifecyclePolicy",
    "InstanceMaintenancePolicy",
    "MaxInstanceLifetime",
    "PlacementGroup",
    "TerminationPolicies",
)
# What AWS fills in when a policy does not say (API reference, InstancesDistribution).
DISTRIBUTION = {
    "OnDemandAllocationStrategy": "prioritized",
    "OnDemandBaseCapacity": 0,
    "OnDemandPercentageAboveBaseCapacity": 100,
    "SpotAllocationStrategy": "lowest-price",
    "SpotInstancePools": 2,
}


class SandboxGroup(FakeAutoScalingGroup):
    """A group whose size is a wish, whose suspensions have reasons, and which keeps activities."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # moto's own signature
        self.suspensions: dict[str, str] = {}
        self.activities: list[dict[str, Any]] = []
        # Why the size that is wanted is what it is, until it has been reached.
        self.wish = ""
        # Zone -> when a launch failed there last.
        self.failures: dict[str, datetime] = {}
        # What it wanted when it was last found content; see ``sopctl.sandbox.aws.rest``.
        self.rest: tuple[object, ...] | None = None
        self.include_instances = True
        kwargs["mixed_instances_policy"] = copy.deepcopy(kwargs.get("mixed_instances_policy"))
        super().__init__(*args, **kwargs)
        self.created_time = utcnow()  # type: ignore[assignment]  # serialised; moto keeps text
        if self.mixed_instances_policy:
            self.mixed_instances_policy = complete(self.mixed_instances_policy)

    @property
    def instances(self) -> list[InstanceState]:
        return self.instance_states if self.include_instances else []

    @property
    def availability_zone_ids(self) -> list[str]:
        return zone_ids(self, list(self.availability_zones))

    @property
    def suspended_processes(self) -> list[dict[str, str]]:
        return [
            {"ProcessName": name, "SuspensionReason": reason}
            for name, reason in self.suspensions.items()
        ]

    @suspended_processes.setter
    def suspended_processes(self, processes: list[str]) -> None:
        self.suspensions = {
            name: self.suspensions.get(name, suspension_reason()) for name in processes
        }

    def set_desired_capacity(self, new_capacity: int | None) -> None:
        """Remember the wish; the reconciler launches and terminates."""
        wanted = self.min_size if new_capacity is None else new_capacity
        self.want(wanted or 0, "a user request explicitly set group desired capacity")

    def want(self, wanted: int, because: str) -> None:
        """Wish for *wanted* instances; what changed the wish is told with what follows of it."""
        before = getattr(self, "desired_capacity", None) or 0
        self.desired_capacity = wanted
        if wanted != before:
            self.wish += (
                f"At {utcnow():%Y-%m-%dT%H:%M:%SZ} {because} changing the desired capacity from "
                f"{before} to {wanted}.  "
            )

    def replace_autoscaling_group_instances(
        self, count_needed: int, propagated_tags: dict[str, str]
    ) -> None:
        """Nothing: an instance that went missing is replaced by the reconciler."""

    def members(self) -> Iterator[SandboxMember]:
        """The instances with their memory."""
        for member in self.instance_states:
            if isinstance(member, SandboxMember):
                yield member

    def adopt(self, params: Mapping[str, Any]) -> None:
        """Take over the members of a request that moto drops."""
        for name in STORED:
            if params.get(name) is not None:
                setattr(self, xform_name(name), params[name])

    def resize(self, params: Mapping[str, Any]) -> None:
        """Apply new bounds; a size that fell outside moves with them.

        Source: API reference of UpdateAutoScalingGroup, notes on MinSize and MaxSize.
        """
        self.min_size = params.get("MinSize", self.min_size)
        self.max_size = params.get("MaxSize", self.max_size)
        wanted = params.get("DesiredCapacity", self.desired_capacity)
        assert self.min_size is not None
        assert self.max_size is not None
        wanted = min(max(wanted, self.min_size), self.max_size)
        self.want(
            wanted,
            f"a user request update of AutoScalingGroup constraints to min: {self.min_size}, "
            f"max: {self.max_size}, desired: {wanted}",
        )

    def merge_policy(self, policy: Params) -> None:
        """Change the parts of the mixed instances policy that *policy* has, keep the others."""
        merged = {**(self.mixed_instances_policy or {}), **copy.deepcopy(policy)}
        if "LaunchTemplate" not in merged:
            raise ValidationError("You must include a launch template in the mixed policy.")
        self.mixed_instances_policy = complete(merged)
        if "LaunchTemplate" in policy:
            self._set_launch_configuration("", {}, self.mixed_instances_policy)


def complete(policy: Params) -> Params:
    """The policy as AWS returns it: defaults filled in; omitted sub-fields take defaults."""
    launch = {"Overrides": [], **policy["LaunchTemplate"]}
    distribution = {**DISTRIBUTION, **policy.get("InstancesDistribution", {})}
    if "DistributionSegments" in distribution:
        distribution.pop("OnDemandPercentageAboveBaseCapacity")
    if distribution["SpotAllocationStrategy"] != "lowest-price":
        distribution.pop("SpotInstancePools")
    return {"LaunchTemplate": launch, "InstancesDistribution": distribution}


def suspension_reason() -> str:
    """As AWS words it: ``User suspended at 2026-11-21T10:00:00Z``."""
    return f"User suspended at {utcnow():%Y-%m-%dT%H:%M:%SZ}"


class CapacityResponses(AutoScalingResponse):
    """Creating, changing and sizing groups."""

    def group(self) -> SandboxGroup:
        """The group the request names, or the ValidationError that AWS answers."""
        name = self._get_param("AutoScalingGroupName")
        return find_group(self, name)

    def create_auto_scaling_group(self) -> ActionResult:
        params: Params = self._get_params()
        name = params["AutoScalingGroupName"]
        if name in self.autoscaling_backend.autoscaling_groups:
            raise AutoscalingClientError(
                "AlreadyExists",
                f"AutoScalingGroup by this name already exists - A group with the name {name} "
                "already exists",
            )
        check_sizes(params, params["MinSize"], params["MaxSize"])
        super().create_auto_scaling_group()
        self.group().adopt(params)
        return EmptyResult()

    def update_auto_scaling_group(self) -> ActionResult:
        params: Params = self._get_params()
        group = self.group()
        given = ("LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy")
        if sum(bool(params.get(name)) for name in given) > 1:
            raise ValidationError(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName "
                "or MixedInstancesPolicy parameter."
            )
        check_sizes(
            params,
            params.get("MinSize", group.min_size or 0),
            params.get("MaxSize", group.max_size or 0),
        )
        _change_place_and_template(group, params)
        group.resize(params)
        group.adopt(params)
        return EmptyResult()

    def set_desired_capacity(self) -> ActionResult:
        group = self.group()
        wanted = self._get_int_param("DesiredCapacity")
        assert wanted is not None
        for bound, value, beyond in (
            ("above max", group.max_size, wanted > (group.max_size or 0)),
            ("below min", group.min_size, wanted < (group.min_size or 0)),
        ):
            if beyond:
                raise ValidationError(
                    f"New SetDesiredCapacity value {wanted} is {bound} value {value} "
                    "for the AutoScalingGroup."
                )
        group.set_desired_capacity(wanted)
        return EmptyResult()


def _change_place_and_template(group: SandboxGroup, params: Params) -> None:
    group._set_azs_and_vpcs(  # noqa: SLF001  # the subclass's own
        params.get("AvailabilityZones", []), params.get("VPCZoneIdentifier"), update=True
    )
    if params.get("MixedInstancesPolicy"):
        group.merge_policy(params["MixedInstancesPolicy"])
    elif params.get("LaunchTemplate") or params.get("LaunchConfigurationName"):
        group.mixed_instances_policy = None
        group._set_launch_configuration(  # noqa: SLF001  # the subclass's own
            params.get("LaunchConfigurationName", ""), params.get("LaunchTemplate", {}), None
        )
    for name in ("HealthCheckGracePeriod", "HealthCheckType", "NewInstancesProtectedFromScaleIn"):
        if params.get(name) is not None:
            setattr(group, xform_name(name), params[name])


def check_sizes(params: Params, lowest: int, highest: int) -> None:
    """Refuse bounds that cross and a size outside them, as AWS does."""
    if lowest > highest:
        raise ValidationError(
            f"Max bound, {highest}, must be greater than or equal to min bound, {lowest}"
        )
    wanted = params.get("DesiredCapacity")
    if wanted is not None and not lowest <= wanted <= highest:
        raise ValidationError(
            f"Desired capacity:{wanted} must be between the specified min size:{lowest} "
            f"and max size:{highest}"
        )


def find_group(response: AutoScalingResponse, name: str) -> SandboxGroup:
    """The group called *name*, or the ValidationError that AWS answers; moto raised KeyError."""
    group = response.autoscaling_backend.autoscaling_groups.get(name)
    if not isinstance(group, SandboxGroup):
        raise ValidationError(
            f"AutoScalingGroup name not found - AutoScalingGroup {name} not found"
        )
    return group
