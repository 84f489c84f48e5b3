"""Volumes that live in one zone: pods that use them cannot run in another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.node import ZONE
from sopctl.providers.k8s import K8s

_KEYS = frozenset({ZONE, "topology.ebs.csi.aws.com/zone", "failure-domain.beta.kubernetes.io/zone"})

Zones: TypeAlias = frozenset[str]


def zones_by_claim(k8s: K8s) -> Mapping[str, Zones]:
    """``namespace/claim`` to the zones its volume can be used in, for claims bound to such volumes.

    The claim named in a volume's ``claimRef`` is the one it is bound to.
    """
    found: dict[str, Zones] = {}
    for obj in k8s.list("/api/v1/persistentvolumes"):
        claim, zones = obj["spec"].get("claimRef"), _zones(obj)
        if claim and zones:
            found[f"{claim['namespace']}/{claim['name']}"] = zones
    return found


def _zones(volume: Obj) -> Zones:
    named = meta.labels(volume).get(ZONE)
    zones = {named} if named else set()
    required = (volume["spec"].get("nodeAffinity") or {}).get("required") or {}
    for term in required.get("nodeSelectorTerms") or ():
        for each in term.get("matchExpressions") or ():
            if each["key"] in _KEYS and each["operator"] == "In":
                zones.update(each["values"])
    return frozenset(zones)
