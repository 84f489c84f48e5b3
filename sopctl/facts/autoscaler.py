"""The cluster autoscaler: how it is deployed, and which groups it discovers.

Source: kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/auto_scaling_groups.go
(filters are ANDed over all flags) and config/flags/flags.go (names and defaults).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sopctl.core.errors import RefusedError
from sopctl.facts.groups import Group
from sopctl.providers.k8s import Obj

ENABLED = "k8s.io/cluster-autoscaler/enabled"
OF_CLUSTER = ("k8s.io/cluster-autoscaler/", "kubernetes.io/cluster/")
T = TypeVar("T")
_IMAGE = re.compile(r"(^|/)cluster-autoscaler[^/:@]*(:|@|$)")
_TAG = re.compile(r":v?(\d+\.\d+(\.\d+)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryTag:
    """A tag that a group must have; *value* None is: any value."""

    key: str
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaler:
    """*discovery_keys* are the keys to remove from a group to hide it: the fewest.

    *explicit* are groups given by name (``--nodes``), which no tag can drop. *status* is the name
    of the ConfigMap it writes its status to, in *status_namespace*; empty if it writes none.
    """

    namespace: str
    name: str
    version: str
    container: str = ""
    replicas: int = 0
    ready: int = 0
    discovery: tuple[DiscoveryTag, ...] = ()
    discovery_keys: tuple[str, ...] = ()
    explicit: tuple[str, ...] = ()
    status: str = "cluster-autoscaler-status"
    status_namespace: str = "kube-system"
    expander: str = ""
    balance_similar: bool = False
    scale_down_enabled: bool = True
    ok_total_unready_count: int = 3
    max_total_unready_percentage: float = 45.0
    flags: Mapping[str, str] = field(default_factory=dict)

    def discovers(self, group: Group) -> bool:
        """Whether the tags of *group* are all that it looks for."""
        return bool(self.discovery) and all(
            each.key in group.tags and each.value in (None, group.tags[each.key].value)
            for each in self.discovery
        )

    def scales(self, group: Group) -> bool:
        """Whether it scales *group*, by tags or by name."""
        return group.name in self.explicit or self.discovers(group)

    @property
    def cluster(self) -> str:
        """The name of the cluster, if a discovery key carries it."""
        for each in self.discovery:
            for prefix in OF_CLUSTER:
                rest = each.key.removeprefix(prefix)
                if rest not in (each.key, "enabled") and "/" not in rest:
                    return rest
        return ""


def only(found: Sequence[Autoscaler]) -> Autoscaler:
    """The one autoscaler there is; RefusedError if there is none, or more than one."""
    if not found:
        raise RefusedError(
            "there is no cluster autoscaler in this cluster",
            hint="Look for a Deployment whose image is cluster-autoscaler; Karpenter needs others.",
        )
    if len(found) > 1:
        names = ", ".join(f"{each.namespace}/{each.name}" for each in found)
        raise RefusedError(
            f"there are {len(found)} cluster autoscalers: {names}",
            hint="Name the groups and the tag keys in the runbook.",
        )
    return found[0]


def together(found: Sequence[Autoscaler]) -> Autoscaler:
    """All of them as one, for expressions: the first, with what hides a group from any of them.

    Without any, one without a name that looks for nothing.
    """
    if not found:
        return Autoscaler(namespace="", name="", version="")
    return replace(
        found[0],
        discovery=_each_once(tag for one in found for tag in one.discovery),
        discovery_keys=_each_once(key for one in found for key in one.discovery_keys),
        explicit=_each_once(name for one in found for name in one.explicit),
    )


def _each_once(many: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(many))


def among(deployments: Iterable[Obj]) -> tuple[Autoscaler, ...]:
    """The cluster autoscalers among *deployments*; sharded clusters have more than one."""
    found = (of(each) for each in deployments)
    return tuple(each for each in found if each is not None)


def of(deployment: Obj) -> Autoscaler | None:
    """The cluster autoscaler that *deployment* is, if it is one."""
    spec = deployment.get("spec", {}).get("template", {}).get("spec", {})
    for container in spec.get("containers") or ():
        if _IMAGE.search(container.get("image", "")):
            return _described(deployment, container)
    return None


def _described(deployment: Obj, container: Mapping[str, Any]) -> Autoscaler:
    flags = parse_flags([*(container.get("command") or ()), *(container.get("args") or ())])
    last = {name: values[-1] for name, values in flags.items()}
    discovery = _discovery(flags.get("node-group-auto-discovery", ()))
    version = _TAG.search(container.get("image", ""))
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    return Autoscaler(
        namespace=metadata["namespace"],
        name=metadata["name"],
        version=version.group(1) if version else "",
        container=container.get("name", ""),
        replicas=int(deployment.get("spec", {}).get("replicas", 1)),
        ready=int(status.get("readyReplicas") or 0),
        discovery=discovery,
        discovery_keys=pivot(discovery),
        explicit=tuple(each.split(":", 2)[-1] for each in flags.get("nodes", ())),
        status=_status_name(last),
        status_namespace=last.get("namespace", "kube-system"),
        expander=last.get("expander", ""),
        balance_similar=_true(last.get("balance-similar-node-groups", "false")),
        scale_down_enabled=_true(last.get("scale-down-enabled", "true")),
        ok_total_unready_count=int(last.get("ok-total-unready-count", "3")),
        max_total_unready_percentage=float(last.get("max-total-unready-percentage", "45")),
        flags={name: ",".join(values) for name, values in flags.items()},
    )


def _status_name(flags: Mapping[str, str]) -> str:
    if not _true(flags.get("write-status-configmap", "true")):
        return ""
    return flags.get("status-config-map-name", "cluster-autoscaler-status")


def pivot(discovery: Sequence[DiscoveryTag]) -> tuple[str, ...]:
    """The one key to remove: all are needed to be discovered, so one is enough.

    Never the key that says which cluster the group belongs to, if there is another: policies
    (IAM conditions) and we ourselves find the group by that one on the way back.
    """
    keys = [each.key for each in discovery]
    if ENABLED in keys:
        return (ENABLED,)
    others = [key for key in keys if not key.startswith(OF_CLUSTER)]
    return tuple((others or keys)[:1])


def parse_flags(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Go flags from a command line: ``--a=b``, ``--a b``, ``-a``; repeated ones in order."""
    split = [part for word in words for part in (shlex.split(word) if " --" in word else [word])]
    found: dict[str, list[str]] = {}
    for index, word in enumerate(split):
        if not word.startswith("-"):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not equals:
            following = split[index + 1] if index + 1 < len(split) else "-"
            value = "true" if following.startswith("-") else following
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def _discovery(specs: Iterable[str]) -> tuple[DiscoveryTag, ...]:
    """``asg:tag=k1,k2=v2``; several flags are one list."""
    found: dict[str, DiscoveryTag] = {}
    for spec in specs:
        kind, _, tags = spec.partition(":tag=")
        if kind != "asg":
            continue
        for part in filter(None, tags.split(",")):
            key, equals, value = part.partition("=")
            found[key] = DiscoveryTag(key=key, value=value if equals else None)
    return tuple(found.values())


def _true(text: str) -> bool:
    return text.lower() in ("true", "t", "1")
