"""Defaults of pods and pod templates.

Source: pkg/apis/core/v1/defaults.go of Kubernetes 1.36, and the admission plugins
DefaultTolerationSeconds and ServiceAccount.
"""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.sandbox.k8s.objects import Json, Obj, clone

_TOLERATED_SECONDS = 300


def fill(target: Obj, values: Mapping[str, Json]) -> Obj:
    """Set every missing member to a copy of its default; returns the target."""
    for key, value in values.items():
        if target.get(key) is None:
            target[key] = clone(value) if isinstance(value, dict | list) else value
    return target


def spec_of(obj: Obj) -> Obj:
    """The object's spec, created when missing."""
    spec: Obj = obj.setdefault("spec", {})
    return spec


def pod_spec(spec: Obj) -> None:
    """Defaults of a pod or pod template spec, in place."""
    fill(
        spec,
        {
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
    )
    for group in ("containers", "initContainers"):
        for container in spec.get(group) or ():
            _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def _container(container: Obj) -> None:
    tag = str(container.get("image", "")).rpartition("/")[2].partition(":")[2] or "latest"
    fill(
        container,
        {
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": "Always" if tag == "latest" else "IfNotPresent",
        },
    )
    limits = container["resources"].get("limits")
    if limits:
        container["resources"]["requests"] = {
            **limits,
            **container["resources"].get("requests", {}),
        }
    for port in container.get("ports") or ():
        fill(port, {"protocol": "TCP"})
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if probe:
            fill(
                probe,
                {"timeoutSeconds": 1, "periodSeconds": 10}
                | {"successThreshold": 1, "failureThreshold": 3},
            )
            if "httpGet" in probe:
                fill(probe["httpGet"], {"path": "/", "scheme": "HTTP"})


def _volume(volume: Obj) -> None:
    for name in ("configMap", "secret", "projected", "downwardAPI"):
        if isinstance(volume.get(name), dict):
            fill(volume[name], {"defaultMode": 420})


def pod(obj: Obj) -> None:
    """Defaults of a pod, in place."""
    spec = spec_of(obj)
    pod_spec(spec)
    fill(
        spec,
        {
            "serviceAccountName": "default",
            "enableServiceLinks": True,
            "preemptionPolicy": "PreemptLowerPriority",
            "priority": 0,
        },
    )
    spec["serviceAccount"] = spec["serviceAccountName"]
    tolerations = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(_tolerates(item, key) for item in tolerations):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute"}
                | {"tolerationSeconds": _TOLERATED_SECONDS}
            )


def _tolerates(toleration: Obj, key: str) -> bool:
    same_key = toleration.get("key") in (None, "", key)
    return same_key and toleration.get("effect") in (None, "", "NoExecute")


def quality_of_service(spec: Obj) -> str:
    """The QoS class of a pod: Guaranteed, Burstable or BestEffort."""
    resources = [container.get("resources", {}) for container in spec.get("containers", ())]
    if not any(part.get("requests") or part.get("limits") for part in resources):
        return "BestEffort"
    for part in resources:
        limits = part.get("limits", {})
        same = limits == (part.get("requests") or limits)
        if not same or not {"cpu", "memory"} <= limits.keys():
            return "Burstable"
    return "Guaranteed"
