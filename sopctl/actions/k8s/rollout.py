"""``k8s.rollout``: restart a workload, or pause and resume its rollout.

A restart is what ``kubectl rollout restart`` does: the time, as an annotation of the pod template.
It is not taken back: writing the old annotation again would only restart everything once more.
Paused is a state, and is restored exactly. Only a Deployment can be paused.
Source: kubernetes/kubectl pkg/polymorphichelpers (objectrestarter.go, rollout_status.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sopctl.actions.k8s import rollout_status, which_objects
from sopctl.actions.k8s.which_objects import Which
from sopctl.core.action import (
    Action,
    Call,
    Change,
    Converged,
    Effect,
    Receipt,
    ReceiptKind,
    Seen,
    Undo,
)
from sopctl.core.clock import stamp
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import api, meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.writers import keeper_of
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers import json_patch, k8s_writes

KIND = "k8s.object"
VERSION = "apps/v1"
PAUSED = "paused"
SINCE = "restart since "
NEVER = "never"
_RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_TEMPLATE = ("spec", "template", "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*do*: restart, pause or resume; *name*, or *labels* that must all be there."""

    do: Literal["restart", "pause", "resume"]
    kind: Literal["Deployment", "StatefulSet", "DaemonSet"] = "Deployment"
    namespace: str = ""
    name: str = ""
    labels: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        self.which.check()
        if self.do != "restart" and self.kind != "Deployment":
            raise RefusedError(f"a {self.kind} cannot be paused", hint="Only a Deployment can.")

    @property
    def which(self) -> Which:
        return Which(
            api_version=VERSION,
            kind=self.kind,
            namespace=self.namespace,
            name=self.name,
            labels=self.labels,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Of one part: whether the workload was restarted since, or whether its rollout is paused."""

    restarted: bool = False
    paused: bool = False


def consent(params: Params) -> str:
    if params.do == "restart":
        return "all pods of the workload are replaced, as its strategy says; there is no way back"
    return ""


def undo_of(params: Mapping[str, Json]) -> Undo:
    return Undo.EXACT if params.get("do") in ("pause", "resume") else Undo.RESIDUE


def select(world: World, params: Params) -> Selection:
    """One part of each workload; that of a restart says since when it counts."""
    found = which_objects.chosen(world.k8s, params.which)
    if params.do != "restart":
        ids = which_objects.ids(found, PAUSED)
        notes = tuple(_kept(found.objects))
        return Selection(ids, found.population, notes)
    able = [each for each in found.objects if not _unable(each)]
    ids = tuple(
        one
        for each in able
        for one in which_objects.ids(found, SINCE + _restarted_at(each), [each])
    )
    notes = tuple(note for each in found.objects if (note := _unable(each)))
    return Selection(ids, found.population, notes)


def _kept(objects: Sequence[Obj]) -> Iterator[str]:
    for each in objects:
        if who := keeper_of(each, ("spec", "paused")):
            yield f"{meta.full_name(each)} is kept by {who}, which may write its own back"


def _unable(obj: Obj) -> str:
    """Why a new template restarts nothing; ``kubectl`` refuses the first too."""
    if obj["spec"].get("paused"):
        return f"{meta.full_name(obj)} is paused: nothing restarts before it is resumed"
    strategy = (obj["spec"].get("updateStrategy") or {}).get("type")
    if strategy == "OnDelete":
        return f"{meta.full_name(obj)} replaces only pods that are deleted (OnDelete)"
    return ""


def _restarted_at(obj: Obj) -> str:
    return str(_annotations(obj).get(_RESTARTED_AT) or NEVER)


def _annotations(obj: Obj) -> Obj:
    annotations: Obj = _metadata(obj).get("annotations") or {}
    return annotations


def _metadata(obj: Obj) -> Obj:
    metadata: Obj = obj["spec"]["template"].get("metadata") or {}
    return metadata


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Rollout]]:
    """Whether each was restarted since then, by whomever, or is paused."""
    return {each: _observed(each, obj) for each, obj in lookup(world.k8s, ids).items()}


def _observed(resource: ResourceId, obj: Obj) -> Observed[Rollout]:
    if resource.part == PAUSED:
        state = Rollout(paused=bool(obj["spec"].get("paused")))
        return Observed(state, version=meta.version(obj))
    state = Rollout(restarted=_restarted_at(obj) != resource.part.removeprefix(SINCE))
    depth = ("metadata" in obj["spec"]["template"]) + ("annotations" in _metadata(obj))
    return Observed(state, evidence={"depth": depth}, version=meta.version(obj))


def desire(params: Params, resource: ResourceId, observed: Observed[Rollout]) -> Rollout | Absent:
    if observed.state is ABSENT:
        return ABSENT
    if params.do == "restart":
        return Rollout(restarted=True)
    return Rollout(paused=params.do == "pause")


def converge(call: Call, world: World, changes: Sequence[Change[Rollout]]) -> Converged:
    for each in changes:
        yield each.resource, _write(call, world, each)


def _write(call: Call, world: World, change: Change[Rollout]) -> Receipt:
    before, after = change.before.state, change.after
    assert after is not ABSENT, "a workload always has this state"
    if before == after:
        return Receipt(kind=ReceiptKind.DONE)
    operations = json_patch.same_object(change.resource.incarnation, change.before.version)
    if change.resource.part != PAUSED:
        operations += _restart(change, stamp(world.k8s.clock.now()))
    elif after.paused:
        operations.append(json_patch.add("/spec/paused", value=True))
    else:
        operations += [
            json_patch.test("/spec/paused", value=True),
            json_patch.remove("/spec/paused"),
        ]
    return k8s_writes.patch(call, world.k8s, change.resource, operations)


def _restart(change: Change[Rollout], at: str) -> list[json_patch.Operation]:
    """The annotation, with the objects on the way that are not there, if it is as it was."""
    path = (*_TEMPLATE, "annotations", _RESTARTED_AT)
    was = change.resource.part.removeprefix(SINCE)
    tests = [] if was == NEVER else [json_patch.test(json_patch.pointer(*path), was)]
    depth = change.before.evidence["depth"]
    assert isinstance(depth, int), "we counted it"
    value: Json = at
    for key in reversed(path[3 + depth :]):
        value = {key: value}
    return [*tests, json_patch.add(json_patch.pointer(*path[: 3 + depth]), value)]


def look(world: World, params: Params, changes: Sequence[Change[Rollout]], since: datetime) -> Seen:
    """Whether every rollout is finished; one that was paused is only that."""
    if all(each.after is not ABSENT and each.after.paused for each in changes):
        return Seen(ok=True, detail="each is paused")
    for obj in lookup(world.k8s, [each.resource for each in changes]).values():
        if waits := rollout_status.unfinished(obj):
            return Seen(ok=False, detail=f"{meta.full_name(obj)}: {waits}")
    return Seen(ok=True, detail="each rollout is finished")


def needed(params: Mapping[str, Json]) -> tuple[str, ...]:
    """Reading and patching the kind that a step names."""
    said = {"kind": "Deployment", **params, "api_version": VERSION}
    verbs = ("get", *(("list",) if params.get("labels") is not None else ()), "patch")
    return tuple(right for verb in verbs for right in api.permission(verb, said))


ACTION: Action[Params, Rollout] = Action(
    id="k8s.rollout",
    summary="Restart workloads, or pause and resume their rollouts.",
    kind=KIND,
    params=Params,
    state=Rollout,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    effect=Effect(describe="the rollout is finished", look=look, within=600.0),
    marker=AnnotationMarker("rollout"),
    touch=fence.touch,
    disruptive=True,
    consent=consent,
    undo_of=undo_of,
    permissions_of=needed,
)
