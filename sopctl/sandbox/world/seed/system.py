"""What runs in kube-system: the autoscaler, DNS, metrics and the daemons of every node."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from sopctl.sandbox.scenario.inhabitants import Autoscaler, WorldShape
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.seed.groups import ENABLED, OWNED
from sopctl.sandbox.world.seed.workloads import HOSTNAME, Written

NAMESPACE = "kube-system"
_USUAL = Autoscaler()
_REGISTRY = "602401143452.dkr.ecr.us-east-1.amazonaws.com"
_EVERYWHERE: tuple[Obj, ...] = ({"operator": "Exists"},)


def objects(world: WorldShape, region: str) -> Iterator[Written]:
    """Yield the system workloads of a world in this region."""
    version = world.version
    if not world.auto_mode:
        yield "deployments", autoscaler(version, region, world.autoscaler)
    if world.autoscaler.priorities:
        yield "configmaps", _priorities(world.autoscaler)
    yield "deployments", _coredns()
    yield "deployments", _metrics_server()
    yield "daemonsets", daemon("aws-node", "amazon-k8s-cni:v1.20.1", "25m")
    yield "daemonsets", daemon("kube-proxy", f"eks/kube-proxy:v{version}.0-eksbuild.2", "50m")
    for name, labels in (
        ("cluster-autoscaler", {"app.kubernetes.io/name": "cluster-autoscaler"}),
        ("coredns", {"k8s-app": "kube-dns"}),
        ("metrics-server", {"k8s-app": "metrics-server"}),
    )[world.auto_mode :]:
        yield "poddisruptionbudgets", _budget(name, labels)
    yield "services", _dns_service()


def autoscaler(version: str, region: str, wanted: Autoscaler = _USUAL) -> Obj:
    """Return the cluster autoscaler as its Helm chart installs it: one of its replicas leads."""
    labels = {"app.kubernetes.io/name": "cluster-autoscaler"}
    container = {
        "name": "cluster-autoscaler",
        "image": f"registry.k8s.io/autoscaling/cluster-autoscaler:v{version}.0",
        "command": ["./cluster-autoscaler"],
        "args": [
            "--v=4",
            "--stderrthreshold=info",
            "--cloud-provider=aws",
            f"--namespace={NAMESPACE}",
            f"--node-group-auto-discovery=asg:tag={ENABLED},{OWNED}",
            *wanted.flags,
            "--logtostderr=true",
        ],
        "env": [{"name": "AWS_REGION", "value": region}],
        "ports": [{"containerPort": 8085}],
        "resources": {"requests": {"cpu": "100m", "memory": "600Mi"}},
    }
    spread = [_spread(ZONE, "DoNotSchedule", labels), _spread(HOSTNAME, "DoNotSchedule", labels)]
    spec = {"containers": [container], "topologySpreadConstraints": spread}
    return deployment("cluster-autoscaler", wanted.replicas, labels, spec)


def _priorities(wanted: Autoscaler) -> Obj:
    """What the priority expander reads, without a restart."""
    listed = {int(number): list(names) for number, names in wanted.priorities.items()}
    name = "cluster-autoscaler-priority-expander"
    return {
        "metadata": {"name": name, "namespace": NAMESPACE},
        "data": {"priorities": yaml.safe_dump(listed)},
    }


def _coredns() -> Obj:
    labels = {"k8s-app": "kube-dns", "eks.amazonaws.com/component": "coredns"}
    spec = {
        "containers": [_container("coredns", "eks/coredns:v1.13.2-eksbuild.1", "100m", "70Mi")],
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
        "topologySpreadConstraints": [_spread(ZONE, "ScheduleAnyway", {"k8s-app": "kube-dns"})],
    }
    return deployment("coredns", 3, labels, spec)


def _metrics_server() -> Obj:
    labels = {"k8s-app": "metrics-server"}
    spec = {
        "containers": [_container("metrics-server", "eks/metrics-server:v0.8.0", "100m", "200Mi")],
        "topologySpreadConstraints": [_spread(ZONE, "ScheduleAnyway", labels)],
    }
    return deployment("metrics-server", 2, labels, spec)


def daemon(name: str, image: str, cpu: str, *, name_label: bool = False) -> Obj:
    """One pod on each node. *image* is whole, or one of EKS's own."""
    labels = {"app.kubernetes.io/name" if name_label else "k8s-app": name}
    spec = {
        "hostNetwork": True,
        "tolerations": list(_EVERYWHERE),
        "containers": [_container(name, image, cpu, "64Mi")],
    }
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "10%"},
            },
            "template": template,
        },
    }


def deployment(name: str, replicas: int, labels: dict[str, str], spec: Obj) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def _container(name: str, image: str, cpu: str, memory: str) -> Obj:
    return {
        "name": name,
        "image": image if image.startswith("public") else f"{_REGISTRY}/{image}",
        "resources": {"requests": {"cpu": cpu, "memory": memory}},
    }


def _spread(key: str, when: str, labels: dict[str, str]) -> Obj:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": when,
        "labelSelector": {"matchLabels": labels},
    }


def _budget(name: str, labels: dict[str, str]) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}},
    }


def _dns_service() -> Obj:
    ports = [
        {"name": "dns", "port": 53, "targetPort": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "targetPort": 53, "protocol": "TCP"},
    ]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kube-dns",
            "namespace": NAMESPACE,
            "labels": {"k8s-app": "kube-dns"},
        },
        "spec": {"clusterIP": "10.100.0.10", "selector": {"k8s-app": "kube-dns"}, "ports": ports},
    }
