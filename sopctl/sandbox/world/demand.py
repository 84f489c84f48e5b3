"""What workloads and Services say about their traffic: annotations, read once.

A workload (Deployment or StatefulSet) states what arrives from outside (`RPS`), what one of its
pods can serve (`POD_RPS`), and whom it calls how often for a request that it served (`CALLS`).
A text that cannot be read counts as absent: whoever plays with a sandbox must not break it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sopctl.sandbox.world.ports import Obj

RPS = "sandbox.sopctl.io/rps"  # requests a second from outside, such as "900"
POD_RPS = "sandbox.sopctl.io/pod-rps"  # what one pod serves with all the CPU that it requests
CALLS = "sandbox.sopctl.io/calls"  # such as "cart=2,payments/api=0.5", for each request served
CROSS_ZONE = "sandbox.sopctl.io/cross-zone"  # on a Service: "true" or "false"
BALANCER = "sandbox.sopctl.io/load-balancer"  # on a Service: the name of its load balancer
POD_CAPACITY = 100.0

_ATTRIBUTES = "service.beta.kubernetes.io/aws-load-balancer-attributes"
_CROSS_ZONE = "load_balancing.cross_zone.enabled="
# PreferClose is the older name of PreferSameZone (KEP-4444, KEP-3015).
_CLOSE = frozenset({"PreferClose", "PreferSameZone", "PreferSameNode"})

Name = tuple[str, str]  # (namespace, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The traffic of one workload: requests a second from outside, and whom it calls."""

    rps: float
    pod_rps: float
    calls: tuple[tuple[Name, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a Service spreads requests over its endpoints.

    `cross_zone` is for what comes through a load balancer, `close` for calls inside the cluster.
    """

    cross_zone: bool
    close: bool
    balancer: str


def demand(workload: Obj) -> Demand | None:
    """Read a workload's annotations; None when it states neither traffic nor a capacity."""
    metadata = workload["metadata"]
    said: Mapping[str, str] = metadata.get("annotations") or {}
    if RPS not in said and POD_RPS not in said and CALLS not in said:
        return None
    return Demand(
        rps=_number(said.get(RPS), 0.0),
        pod_rps=_number(said.get(POD_RPS), POD_CAPACITY) or POD_CAPACITY,
        calls=_calls(said.get(CALLS) or "", metadata["namespace"]),
    )


def manner(service: Obj) -> Manner:
    """Read a Service.

    A Network Load Balancer does not cross zones unless told so, an Application Load Balancer
    (reached through an Ingress, so that the Service itself is of another type) always does.
    """
    said: Mapping[str, str] = service["metadata"].get("annotations") or {}
    spec = service["spec"]
    crossing = spec.get("type") != "LoadBalancer"
    for attribute in (said.get(_ATTRIBUTES) or "").split(","):
        if attribute.strip().startswith(_CROSS_ZONE):
            crossing = attribute.strip().removeprefix(_CROSS_ZONE) == "true"
    if CROSS_ZONE in said:
        crossing = said[CROSS_ZONE] == "true"
    return Manner(
        cross_zone=crossing,
        close=spec.get("trafficDistribution") in _CLOSE,
        balancer=said.get(BALANCER, ""),
    )


def _calls(text: str, namespace: str) -> tuple[tuple[Name, float], ...]:
    found = []
    for part in text.split(","):
        callee, _, times = part.strip().partition("=")
        home, slash, name = callee.rpartition("/")
        if name:
            found.append(((home if slash else namespace, name), _number(times or "1", 1.0)))
    return tuple(found)


def _number(text: str | None, default: float) -> float:
    try:
        number = float(text) if text is not None else default
    except ValueError:
        return default
    return number if math.isfinite(number) and number >= 0 else default
