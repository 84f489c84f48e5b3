"""What runs in the cluster: workloads with their spread, and what scales them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sopctl.providers.k8s import Obj

_OWNERS = {
    "argocd.argoproj.io/instance": "Argo CD",
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "meta.helm.sh/release-name": "Helm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One topology spread constraint; *hard* is DoNotSchedule."""

    key: str
    max_skew: int
    hard: bool
    honors_taints: bool
    min_domains: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A Deployment or StatefulSet. *managed_by*: the tool that will revert a change, if any."""

    kind: str
    namespace: str
    name: str
    uid: str
    replicas: int
    ready: int
    spread: tuple[Spread, ...] = ()
    managed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hpa:
    """*select_policy* of scaling down: Max, Min or Disabled; empty where it is not set.

    *paced*: it says something about scaling down.
    """

    namespace: str
    name: str
    uid: str
    min: int
    max: int
    current: int
    target: str
    select_policy: str = ""
    paced: bool = False


def workload(kind: str, obj: Obj) -> Workload:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    pod = (spec.get("template") or {}).get("spec") or {}
    return Workload(
        kind=kind,
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        replicas=int(spec.get("replicas", 1)),
        ready=int(status.get("readyReplicas") or 0),
        spread=tuple(_spread(each) for each in pod.get("topologySpreadConstraints") or ()),
        managed_by=managed_by(metadata),
    )


def hpa(obj: Obj) -> Hpa:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    target = spec.get("scaleTargetRef") or {}
    down = (spec.get("behavior") or {}).get("scaleDown") or {}
    return Hpa(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        min=int(spec.get("minReplicas") or 1),
        max=int(spec.get("maxReplicas") or 0),
        current=int(status.get("currentReplicas") or 0),
        target=f"{target.get('kind', '')}/{target.get('name', '')}",
        select_policy=down.get("selectPolicy") or "",
        paced=bool(down),
    )


def managed_by(metadata: Mapping[str, Any]) -> str:
    """The GitOps tool whose labels or annotations an object carries, or empty."""
    said = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    return next((tool for key, tool in _OWNERS.items() if key in said), "")


def _spread(raw: Mapping[str, Any]) -> Spread:
    return Spread(
        key=raw.get("topologyKey", ""),
        max_skew=int(raw.get("maxSkew") or 1),
        hard=(raw.get("whenUnsatisfiable") or "DoNotSchedule") == "DoNotSchedule",
        honors_taints=raw.get("nodeTaintsPolicy") == "Honor",
        min_domains=int(raw.get("minDomains") or 0),
    )
