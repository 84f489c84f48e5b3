"""The shape of a cluster without its names: what a scenario of the sandbox is drawn from.

Reads only. Every name that people chose (groups, namespaces, workloads, labels, taints) is hashed
with a key that is thrown away; equal names stay equal. What is kept: numbers, instance types,
how pods are spread, budgets and autoscaling in kind, and the flags of the cluster autoscaler that
say how it decides.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sopctl.core.codec import Json
from sopctl.facts.groups import Group
from sopctl.facts.objects import meta, pdb
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.pdb import Pdb
from sopctl.facts.objects.quantity import parse
from sopctl.facts.objects.workload import Workload, of_cluster
from sopctl.facts.world import World

ZONE: Final = "topology.kubernetes.io/zone"
HOST: Final = "kubernetes.io/hostname"
REGION: Final = "us-east-1"  # the sandbox has this one
_HPAS: Final = "/apis/autoscaling/v2/horizontalpodautoscalers"
_TYPE: Final = "node.kubernetes.io/instance-type"
_LETTERS: Final = "abcdef"
_WELL_KNOWN: Final = ("kubernetes.io/", "topology.", "node.kubernetes.io/", "karpenter.sh/", "eks.")
_FLAGS: Final = (
    "expander",
    "balance-similar-node-groups",
    "skip-nodes-with-local-storage",
    "skip-nodes-with-system-pods",
    "scan-interval",
    "max-node-provision-time",
    "scale-down-enabled",
    "scale-down-unneeded-time",
    "scale-down-unready-time",
    "scale-down-delay-after-add",
    "scale-down-utilization-threshold",
    "ok-total-unready-count",
    "max-total-unready-percentage",
)
_KIND: Final = {"k8s.deployment": "Deployment", "k8s.statefulset": "StatefulSet"}
_OF_SYSTEM: Final = "kube-system"


def drawn(world: World) -> Mapping[str, Json]:
    """The `world` of a scenario; raises what the providers raise."""
    return _Drawing(world).world()


class _Drawing:
    def __init__(self, world: World) -> None:
        self._facts = world.facts
        self._key = secrets.token_bytes(32)
        self._nodes: Sequence[Obj] = list(world.k8s.list("/api/v1/nodes"))
        self._workloads = [w for w in of_cluster(world.k8s) if w.namespace != _OF_SYSTEM]
        self._pdbs = world.k8s.each(pdb.PATH, pdb.read)
        self._hpas = {_target(obj): obj for obj in world.k8s.list(_HPAS)}
        self._zones = sorted({_label(node, ZONE) for node in self._nodes} - {""})[: len(_LETTERS)]
        chosen = (w.spec.get("nodeSelector") or {} for w in self._workloads)
        self._chosen = {key for each in chosen for key in each}

    def world(self) -> Mapping[str, Json]:
        major, minor = self._facts.server_version()
        spaces: dict[str, list[Json]] = {}
        for each in self._workloads:
            if each.replicas:
                spaces.setdefault(self._hidden(each.namespace, "ns"), []).append(self._row(each))
        return {
            "version": f"{major}.{min(max(minor, 29), 37)}",
            "zones": [self._zone(zone) for zone in self._zones],
            "autoscaler": self._autoscaler(),
            "groups": [self._group(g) for g in self._facts.groups() if self._ours(g)],
            "workloads": dict(sorted(spaces.items())),
        }

    def _ours(self, group: Group) -> bool:
        return bool(set(group.zones) & set(self._zones)) and bool(self._of(group))

    def _of(self, group: Group) -> list[Obj]:
        """The nodes of a group."""
        members = {each.id for each in group.instances}
        return [node for node in self._nodes if _instance(node) in members]

    def _group(self, group: Group) -> Json:
        nodes = self._of(group)
        types = Counter(_label(node, _TYPE) for node in nodes)
        first = nodes[0]
        labels = {k: v for k, v in _labels(first).items() if k in self._chosen and k != ZONE}
        found: dict[str, Json] = {
            "name": self._hidden(group.name, "group"),
            "zones": [self._zone(zone) for zone in group.zones if zone in self._zones],
            "min": min(group.min, group.desired),
            "max": max(group.max, group.desired),
            "desired": group.desired,
            "types": [name for name, _ in types.most_common() if name] or ["m5.xlarge"],
            "spot": group.spot or group.mixed,
            "labels": self._hidden_labels(labels),
            "taints": self._taints(first["spec"].get("taints") or ()),
        }
        keys = set(self._facts.autoscaler().discovery_keys)
        return {**found, "discovered": not keys or keys <= set(group.tags)}

    def _row(self, found: Workload) -> Json:
        requests = [c.get("resources", {}).get("requests", {}) for c in found.spec["containers"]]
        cpu = sum(parse(each.get("cpu", "0")) for each in requests)
        memory = sum(parse(each.get("memory", "0")) for each in requests)
        row: dict[str, Json] = {
            "name": self._hidden(found.name, "w"),
            "kind": _KIND[found.kind],
            "replicas": found.replicas,
            "cpu": max(1, round(cpu * 1000)),
            "memory": max(1, round(memory / 1024**2)),
            "spread": style(found.spec.get("topologySpreadConstraints") or ()),
            "budget": self._budget(found),
            "scaling": self._scaling(found),
        }
        if chosen := {k: v for k, v in (found.spec.get("nodeSelector") or {}).items() if k != ZONE}:
            row["nodes"] = self._hidden_labels(chosen)
        if tolerated := self._taints(found.spec.get("tolerations") or ()):
            row["tolerates"] = tolerated
        return row

    def _taints(self, found: Iterable[Mapping[str, Any]]) -> list[Json]:
        """Taints, or the tolerations of them; those of the node lifecycle are the world's own."""
        return [
            f"{self._hidden_key(str(each['key']))}"
            f"={self._hidden(str(each['value']), 'v') if each.get('value') else ''}"
            f":{each.get('effect') or 'NoSchedule'}"
            for each in found
            if each.get("key") and not str(each["key"]).startswith("node.")
        ]

    def _budget(self, found: Workload) -> str:
        labels = meta.labels(found.template)
        for each in self._pdbs:
            if each.namespace == found.namespace and meta.selects(each.selector, labels):
                return budget(each)
        return "none"

    def _scaling(self, found: Workload) -> str:
        scaler = self._hpas.get((_KIND[found.kind], found.name))
        return "none" if scaler is None else scaling(scaler)

    def _autoscaler(self) -> Json:
        found = self._facts.autoscaler()
        flags = [f"--{name}={found.flags[name]}" for name in _FLAGS if name in found.flags]
        return {"replicas": max(1, found.replicas), "flags": flags}

    def _zone(self, name: str) -> str:
        return f"{REGION}{_LETTERS[self._zones.index(name)]}"

    def _hidden_labels(self, labels: Mapping[str, Any]) -> Json:
        return {
            self._hidden_key(key): str(value)
            if key.startswith(_WELL_KNOWN)
            else self._hidden(value, "v")
            for key, value in labels.items()
        }

    def _hidden_key(self, key: str) -> str:
        return key if key.startswith(_WELL_KNOWN) else self._hidden(key, "k")

    def _hidden(self, name: str, prefix: str) -> str:
        hashed = hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()
        return f"{prefix}-{hashed[:8]}"


