"""The identity policy of IAM that allows what a runbook needs, and nothing else.

Which actions can be held to resources and conditions: Service Authorization Reference, the pages of
EC2 Auto Scaling, EKS, Application Recovery Controller zonal shift and IAM. What only describes or
lists is of ``*`` there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.codec import Json
from sopctl.core.permission import Right
from sopctl.permissions.gather import Need
from sopctl.permissions.scope import ANY, Scope, keys, refuse_removed

VERSION = "2012-10-17"
FREE = frozenset({("sts", "GetCallerIdentity")})  # needs no permission (STS API reference)


@dataclass(frozen=True, slots=True)
class Bound:
    """To what an action is held: a name for it, ARNs, and whether by the tag of the cluster."""

    name: str
    resources: tuple[str, ...] = (ANY,)
    tagged: bool = False
    keyed: bool = False


def policy(needs: Sequence[Need], scope: Scope) -> Mapping[str, Json]:
    """The policy document; UsageError if it would deny the way back."""
    refuse_removed(needs, scope)
    return written(needs, scope)


def written(needs: Sequence[Need], scope: Scope) -> Mapping[str, Json]:
    """The policy document, whatever it denies."""
    allowed = keys(needs, scope)
    bounds: dict[Bound, set[str]] = {}
    for need in needs:
        right = need.right
        if right.aws and (right.service, right.act) not in FREE:
            bounds.setdefault(bound_of(right, scope), set()).add(f"{right.service}:{right.act}")
    return {
        "Version": VERSION,
        "Statement": [
            _statement(bound, bounds[bound], scope, allowed)
            for bound in sorted(bounds, key=lambda each: each.name)
        ],
    }


def _statement(
    bound: Bound, actions: set[str], scope: Scope, allowed: Sequence[str]
) -> Mapping[str, Json]:
    conditions: dict[str, Json] = {}
    key, value = scope.belonging
    if bound.tagged and key:
        conditions["StringEquals"] = {f"aws:ResourceTag/{key}": value}
    if bound.keyed:
        conditions["ForAllValues:StringLike"] = {"aws:TagKeys": list(allowed)}
    return {
        "Sid": bound.name,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": list(bound.resources) if len(bound.resources) > 1 else bound.resources[0],
        **({"Condition": conditions} if conditions else {}),
    }


def bound_of(right: Right, scope: Scope) -> Bound:
    """Where one action can be held to something."""
    arn = f"arn:{scope.partition}:{{}}:{scope.region}:{scope.account}:"
    cluster = scope.cluster or ANY
    group = arn.format("autoscaling") + "autoScalingGroup:*:autoScalingGroupName/*"
    eks = arn.format("eks")
    if right.service == "eks":
        what = f"nodegroup/{cluster}/*/*" if "Nodegroup" in right.act else f"cluster/{cluster}"
        return Bound("Nodegroups" if "Nodegroup" in right.act else "Cluster", (eks + what,))
    if right.service == "iam":
        roles = f"arn:{scope.partition}:iam::{scope.account}:role/*"
        return Bound("Preflight", (roles,))
    if right.service == "ssm":
        return Bound("Parameters", (arn.format("ssm") + "parameter/*",))
    if right.act.startswith(("Describe", "List", "Get")):
        return Bound("Read")
    if right.service == "events":
        return Bound("Rules", (arn.format("events") + "rule/*",))
    if right.service == "autoscaling":
        keyed = bool(right.tags)
        return Bound("GroupTags" if keyed else "Groups", (group,), tagged=True, keyed=keyed)
    if right.service == "arc-zonal-shift":
        balancers = arn.format("elasticloadbalancing") + "loadbalancer/*"
        return Bound("ZonalShift", (f"{eks}cluster/{cluster}", balancers, group))
    return Bound("Other")
