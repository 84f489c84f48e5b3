"""One snapshot of the target: each subject is read once, by whoever asks first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sopctl.core.codec import Json, encode
from sopctl.core.errors import RefusedError, SopError, TemporaryError
from sopctl.core.shape import readable
from sopctl.facts import autoscaler, balancers, cluster, eks, handlers, policies, workloads, zones
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.balancers import Balancer
from sopctl.facts.eks import EksCluster
from sopctl.facts.groups import Group
from sopctl.facts.handlers import Handler
from sopctl.facts.objects import node, pdb, pod, workload
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pdb import Pdb
from sopctl.facts.objects.pod import Pod
from sopctl.facts.placement import by_zone
from sopctl.facts.policies import Policies
from sopctl.facts.workloads import Hpa, Workload
from sopctl.facts.zones import Zone
from sopctl.providers.aws import Aws
from sopctl.providers.k8s import K8s, Obj
from sopctl.providers.k8s_pages import CACHED
from sopctl.providers.once import Once

T = TypeVar("T")
_TEXTS: Json = ["string"]

SHAPES: Mapping[str, Json] = {
    "autoscaler": {
        "namespace": "string",
        "name": "string",
        "version": "string",
        "discovery": [{"key": "string", "value": "string?"}],
        "discovery_keys": _TEXTS,
        "explicit": _TEXTS,
        "expander": "string",
        "replicas": "int",
        "ready": "int",
        "balance_similar": "bool",
        "scale_down_enabled": "bool",
        "ok_total_unready_count": "int",
        "max_total_unready_percentage": "float",
    },
    "eks": {"name": "string", "version": "string", "zonal_shift": "bool", "auto_mode": "bool"},
    "cluster": {"name": "string", "server": "string", "version": "string"},
    "groups": [
        {
            "name": "string",
            "zones": _TEXTS,
            "min": "int",
            "max": "int",
            "desired": "int",
            "mixed": "bool",
            "spot": "bool",
            "managed": "string",
            "autoscaled": "bool",
        }
    ],
    "hpas": [{"namespace": "string", "name": "string", "select_policy": "string"}],
    "nodes": [{"name": "string", "zone": "string", "ready": "bool", "unschedulable": "bool"}],
    "policies": {
        "served": "bool",
        "names": _TEXTS,
        "bindings": _TEXTS,
        "kyverno_served": "bool",
        "kyverno": _TEXTS,
    },
    "workloads": [
        {
            "kind": "string",
            "namespace": "string",
            "name": "string",
            "replicas": "int",
            "ready": "int",
            "managed_by": "string",
        }
    ],
    "zones": [{"name": "string", "id": "string", "state": "string"}],
}
"""The JSON of each fact for expressions: names of types, ``?`` for may be null, lists, mappings."""


class Snapshot:
    """What is true of one target, as it was when first asked; thread-safe.

    Reads around a write are not its business: actions observe live.
    """

    def __init__(self, aws: Aws, k8s: K8s, *, cached: bool = False, cluster: str = "") -> None:
        """*cached*: lists may be a moment old, only to be shown; *cluster*: its name, if known."""
        self._aws = aws
        self._k8s = k8s
        self._once = Once()
        self._cluster = cluster
        self._how = CACHED if cached else {}

    def zones(self) -> tuple[Zone, ...]:
        return self._once.get("zones", lambda: zones.read(self._aws))

    def zone(self, name_or_id: str) -> Zone:
        """The zone of that name or id; RefusedError names the zones that exist.

        While AWS does not answer, a zone that nodes are in is known by their labels, so that what
        is done to Kubernetes alone can still be done.
        """
        try:
            known = self.zones()
        except SopError:
            for zone in self._once.get("zones of nodes", self._zones_of_nodes):
                if name_or_id in (zone.name, zone.id):
                    return zone
            raise
        return zones.named(known, name_or_id)

    def cluster_name(self) -> str:
        """The name that tags of groups carry; empty if it is written down nowhere."""
        return self._once.get("cluster_name", self._cluster_name)

    def groups(self) -> tuple[Group, ...]:
        """The Auto Scaling groups that belong to the cluster: the population of ``aws.asg``."""
        return self._once.get("groups", self._groups)

    def eks(self) -> EksCluster | None:
        """The cluster as EKS knows it, or None."""
        return self._once.get("eks", lambda: eks.read(self._aws, self.cluster_name()))

    def balancers(self) -> tuple[Balancer, ...]:
        """The load balancers that belong to the cluster."""
        return self._once.get("balancers", self._balancers)

    def autoscalers(self) -> tuple[Autoscaler, ...]:
        return self._once.get("autoscalers", self._autoscalers)

    def autoscaler(self) -> Autoscaler:
        """The one cluster autoscaler; RefusedError if there is none, or more than one."""
        return autoscaler.only(self.autoscalers())

    def nodes(self) -> tuple[Node, ...]:
        return self._once.get("nodes", lambda: self._each("/api/v1/nodes", node.read))

    def pods(self) -> tuple[Pod, ...]:
        return self._once.get("pods", lambda: self._each("/api/v1/pods", pod.read))

    def workloads(self) -> tuple[Workload, ...]:
        """Deployments and StatefulSets."""
        return self._once.get("workloads", self._workloads)

    def templates(self) -> tuple[workload.Workload, ...]:
        """The same with their pod templates."""
        return self._once.get("templates", lambda: tuple(workload.of_cluster(self._k8s)))

    def hpas(self) -> tuple[Hpa, ...]:
        path = "/apis/autoscaling/v2/horizontalpodautoscalers"
        return self._once.get("hpas", lambda: self._each(path, workloads.hpa))

    def pdbs(self) -> tuple[Pdb, ...]:
        return self._once.get("pdbs", lambda: self._each(pdb.PATH, pdb.read))

    def handlers(self) -> tuple[Handler, ...]:
        """Who empties nodes of spot instances that are taken back."""
        return self._once.get("handlers", lambda: handlers.read(self._k8s))

    def policies(self) -> Policies:
        return self._once.get("policies", lambda: policies.read(self._k8s))

    def placement(self, types: Sequence[str], instances: int) -> tuple[tuple[str, int], ...]:
        """Spot placement scores of these types, by zone id."""
        return self._once.get((*types, instances), lambda: by_zone(self._aws, types, instances))

    def server_version(self) -> tuple[int, int]:
        return self._once.get("server_version", self._k8s.version)

    def read(self, name: str) -> Json:
        """One subject as JSON of the shape in SHAPES, for expressions.

        Raises RefusedError for a subject that there is not, and what its provider raises.
        """
        if name not in SHAPES:
            raise RefusedError(f"there is no fact {name!r}", hint=f"Facts: {', '.join(SHAPES)}.")
        with readable(f"what was answered about {name}"):
            return _shaped(SHAPES[name], self._plain(name))

    def warm(self, *names: str) -> None:
        """Read several subjects at the same time; failures show when they are asked for."""
        asks: dict[str, Callable[[], object]] = {
            "zones": self.zones,
            "groups": self.groups,
            "eks": self.eks,
            "autoscaler": self.autoscalers,
            "nodes": self.nodes,
            "pods": self.pods,
            "workloads": self.workloads,
            "hpas": self.hpas,
            "pdbs": self.pdbs,
            "policies": self.policies,
        }
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="facts") as pool:
            for future in [pool.submit(asks[name]) for name in names if name in asks]:
                if isinstance(error := future.exception(), BaseException) and not isinstance(
                    error, SopError
                ):
                    raise error

    def _zones_of_nodes(self) -> tuple[Zone, ...]:
        try:
            return zones.of_nodes(self.nodes())
        except SopError:
            return ()  # the error to raise is the one of AWS

    def _plain(self, name: str) -> Json:
        if name == "cluster":
            major, minor = self.server_version()
            return {
                "name": self.cluster_name(),
                "server": self._k8s.server,
                "version": f"{major}.{minor}",
            }
        if name == "eks":
            return encode(self.eks() or EksCluster())
        if name == "groups":
            return [self._group_json(each) for each in self.groups()]
        subjects: dict[str, Callable[[], object]] = {
            "autoscaler": lambda: autoscaler.together(self.autoscalers()),
            "hpas": self.hpas,
            "nodes": lambda: [_node_json(each) for each in self.nodes()],
            "policies": self.policies,
            "workloads": self.workloads,
            "zones": self.zones,
        }
        return encode(subjects[name]())

    def _group_json(self, group: Group) -> Json:
        plain = encode(group)
        assert isinstance(plain, Mapping)
        return {**plain, "autoscaled": any(each.scales(group) for each in self.autoscalers())}

    def _each(self, path: str, read: Callable[[Obj], T]) -> tuple[T, ...]:
        return tuple(self._k8s.each(path, read, **self._how))

    def _deployments(self) -> tuple[tuple[Workload, Autoscaler | None], ...]:
        """Read once for both: of most of them little is kept."""
        path = "/apis/apps/v1/deployments"
        return self._once.get("deployments", lambda: self._each(path, _deployment))

    def _autoscalers(self) -> tuple[Autoscaler, ...]:
        return tuple(found for _, found in self._deployments() if found is not None)

    def _workloads(self) -> tuple[Workload, ...]:
        sets = self._each(
            "/apis/apps/v1/statefulsets", lambda obj: workloads.workload("StatefulSet", obj)
        )
        return (*(each for each, _ in self._deployments()), *sets)

    def _cluster_name(self) -> str:
        written = self._cluster or cluster.name_in_kubeconfig(self._k8s)
        return written or next((each.cluster for each in self.autoscalers() if each.cluster), "")

    def _balancers(self) -> tuple[Balancer, ...]:
        attached = {arn for group in self.groups() for arn in group.target_groups}
        return balancers.read(self._aws, self._k8s, self.cluster_name(), attached)

    def _groups(self) -> tuple[Group, ...]:
        name = self.cluster_name()
        instances = () if name else [each.instance for each in self.nodes()]
        try:
            autoscalers = self.autoscalers()
        except TemporaryError:
            if not name:
                raise
            autoscalers = ()  # the API server is down, but tags alone say whose a group is
        return cluster.read_groups(self._aws, name, autoscalers, instances)


def _deployment(obj: Obj) -> tuple[Workload, Autoscaler | None]:
    return workloads.workload("Deployment", obj), autoscaler.of(obj)


def _node_json(found: Node) -> Json:
    return {
        "name": found.name,
        "zone": found.zone,
        "ready": found.ready,
        "unschedulable": found.unschedulable,
    }


def _shaped(shape: Json, value: Json) -> Json:
    """*value* with nothing but what *shape* promises."""
    if isinstance(shape, Mapping) and isinstance(value, Mapping):
        return {key: _shaped(inner, value[key]) for key, inner in shape.items()}
    if isinstance(shape, list) and isinstance(value, list):
        return [_shaped(shape[0], item) for item in value]
    return value
