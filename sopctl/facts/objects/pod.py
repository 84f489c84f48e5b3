"""A pod: where it runs, who owns it, and whether it can leave.

Pods are the most of what a cluster has, and those of one owner are alike: what they share is kept
once for all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sopctl.facts.objects import json_text, meta, spread
from sopctl.facts.objects.meta import Obj, Owner
from sopctl.facts.objects.node import condition
from sopctl.facts.objects.quantity import parse

_MIRROR = "kubernetes.io/config.mirror"
_KINDS_OF_PODS = 8192  # different ones that are remembered
_ASKS = (
    "containers",
    "initContainers",
    "overhead",
    "nodeSelector",
    "tolerations",
    "topologySpreadConstraints",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a pod asks of its place: labels of the node, amounts, and what it puts up with.

    *tolerates*: keys of taints, ``*`` is any. *spread*: keys of its hard constraints.
    """

    selector: Mapping[str, str]
    tolerates: frozenset[str]
    spread: tuple[str, ...]
    requests: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """*waits* is what the scheduler says while it finds no node for the pod, else empty."""

    namespace: str
    name: str
    uid: str
    version: str
    node: str
    phase: str
    ready: bool
    terminating: bool
    created: datetime | None
    priority: int
    owner: Owner | None
    mirror: bool
    empty_dir: bool
    waits: str
    place: Place
    labels: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()  # names of persistent volume claims

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def finished(self) -> bool:
        return self.phase in ("Succeeded", "Failed")

    @property
    def blocked(self) -> bool:
        """A topology spread constraint is among the reasons."""
        return spread.BLOCKED in self.waits

    @property
    def requests(self) -> Mapping[str, Decimal]:
        return self.place.requests

    @property
    def daemon(self) -> bool:
        return self.owner is not None and self.owner.kind == "DaemonSet"


def read(obj: Obj) -> Pod:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    volumes = spec.get("volumes") or ()
    return Pod(
        namespace=sys.intern(metadata["namespace"]),
        name=metadata["name"],
        uid=meta.uid(obj),
        version=meta.version(obj),
        node=sys.intern(spec.get("nodeName") or ""),
        phase=sys.intern(status.get("phase") or "Pending"),
        ready=condition(status, "Ready") == "True",
        terminating=meta.terminating(obj),
        created=meta.created(obj),
        priority=int(spec.get("priority") or 0),
        owner=_owner(obj),
        mirror=_MIRROR in meta.annotated(obj),
        empty_dir=any("emptyDir" in each for each in volumes),
        waits=_waits(spec, status),
        place=_place(json_text.dumped({key: spec[key] for key in _ASKS if key in spec})),
        labels=_labels(json_text.dumped(meta.labels(obj))),
        claims=tuple(
            each["persistentVolumeClaim"]["claimName"]
            for each in volumes
            if "persistentVolumeClaim" in each
        ),
    )


def _owner(obj: Obj) -> Owner | None:
    found = meta.controller(obj)
    return None if found is None else _same_owner(found)


@lru_cache(maxsize=_KINDS_OF_PODS)
def _same_owner(owner: Owner) -> Owner:
    return owner


@lru_cache(maxsize=_KINDS_OF_PODS)
def _labels(text: str) -> Mapping[str, str]:
    labels: Mapping[str, str] = json_text.parsed(text)
    return labels


@lru_cache(maxsize=_KINDS_OF_PODS)
def _place(text: str) -> Place:
    """Of the JSON of the members _ASKS of a spec."""
    spec: Obj = json_text.parsed(text)
    return Place(
        selector=spec.get("nodeSelector") or {},
        tolerates=frozenset(str(e.get("key") or "*") for e in spec.get("tolerations") or ()),
        spread=spread.hard_keys(spec),
        requests=requests(spec),
    )


def requests(spec: Obj) -> Mapping[str, Decimal]:
    """What a pod asks of a node: containers and sidecars together, or its largest init container.

    Source: k8s.io/component-helpers/resource ``PodRequests``, without pod-level resources.
    """
    total: dict[str, Decimal] = {"pods": Decimal(1)}
    for container in spec.get("containers") or ():
        _add(total, _asked(container))
    largest: dict[str, Decimal] = {}
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            _add(total, _asked(container))
        for name, amount in _asked(container).items():
            largest[name] = max(largest.get(name, Decimal(0)), amount)
    for name, amount in largest.items():
        total[name] = max(total.get(name, Decimal(0)), amount)
    _add(total, {name: parse(text) for name, text in (spec.get("overhead") or {}).items()})
    return total


def _asked(container: Obj) -> Mapping[str, Decimal]:
    asked = (container.get("resources") or {}).get("requests") or {}
    return {name: parse(text) for name, text in asked.items()}


def _add(total: dict[str, Decimal], more: Mapping[str, Decimal]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Decimal(0)) + amount


def _waits(spec: Obj, status: Obj) -> str:
    if spec.get("nodeName") or (status.get("phase") or "Pending") != "Pending":
        return ""
    for each in status.get("conditions") or ():
        if each["type"] == "PodScheduled" and each.get("reason") == "Unschedulable":
            return str(each.get("message") or "unschedulable") if each["status"] == "False" else ""
    return ""
