"""``ready.webhooks``: webhooks that everything waits for answer from two zones.

With ``failurePolicy: Fail`` nothing that they are about can be made while none of their pods
answers, not even what would make them answer again.
Source: kubernetes.io, "Dynamic Admission Control", failure policy (Fail is the default).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.core.errors import NotFoundError
from sopctl.facts import needs
from sopctl.facts.objects.pod import Pod
from sopctl.facts.world import World

_ROOT = "/apis/admissionregistration.k8s.io/v1"
_KINDS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zones* in which ready pods have to be."""

    zones: int = 2


def look(world: World, params: Params) -> Verdict:
    """A webhook with a URL is outside of the cluster, and not looked at."""
    services = {
        (str(service["namespace"]), str(service["name"])): name
        for name, service in _waited_for(world)
    }
    zone_of = {each.name: each.zone for each in world.facts.nodes()}
    rows = []
    for (namespace, service), name in sorted(services.items()):
        pods = [each for each in _behind(world, namespace, service) if each.node in zone_of]
        zones = {zone_of[each.node] for each in pods}
        if len(zones) < params.zones:
            where = ", ".join(sorted(zones)) or "no zone"
            rows.append(f"{name}: {len(pods)} ready pods of {namespace}/{service}, in {where}")
    detail = f"{len(rows)} of {len(services)} webhooks that everything waits for depend on one zone"
    return Verdict(holds=not rows, detail=detail, rows=tuple(rows), applies=bool(services))


def _waited_for(world: World) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind in _KINDS:
        for obj in world.k8s.list(f"{_ROOT}/{kind}"):
            for each in obj.get("webhooks") or ():
                service = (each.get("clientConfig") or {}).get("service")
                if service and each.get("failurePolicy", "Fail") == "Fail":
                    yield str(obj["metadata"]["name"]), service


def _behind(world: World, namespace: str, service: str) -> list[Pod]:
    """The ready pods that *service* selects."""
    try:
        found = world.k8s.get(f"/api/v1/namespaces/{namespace}/services/{service}")
    except NotFoundError:
        return []
    selector = (found.get("spec") or {}).get("selector") or {}
    return [
        each
        for each in world.facts.pods()
        if selector
        and each.namespace == namespace
        and each.ready
        and selector.items() <= each.labels.items()
    ]


CHECK: Check[Params] = Check(
    id="ready.webhooks",
    summary="Webhooks that everything waits for answer from two zones.",
    params=Params,
    look=look,
    permissions=(
        *needs.of("nodes", "pods"),
        *(f"k8s:list {kind}.admissionregistration.k8s.io" for kind in _KINDS),
        "k8s:get services",
    ),
    readiness=Readiness(
        row="CC2",
        severity=Severity.CRITICAL,
        why="While such a webhook does not answer, no pod can be made or moved.",
        fix="Two replicas over zones, a short timeoutSeconds, and failurePolicy: Ignore where it "
        "may be left out.",
    ),
)
