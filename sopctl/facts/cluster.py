"""The name of the cluster, and which Auto Scaling groups belong to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from sopctl.facts import groups
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.groups import Group
from sopctl.providers.aws import Aws
from sopctl.providers.k8s import K8s

EKS_NAME = "eks:cluster-name"
_NAME_FLAGS = ("--cluster-name", "--cluster-id", "-i")


def name_in_kubeconfig(k8s: K8s) -> str:
    """The EKS name that `aws eks update-kubeconfig` or an exec plugin wrote down, or empty."""
    context, user = k8s.entries
    arn = str(context.get("cluster", ""))
    if arn.startswith("arn:") and ":cluster/" in arn:
        return arn.rpartition("/")[2]
    args = [str(each) for each in (user.get("exec") or {}).get("args") or ()]
    for flag, value in itertools.pairwise(args):
        if flag in _NAME_FLAGS:
            return value
    return ""


def tag_keys(name: str) -> tuple[str, ...]:
    """The keys of tags that tie a group to the cluster *name*."""
    return (f"kubernetes.io/cluster/{name}", f"k8s.io/cluster-autoscaler/{name}", EKS_NAME)


def read_groups(
    aws: Aws, name: str, autoscalers: Sequence[Autoscaler], instances: Iterable[str]
) -> tuple[Group, ...]:
    """The groups of the cluster *name*, by tags or because the autoscaler is told of them.

    Without a name (nobody wrote it down) they are the groups that *instances*, the ids behind the
    nodes, are members of.
    """
    explicit = [group for each in autoscalers for group in each.explicit]
    if name:
        keys = tag_keys(name)
        discovery = [tag.key for each in autoscalers for tag in each.discovery]
        found = groups.of_cluster(aws, tuple(dict.fromkeys((*keys, *discovery))), explicit)
        return tuple(each for each in found if _belongs(each, name, autoscalers))
    members = set(instances)
    return tuple(
        each
        for each in groups.everything(aws)
        if any(member.id in members for member in each.instances)
        or any(autoscaler.scales(each) for autoscaler in autoscalers)
    )


def _belongs(group: Group, name: str, autoscalers: Sequence[Autoscaler]) -> bool:
    cluster, autoscaler, eks = tag_keys(name)
    if cluster in group.tags or autoscaler in group.tags:
        return True
    if eks in group.tags:
        return group.tags[eks].value == name
    return any(each.scales(group) for each in autoscalers)
