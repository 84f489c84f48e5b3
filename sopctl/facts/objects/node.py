"""A node: where it is, and what it can take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.quantity import parse

ZONE = "topology.kubernetes.io/zone"
ZONE_ID = "topology.k8s.aws/zone-id"  # set by EKS
_PREFERENCE = "PreferNoSchedule"
_OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: str
    uid: str
    version: str
    zone: str
    ready: bool
    unschedulable: bool
    taints: tuple[str, ...] = ()  # keys
    hard_taints: tuple[str, ...] = ()  # of those, the ones that keep pods away
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    instance: str = ""  # such as i-0abc, of aws:///us-east-1a/i-0abc
    allocatable: Mapping[str, Decimal] = field(default_factory=dict)


def read(obj: Obj) -> Node:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    labels = meta.labels(obj)
    return Node(
        name=obj["metadata"]["name"],
        uid=meta.uid(obj),
        version=meta.version(obj),
        zone=labels.get(ZONE) or labels.get(_OLD_ZONE) or "",
        ready=condition(status, "Ready") == "True",
        unschedulable=bool(spec.get("unschedulable")),
        taints=tuple(each["key"] for each in spec.get("taints") or ()),
        hard_taints=tuple(
            each["key"] for each in spec.get("taints") or () if each.get("effect") != _PREFERENCE
        ),
        labels=labels,
        annotations=meta.annotated(obj),
        instance=str(spec.get("providerID") or "").rpartition("/")[2],
        allocatable={k: parse(v) for k, v in (status.get("allocatable") or {}).items()},
    )


def condition(status: Obj, kind: str) -> str:
    """The status of a condition: ``True``, ``False``, ``Unknown``, or ``""`` if it is not there."""
    for each in status.get("conditions") or ():
        if each["type"] == kind:
            return str(each["status"])
    return ""


def zone_name(wanted: str, nodes: Iterable[Node], ask: Callable[[], str]) -> str:
    """The name of the zone with the name or id *wanted*.

    The labels of the nodes tell, so that AWS need not answer; *ask* is for a zone without nodes.
    """
    for each in nodes:
        if wanted in (each.zone, each.labels.get(ZONE_ID)):
            return each.zone
    return ask()
