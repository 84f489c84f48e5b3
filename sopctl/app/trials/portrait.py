"""What people and runs write in a world, without what the world makes and moves by itself.

Two portraits are compared to say that something is as it was before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sopctl.core.codec import Json, canonical
from sopctl.runbook.trials.outcome import Difference

# Made by controllers, or moved by them: no run writes these but by way of their owners.
_MADE_BY_THE_WORLD: Final = frozenset({
    "controllerrevisions", "endpoints", "endpointslices", "events", "leases", "pods", "replicasets",
})  # fmt: skip
_MOVING: Final = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
# Counted up by the deployment controller with every rollout, there and back.
_COUNTED: Final = "deployment.kubernetes.io/revision"
_STATUS_MAP: Final = "kube-system/cluster-autoscaler-status"
_WISHES: Final = ("desired", "protected")  # the autoscaler moves them, too
_MARKS: Final = ("sopctl.io/", "sopctl/before/")
SHOWN: Final = 12


def portrait(dump: Mapping[str, Any]) -> dict[str, Json]:
    """The dump of a household by ``group/NAME`` and ``RESOURCE/[NAMESPACE/]NAME``."""
    found: dict[str, Json] = {}
    for name, group in dump["aws"].items():
        kept = {key: value for key, value in group.items() if key not in _WISHES}
        found[f"group/{name}"] = kept
    for resource, table in dump["kubernetes"].items():
        if resource in _MADE_BY_THE_WORLD:
            continue
        for key, obj in table.items():
            if key != _STATUS_MAP:
                found[f"{resource}/{key.removeprefix('/')}"] = _object(resource, obj)
    return found


def unmarked(portrait: Mapping[str, Json]) -> dict[str, Json]:
    """A portrait without marks: one that cannot be set is a warning, not another end."""
    return {name: _unmarked(value) for name, value in portrait.items()}


def _unmarked(value: Json) -> Json:
    """Without the keys that marks have, at any depth, and without what is empty then."""
    if not isinstance(value, Mapping):
        return value
    kept = {key: _unmarked(each) for key, each in value.items() if not key.startswith(_MARKS)}
    return {k: v for k, v in kept.items() if v != {} or k not in ("annotations", "metadata")}


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[Difference]:
    """What is not as it was; nodes come and go by themselves."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if name.startswith("nodes/") and (old is None or new is None):
            continue
        found += [
            Difference(what=f"{name} {path}".rstrip(), expected=was, found=now)
            for path, was, now in _fields(old, new, "")
        ]
    return found


def _object(resource: str, obj: Mapping[str, Any]) -> Json:
    meta = {key: value for key, value in obj["metadata"].items() if key not in _MOVING}
    if resource == "deployments" and "annotations" in meta:
        meta["annotations"] = {k: v for k, v in meta["annotations"].items() if k != _COUNTED}
    meta = {key: value for key, value in meta.items() if value not in ({}, [])}
    kept = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    if resource == "nodes":
        kept["spec"] = _without_the_worlds_taints(kept.get("spec", {}))
    return {**kept, "metadata": meta}


def _without_the_worlds_taints(spec: Mapping[str, Any]) -> dict[str, Json]:
    """Of the taints only those of people; ``spec.unschedulable`` says the rest."""
    taints = [
        each
        for each in spec.get("taints", ())
        if not each["key"].startswith(("node.kubernetes.io/", "ToBeDeletedBy", "DeletionCandidate"))
    ]
    return {**spec, "taints": taints}


def _fields(old: Json, new: Json, path: str) -> Iterator[tuple[str, str, str]]:
    """Where two values differ, as deep as both are mappings."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            part = f"[{key}]" if "." in key or "/" in key else f".{key}"
            yield from _fields(old.get(key), new.get(key), (path + part).removeprefix("."))
        return
    yield path, text(old), text(new)


def text(value: Json) -> str:
    """A value as a person reads it in one line; nothing is ``absent``."""
    return "absent" if value is None else canonical(value).decode()
