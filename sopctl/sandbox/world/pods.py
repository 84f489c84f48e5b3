"""What a pod object says about itself."""

from __future__ import annotations

from sopctl.sandbox.world.conditions import holds
from sopctl.sandbox.world.ports import Obj

FINISHED = frozenset({"Succeeded", "Failed"})


def phase(pod: Obj) -> str:
    """Return the phase; a pod without status is Pending."""
    return str(pod.get("status", {}).get("phase") or "Pending")


def is_ready(pod: Obj) -> bool:
    """Whether the Ready condition is True."""
    return holds(pod, "Ready")


def is_terminating(pod: Obj) -> bool:
    """Whether deletion has started."""
    return "deletionTimestamp" in pod["metadata"]


def is_active(pod: Obj) -> bool:
    """Whether a controller counts it: not finished, not terminating (`IsPodActive`)."""
    return phase(pod) not in FINISHED and not is_terminating(pod)


def node_name(pod: Obj) -> str:
    """Return the node it is bound to, or an empty string."""
    return str(pod["spec"].get("nodeName") or "")


def controller(obj: Obj) -> Obj | None:
    """Return the owner reference of the managing controller, if any."""
    owners: list[Obj] = obj["metadata"].get("ownerReferences") or []
    return next((each for each in owners if each.get("controller")), None)


def owned_by(owner: Obj, kind: str, api_version: str) -> Obj:
    """Return the controller reference that makes an object `owner`'s."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def from_template(template: Obj, owner: Obj, reference: Obj, **metadata: str) -> Obj:
    """Return a new pod made from a template, in the owner's namespace."""
    source = template.get("metadata") or {}
    inherited = {key: source[key] for key in ("labels", "annotations") if source.get(key)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **metadata,
            **inherited,
            "namespace": owner["metadata"]["namespace"],
            "ownerReferences": [reference],
        },
        "spec": template["spec"],
    }
