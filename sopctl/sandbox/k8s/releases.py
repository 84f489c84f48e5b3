"""What is served since which release of Kubernetes, where 1.30 to 1.37 differ.

One table, read by the registry (discovery, OpenAPI and the paths follow it), the watches and the
writer. Whatever is not in it is served by all of them. A gate that is off by default counts as
absent: managed clusters do not let anybody turn one on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sopctl.sandbox.k8s.objects import Json, Obj

SUPPORTED = tuple(f"1.{minor}" for minor in range(30, 38))
DEFAULT = "1.36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """A part of the API with the minor version that first serves it.

    `but` are later minors that do not; `source` says where that is written.
    """

    minor: int
    source: str
    but: frozenset[int] = frozenset()

    def serves(self, release: str) -> bool:
        """Whether a release (`major.minor`) has it."""
        minor = minor_of(release)
        return minor >= self.minor and minor not in self.but


_FEATURES = "apiserver/pkg/features/kube_features.go"
_GATES = "pkg/features/kube_features.go"

# Resources by (group, version, plural).
RESOURCES: Mapping[tuple[str, str, str], Since] = {
    ("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicies"): Since(
        minor=36, source=f"KEP-3962; {_FEATURES}: alpha 1.32, beta 1.34 and off, on in 1.36"
    ),
    ("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicybindings"): Since(
        minor=36, source=f"KEP-3962; {_FEATURES}: alpha 1.32, beta 1.34 and off, on in 1.36"
    ),
    ("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies"): Since(
        minor=30, source=f"KEP-3488; {_FEATURES}: GA 1.30"
    ),
    ("admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings"): Since(
        minor=30, source=f"KEP-3488; {_FEATURES}: GA 1.30"
    ),
    ("networking.k8s.io", "v1", "ipaddresses"): Since(
        minor=33, source=f"KEP-1880; {_GATES}, MultiCIDRServiceAllocator: GA 1.33"
    ),
    ("networking.k8s.io", "v1", "servicecidrs"): Since(
        minor=33, source=f"KEP-1880; {_GATES}, MultiCIDRServiceAllocator: GA 1.33"
    ),
    ("storage.k8s.io", "v1", "volumeattributesclasses"): Since(
        minor=34, source=f"KEP-3751; {_GATES}, VolumeAttributesClass: GA 1.34"
    ),
}

# Fields by (storage, path); an older server drops them, with a warning or a strict refusal.
FIELDS: Mapping[tuple[str, tuple[str, ...]], Since] = {
    ("horizontalpodautoscalers", ("spec", "behavior", "scaleDown", "tolerance")): Since(
        minor=35, source=f"KEP-4951; {_GATES}, HPAConfigurableTolerance: beta and on 1.35"
    ),
    ("horizontalpodautoscalers", ("spec", "behavior", "scaleUp", "tolerance")): Since(
        minor=35, source=f"KEP-4951; {_GATES}, HPAConfigurableTolerance: beta and on 1.35"
    ),
    ("services", ("spec", "trafficDistribution")): Since(
        minor=31, source=f"KEP-4444; {_GATES}, ServiceTrafficDistribution: beta and on 1.31"
    ),
    # On by default in every release of the table, GA later; here so that nobody wonders.
    ("poddisruptionbudgets", ("spec", "unhealthyPodEvictionPolicy")): Since(
        minor=27, source=f"KEP-3017; {_GATES}, PDBUnhealthyPodEvictionPolicy: GA 1.31"
    ),
}

# `sendInitialEvents` of watches.
WATCH_LIST = Since(
    minor=32,
    but=frozenset({33}),
    source=f"KEP-3157; {_FEATURES}, WatchList: on in 1.32, off again in 1.33, on since 1.34",
)


def minor_of(release: str) -> int:
    """The minor version of `major.minor`."""
    return int(release.split(".")[1])


def serves(release: str, group: str, version: str, plural: str) -> bool:
    """Whether a release serves a resource."""
    since = RESOURCES.get((group, version, plural))
    return since is None or since.serves(release)


def drop_newer(release: str, storage: str, obj: Obj) -> list[str]:
    """Take the fields that a release does not know yet out of an object; their paths."""
    dropped: list[str] = []
    for (where, path), since in FIELDS.items():
        if where != storage or since.serves(release):
            continue
        holder: Json = obj
        for step in path[:-1]:
            holder = holder.get(step) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and path[-1] in holder:
            del holder[path[-1]]
            dropped.append(".".join(path))
    return dropped
