"""What reading each fact takes, for whoever says what a runbook has to be allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_DEPLOYMENTS = "k8s:list deployments.apps"  # where autoscalers are, and the cluster's name
_ZONES = "ec2:DescribeAvailabilityZones"
_NODES = "k8s:list nodes"  # whose labels name the zones while AWS is silent

NEEDS: Mapping[str, tuple[str, ...]] = {
    "autoscaler": (_DEPLOYMENTS,),
    "balancers": (
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
        "k8s:list targetgroupbindings.elbv2.k8s.aws",
        _DEPLOYMENTS,
    ),
    "cluster": ("k8s:get /version", _DEPLOYMENTS),
    "eks": ("eks:DescribeCluster", _DEPLOYMENTS),
    "groups": (
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
        _DEPLOYMENTS,
    ),
    "handlers": ("k8s:list daemonsets.apps", _DEPLOYMENTS),
    "hpas": ("k8s:list horizontalpodautoscalers.autoscaling",),
    "nodes": (_NODES,),
    "pods": ("k8s:list pods",),
    "policies": (
        "k8s:get /apis/admissionregistration.k8s.io/v1",
        "k8s:get /apis/policies.kyverno.io/v1",
        "k8s:list mutatingadmissionpolicies.admissionregistration.k8s.io",
        "k8s:list mutatingpolicies.policies.kyverno.io",
        "k8s:list mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    ),
    "workloads": (_DEPLOYMENTS, "k8s:list statefulsets.apps"),
    "zones": (_ZONES, _NODES),
}
"""By the name of the fact in expressions; *balancers*, *handlers* and *pods* are none of these."""


def of(*facts: str) -> tuple[str, ...]:
    """What it takes to read all of *facts*, each permission once."""
    return together(NEEDS[each] for each in facts)


def together(many: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """All of them, each once, in the order in which they come first."""
    return tuple(dict.fromkeys(each for some in many for each in some))
