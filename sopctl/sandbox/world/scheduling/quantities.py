"""Kubernetes quantities, and the four resources the scheduler counts here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sopctl.sandbox.world.ports import Obj

_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("0.001"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
}


@lru_cache(maxsize=1024)
def quantity(text: str | float) -> Decimal:
    """Read a quantity: `250m`, `1.5`, `512Mi`, `2e3`."""
    raw = str(text)
    number = raw.rstrip("numkKMGTPi")
    return Decimal(number) * _SUFFIXES[raw[len(number) :]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount of node resources: CPU in millicores, memory in bytes, a number of pods."""

    cpu: int = 0
    memory: int = 0
    pods: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Return the sum."""
        return Amount(
            cpu=self.cpu + other.cpu,
            memory=self.memory + other.memory,
            pods=self.pods + other.pods,
        )

    def __sub__(self, other: Amount) -> Amount:
        """Return the difference."""
        return Amount(
            cpu=self.cpu - other.cpu,
            memory=self.memory - other.memory,
            pods=self.pods - other.pods,
        )


NOTHING = Amount()
# What a container counts for in scores if it does not say (scheduler/util/pod_resources.go).
_PRESUMED = {"cpu": "100m", "memory": "200Mi"}


def amount(resources: Mapping[str, str] | None) -> Amount:
    """Read a resource list (`requests`, `allocatable`)."""
    table = resources or {}
    return Amount(
        cpu=math.ceil(quantity(table.get("cpu", "0")) * 1000),
        memory=math.ceil(quantity(table.get("memory", "0"))),
        pods=int(quantity(table.get("pods", "0"))),
    )


def requests(spec: Obj) -> Amount:
    """Return what a pod asks for: the sum of its containers, or its largest init container."""
    running = _sum(spec.get("containers") or ())
    for container in spec.get("initContainers") or ():
        first = amount(container.get("resources", {}).get("requests"))
        running = Amount(cpu=max(running.cpu, first.cpu), memory=max(running.memory, first.memory))
    return running + amount(spec.get("overhead")) + Amount(pods=1)


def presumed(spec: Obj) -> Amount:
    """Return what scores count beside the requests, for containers that ask for nothing."""
    kinds = {kind: spec.get(kind) or () for kind in ("containers", "initContainers")}
    if all(_PRESUMED.keys() <= _stated(each).keys() for found in kinds.values() for each in found):
        return NOTHING  # as most pods do
    felt = {kind: [_felt(each) for each in found] for kind, found in kinds.items()}
    return requests({**spec, **felt}) - requests(spec)


def _felt(container: Obj) -> Obj:
    return {"resources": {"requests": {**_PRESUMED, **_stated(container)}}}


def _stated(container: Obj) -> Obj:
    found: Obj = container.get("resources", {}).get("requests") or {}
    return found


def _sum(containers: Iterable[Obj]) -> Amount:
    total = Amount()
    for container in containers:
        total += amount(container.get("resources", {}).get("requests"))
    return total
