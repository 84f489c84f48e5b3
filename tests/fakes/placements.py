"""Clusters and pods to place in short form, as recordings keep them, and as Kubernetes takes them.

A node is `{n, z, cpu, mem, pods, labels, taints, cordoned, bare}`: its name and zone come first,
and it carries its host name unless it is `bare`. A pod is `{n, app, ns, on, cpu, mem, class}`: `on`
is the node it sits on already. What it wants is `pick` (a node selector), `only` and `rather` (node
affinity, required and preferred), `near`, `would_near`, `apart` and `would_apart` (pod affinity and
anti-affinity), `spread` and `tolerate`. One that sits is `leaving` when it was deleted already, and
has a `phase` unless it runs. Only what differs from the defaults is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

Obj = dict[str, Any]

KEYS = {"zone": "topology.kubernetes.io/zone", "host": "kubernetes.io/hostname"}
NAMESPACES = ("shop", "other")
# A PriorityClass each: what it is worth, and whether its pods may preempt others.
CLASSES = {"low": (-10, True), "mid": (10, True), "high": (100, True), "meek": (100, False)}
_DURING = "DuringSchedulingIgnoredDuringExecution"
_START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


def priority_class(name: str) -> Obj:
    """The PriorityClass of a name."""
    value, preempts = CLASSES[name]
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        "preemptionPolicy": "PreemptLowerPriority" if preempts else "Never",
    }


def node(short: Obj) -> Obj:
    """A node that is ready, without a kubelet."""
    labels = dict(short.get("labels") or {})
    if "z" in short:
        labels[KEYS["zone"]] = short["z"]
    if not short.get("bare"):
        labels[KEYS["host"]] = short["n"]
    room = {
        "cpu": short.get("cpu", "4"),
        "memory": short.get("mem", "8Gi"),
        "pods": short.get("pods", "10"),
    }
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "lastTransitionTime": _time(0),
        "lastHeartbeatTime": _time(0),
    }
    spec: Obj = {"taints": [_taint(each) for each in short.get("taints") or ()]}
    if short.get("cordoned"):
        spec["unschedulable"] = True
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": short["n"], "labels": labels},
        "spec": spec,
        "status": {"allocatable": room, "capacity": room, "conditions": [ready]},
    }


def pod(short: Obj) -> Obj:
    """A pod of one container."""
    asked = {"cpu": short.get("cpu"), "memory": short.get("mem")}
    container: Obj = {
        "name": "main",
        "image": "registry.local/app:1",
        "resources": {"requests": {key: each for key, each in asked.items() if each}},
    }
    spec: Obj = {"containers": [container], **_wishes(short)}
    if "on" in short:
        spec["nodeName"] = short["on"]
    if "class" in short:
        spec["priorityClassName"] = short["class"]
    labels = {"app": short.get("app", "web"), **(short.get("labels") or {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": short["n"], "namespace": short.get("ns", "shop"), "labels": labels},
        "spec": spec,
    }


def budget(short: Obj, version: str = "policy/v1") -> Obj:
    """A PodDisruptionBudget that lets so many pods of an app go now: `{app, allowed}`."""
    return {
        "apiVersion": version,
        "kind": "PodDisruptionBudget",
        "metadata": {"name": short["app"], "namespace": "shop"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": short["app"]}}},
        "status": {
            "disruptionsAllowed": short["allowed"],
            "currentHealthy": 1,
            "desiredHealthy": 1,
            "expectedPods": 1,
        },
    }


def status(short: Obj, number: int) -> Obj:
    """What the kubelet would say of a pod: every one started a minute after the one before."""
    return {"startTime": _time(number), "phase": short.get("phase", "Running")}


def _wishes(short: Obj) -> Obj:
    found: Obj = {}
    if "pick" in short:
        found["nodeSelector"] = {_key(key): value for key, value in short["pick"].items()}
    if "tolerate" in short:
        found["tolerations"] = short["tolerate"]
    if "spread" in short:
        found["topologySpreadConstraints"] = [_spread(each) for each in short["spread"]]
    affinity = {
        "nodeAffinity": _nodes(short),
        "podAffinity": _pods(short, "near", "would_near"),
        "podAntiAffinity": _pods(short, "apart", "would_apart"),
    }
    if any(affinity.values()):
        found["affinity"] = {kind: each for kind, each in affinity.items() if each}
    return found


def _nodes(short: Obj) -> Obj:
    found: Obj = {}
    if "only" in short:
        terms = [_term(each) for each in short["only"]]
        found[f"required{_DURING}"] = {"nodeSelectorTerms": terms}
    if "rather" in short:
        found[f"preferred{_DURING}"] = [
            {"weight": weight, "preference": _term(each)} for weight, each in short["rather"]
        ]
    return found


def _pods(short: Obj, required: str, preferred: str) -> Obj:
    found: Obj = {}
    if required in short:
        found[f"required{_DURING}"] = [_beside(each) for each in short[required]]
    if preferred in short:
        found[f"preferred{_DURING}"] = [
            {"weight": weight, "podAffinityTerm": _beside(each)}
            for weight, each in short[preferred]
        ]
    return found


def _term(expressions: Iterable[list[str]]) -> Obj:
    """A node selector term; the key `@name` is the field of that name."""
    term: Obj = {}
    for key, operator, *values in expressions:
        where = "matchFields" if key == "@name" else "matchExpressions"
        known = "metadata.name" if key == "@name" else _key(key)
        wanted = {"values": values} if values else {}
        term.setdefault(where, []).append({"key": known, "operator": operator, **wanted})
    return term


def _beside(short: Obj) -> Obj:
    spaces = {"namespaces": short["ns"]} if "ns" in short else {}
    return {"topologyKey": _key(short["by"]), **_selector(short), **spaces}


def _spread(short: Obj) -> Obj:
    return {
        "topologyKey": _key(short["by"]),
        "maxSkew": short.get("skew", 1),
        "whenUnsatisfiable": "ScheduleAnyway" if short.get("soft") else "DoNotSchedule",
        **_selector(short),
    }


def _selector(short: Obj) -> Obj:
    """The pods of an app, those that a selector selects, or none at all."""
    if "app" in short:
        return {"labelSelector": {"matchLabels": {"app": short["app"]}}}
    return {"labelSelector": short["select"]} if "select" in short else {}


def _taint(text: str) -> Obj:
    """A taint as kubectl writes it: `key=value:Effect`, `key:Effect`."""
    name, effect = text.split(":")
    key, _, value = name.partition("=")
    return {"key": key, "effect": effect, **({"value": value} if value else {})}


def _key(short: str) -> str:
    return KEYS.get(short, short)


def _time(minutes: int) -> str:
    return (_START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
