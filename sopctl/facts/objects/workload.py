"""A Deployment or StatefulSet: its pod template, and whether its pods can leave a zone at all."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.node import ZONE
from sopctl.facts.objects.volumes import Zones
from sopctl.providers.k8s import K8s
from sopctl.providers.k8s_paths import collection

KINDS = ("k8s.deployment", "k8s.statefulset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """*kind* is the kind of its resource id; *rolls*: a changed template replaces its pods."""

    kind: str
    name: str  # namespace/name
    namespace: str
    uid: str
    version: str
    replicas: int
    paused: bool
    rolls: bool
    rolled_out: bool
    keeper: str
    selector: Obj | None
    template: Obj
    claims: tuple[str, ...]  # beginnings of ``namespace/claim``

    @property
    def spec(self) -> Obj:
        """The spec of its pods."""
        spec: Obj = self.template.get("spec") or {}
        return spec


def of_cluster(k8s: K8s) -> Sequence[Workload]:
    """All of them; two lists."""
    return [
        each for kind, reader in _READERS.items() for each in k8s.each(collection(kind), reader)
    ]


def read(kind: str, obj: Obj) -> Workload:
    spec = obj["spec"]
    return Workload(
        kind=kind,
        name=meta.full_name(obj),
        namespace=obj["metadata"]["namespace"],
        uid=meta.uid(obj),
        version=meta.version(obj),
        replicas=_replicas(spec),
        paused=bool(spec.get("paused")),
        rolls=_rolls(kind, spec),
        rolled_out=_rolled_out(obj),
        keeper=meta.keeper(obj),
        selector=spec.get("selector"),
        template=spec.get("template") or {},
        claims=tuple(_claims(obj)),
    )


_READERS = {kind: functools.partial(read, kind) for kind in KINDS}


def _replicas(spec: Obj) -> int:
    replicas = spec.get("replicas")
    return 1 if replicas is None else int(replicas)


def _rolls(kind: str, spec: Obj) -> bool:
    """A StatefulSet with OnDelete, or a partition above its ordinals, keeps its pods."""
    if kind != "k8s.statefulset":
        return True
    strategy = spec.get("updateStrategy") or {}
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    return strategy.get("type") != "OnDelete" and partition < _replicas(spec)


def _rolled_out(obj: Obj) -> bool:
    """As ``kubectl rollout status`` decides (``pkg/polymorphichelpers/rollout_status.go``)."""
    spec, status = obj["spec"], obj.get("status") or {}
    wanted = _replicas(spec)
    if (status.get("observedGeneration") or 0) < (obj["metadata"].get("generation") or 0):
        return False
    updated = int(status.get("updatedReplicas") or 0)
    return (
        updated >= wanted
        and int(status.get("replicas") or 0) <= updated
        and int(status.get("readyReplicas") or 0) >= wanted
    )


def _claims(obj: Obj) -> Iterable[str]:
    namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
    for each in obj["spec"].get("volumeClaimTemplates") or ():
        yield f"{namespace}/{each['metadata']['name']}-{name}-"
    for each in (obj["spec"].get("template") or {}).get("spec", {}).get("volumes") or ():
        if "persistentVolumeClaim" in each:
            yield f"{namespace}/{each['persistentVolumeClaim']['claimName']}"


def pinned(workload: Workload, zone: str, volumes: Mapping[str, Zones]) -> str:
    """Why relaxing its spread cannot free it from *zone*; empty: nothing known holds it."""
    affinity = workload.spec.get("affinity") or {}
    rules = (affinity.get("podAntiAffinity") or {}).get(_REQUIRED) or ()
    if any(each.get("topologyKey") == ZONE for each in rules):
        return "its anti-affinity over zones is required"
    if not zone:
        return ""
    if (workload.spec.get("nodeSelector") or {}).get(ZONE) == zone:
        return f"its node selector asks for {zone}"
    terms = ((affinity.get("nodeAffinity") or {}).get(_REQUIRED) or {}).get("nodeSelectorTerms")
    if terms and all(_only(zone, term) for term in terms):
        return f"its node affinity asks for {zone}"
    if any(_claimed(workload, claim) and zones == {zone} for claim, zones in volumes.items()):
        return f"a volume of it is in {zone} only"
    return ""


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _only(zone: str, term: Obj) -> bool:
    return any(
        each["key"] == ZONE and each["operator"] == "In" and each["values"] == [zone]
        for each in term.get("matchExpressions") or ()
    )


def _claimed(workload: Workload, claim: str) -> bool:
    return any(
        claim.startswith(each) if each.endswith("-") else claim == each for each in workload.claims
    )
