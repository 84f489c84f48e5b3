"""What pods that only keep room are made of, and what is wrong with those that are there.

Source: kubernetes/autoscaler FAQ, "How can I configure overprovisioning with Cluster Autoscaler?";
kubernetes.io, "Pod Priority and Preemption", "Overprovision Node Capacity For A Cluster".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.node import ZONE

LOWEST = -10  # the autoscaler's default for --expendable-pods-priority-cutoff
IMAGE = "registry.k8s.io/pause:3.10"
APP = "app.kubernetes.io/name"


def priority_class(value: int) -> Obj:
    """A class that drives nothing out, and that no pod gets which does not ask for it."""
    return {
        "value": value,
        "preemptionPolicy": "Never",
        "globalDefault": False,
        "description": "Room that is kept back for everything else.",
    }


def wrong(found: Obj) -> str:
    """Why pods of that PriorityClass keep no room, or do harm; empty: they do neither."""
    value = found.get("value", 0)
    if value < LOWEST:
        return f"below {LOWEST} the autoscaler ignores its pods, and it has {value}"
    if value >= 0:
        return f"pods without a class have priority 0, and it has {value}"
    if found.get("globalDefault"):
        return "it is the default of all pods that name no class"
    if found.get("preemptionPolicy") != "Never":
        return "its pods would drive out what has an even lower priority"
    return ""


def deployment(
    name: str,
    requests: Mapping[str, str],
    selector: Mapping[str, str],
    tolerates: Sequence[str],
    image: str,
) -> Obj:
    """Pods of that size, even over the zones that take pods, which leave at once."""
    labels = {APP: name}
    tolerations = [{"key": key, "operator": "Exists"} for key in tolerates]
    pod = {
        "priorityClassName": name,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "containers": [_container(requests, image)],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65535,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": ZONE,
                "whenUnsatisfiable": "DoNotSchedule",
                "nodeTaintsPolicy": "Honor",
                "labelSelector": {"matchLabels": labels},
            }
        ],
        **({"nodeSelector": dict(selector)} if selector else {}),
        **({"tolerations": tolerations} if tolerations else {}),
    }
    return {
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
    }


def _container(requests: Mapping[str, str], image: str) -> Obj:
    return {
        "name": "pause",
        "image": image,
        "resources": {"requests": dict(requests), "limits": dict(requests)},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def weak(spec: Obj) -> Iterator[str]:
    """What is not as it should be of the pod template of a Deployment that is there."""
    if spec.get("terminationGracePeriodSeconds", 30):
        yield "take their time to leave (terminationGracePeriodSeconds)"
    if not any(e.get("topologyKey") == ZONE for e in spec.get("topologySpreadConstraints") or ()):
        yield "are not spread over the zones"
    if not all((e.get("resources") or {}).get("requests") for e in spec["containers"]):
        yield "request nothing, so that they keep nothing"
