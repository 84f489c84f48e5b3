"""Cells of `kubectl get` that take more than one field.

Source: pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from collections.abc import Callable

from sopctl.sandbox.k8s.objects import Json, Obj, dig

_ROLE = "node-role.kubernetes.io/"


def pod_ready(pod: Obj) -> str:
    """`ready/all` containers of a pod."""
    statuses = dig(pod, "status", "containerStatuses") or ()
    ready = sum(1 for status in statuses if status.get("ready"))
    return f"{ready}/{len(dig(pod, 'spec', 'containers') or ())}"


def pod_status(pod: Obj) -> str:
    """The one word for a pod."""
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for status in dig(pod, "status", "containerStatuses") or ():
        for state in ("waiting", "terminated"):
            reason = dig(status, "state", state, "reason")
            if reason:
                return str(reason)
    return str(dig(pod, "status", "reason") or dig(pod, "status", "phase") or "Unknown")


def restarts(pod: Obj) -> str:
    """How often a pod's containers were restarted."""
    statuses = dig(pod, "status", "containerStatuses") or ()
    return str(sum(status.get("restartCount", 0) for status in statuses))


def node_status(node: Obj) -> str:
    """The words for a node."""
    conditions = dig(node, "status", "conditions") or ()
    ready = next((item["status"] for item in conditions if item["type"] == "Ready"), None)
    words = [{"True": "Ready", None: "Unknown"}.get(ready, "NotReady")]
    if dig(node, "spec", "unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def node_roles(node: Obj) -> str:
    labels = node["metadata"].get("labels") or {}
    roles = sorted(key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE))
    return ",".join(roles) or "<none>"


def node_address(kind: str) -> Callable[[Obj], str]:
    """How to find a node's address of a kind."""

    def address(node: Obj) -> str:
        found = [a["address"] for a in dig(node, "status", "addresses") or () if a["type"] == kind]
        return found[0] if found else "<none>"

    return address


def ports(service: Obj) -> str:
    """A service's ports."""
    ports = dig(service, "spec", "ports") or ()
    return ",".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in ports) or "<none>"


def hpa_target(hpa: Obj) -> str:
    """What an autoscaler scales."""
    reference = dig(hpa, "spec", "scaleTargetRef") or {}
    return f"{reference.get('kind', '')}/{reference.get('name', '')}"


def hpa_metrics(hpa: Obj) -> str:
    """Current and wanted utilisation."""
    texts: list[str] = []
    current = {
        dig(item, "resource", "name"): dig(item, "resource", "current", "averageUtilization")
        for item in dig(hpa, "status", "currentMetrics") or ()
    }
    for metric in dig(hpa, "spec", "metrics") or ():
        name = dig(metric, "resource", "name") or metric.get("type", "").lower()
        target = dig(metric, "resource", "target", "averageUtilization")
        now = current.get(name)
        texts.append(f"{name}: {'<unknown>' if now is None else f'{now}%'}/{target}%")
    return ", ".join(texts) or "<none>"


def completions(job: Obj) -> str:
    """`done/wanted` pods of a job."""
    wanted = dig(job, "spec", "completions") or dig(job, "spec", "parallelism") or 1
    return f"{dig(job, 'status', 'succeeded') or 0}/{wanted}"


def event_object(event: Obj) -> str:
    """What an event is about."""
    about = event.get("involvedObject") or {}
    return f"{about.get('kind', '').lower()}/{about.get('name', '')}"


def last_seen(event: Obj) -> Json:
    """When an event happened last."""
    return event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]


def endpoints(slice_: Obj) -> str:
    """The first addresses of a slice."""
    addresses = [a for item in slice_.get("endpoints") or () for a in item.get("addresses", ())]
    return ",".join(addresses[:3]) or "<unset>"


def claim(volume: Obj) -> str:
    """The claim of a volume."""
    claim = dig(volume, "spec", "claimRef")
    return f"{claim.get('namespace')}/{claim.get('name')}" if claim else ""


def role(binding: Obj) -> str:
    """The role that a binding grants."""
    return f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}"