def style(constraints: Iterable[Mapping[str, Any]]) -> str:
    """Which of a scenario's styles of spread comes nearest."""
    found = list(constraints)
    hard = [each for each in found if each["whenUnsatisfiable"] == "DoNotSchedule"]
    zone = [each for each in hard if each["topologyKey"] == ZONE]
    keys = {(each["topologyKey"], each["whenUnsatisfiable"]) for each in found}
    if not found:
        return "none"
    if not zone:
        return "soft"
    first = zone[0]
    for known, applies in (
        ("domains", "minDomains" in first),
        ("honor", first.get("nodeTaintsPolicy") == "Honor"),
        ("revision", bool(first.get("matchLabelKeys"))),
        ("hosts", (HOST, "DoNotSchedule") in keys),
        ("host", (HOST, "ScheduleAnyway") in keys),
        ("both", (ZONE, "ScheduleAnyway") in keys),
        ("purchase", len(hard) > len(zone)),
    ):
        if applies:
            return known
    return "zone"


def budget(found: Pdb) -> str:
    """Which of a scenario's budgets comes nearest, by the pods that it keeps."""
    if found.always_allow_unhealthy:
        return "always"
    gap = found.expected - found.desired
    if found.expected <= 0 or gap <= 1:
        return "one" if found.expected <= 3 or gap < 1 else "all-but-one"  # noqa: PLR2004  # then both mean the same
    return "quarter" if gap / found.expected <= 0.3 else "half"  # noqa: PLR2004  # a quarter, rounded


def scaling(found: Obj) -> str:
    """Which of a scenario's kinds of autoscaling comes nearest."""
    behavior = found["spec"].get("behavior")
    if not behavior:
        return "absent"
    down = behavior.get("scaleDown")
    if not down:
        return "up"
    policy = str(down.get("selectPolicy") or "Max")
    return policy if policy in ("Max", "Min", "Disabled") else "Max"


def _target(scaler: Obj) -> tuple[str, str]:
    target = scaler["spec"]["scaleTargetRef"]
    return target["kind"], f"{scaler['metadata']['namespace']}/{target['name']}"


def _instance(node: Obj) -> str:
    return str(node["spec"].get("providerID") or "").rpartition("/")[2]


def _labels(node: Obj) -> Mapping[str, str]:
    return node["metadata"].get("labels") or {}


def _label(node: Obj, key: str) -> str:
    return str(_labels(node).get(key, ""))
