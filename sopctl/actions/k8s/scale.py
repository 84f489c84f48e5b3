"""``k8s.scale``: the number of replicas of a Deployment, a StatefulSet, or whatever has some.

Left alone is what a horizontal pod autoscaler keeps: it would write its own number within seconds.
To none it is scaled all the same, because an autoscaler rests while there are none.
Source: kubernetes.io, "Horizontal Pod Autoscaling", implicit maintenance-mode deactivation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sopctl.actions.k8s import any_object, member
from sopctl.actions.k8s.any_object import Found
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged, Effect, Seen
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers.k8s_paths import collection

PATH = ("spec", "replicas")
DEFAULT = "deployments.apps"
WITHIN = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*replicas*: how many. *only* up, or only down; otherwise either way.

    *resource*: plural and group. *names*, *labels* and *namespace* say which; all that is given
    has to hold.
    """

    replicas: int
    only: Literal["", "up", "down"] = ""
    resource: str = DEFAULT
    namespace: str = ""
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        any_object.refuse_unnamed(self.names, self.labels)
        if self.replicas < 0:
            raise RefusedError(f"{self.replicas} replicas", hint="Give 0 or more.")


def select(world: World, params: Params) -> Selection:
    found = any_object.find(world, params.resource, params.namespace, params.names, params.labels)
    kept = _kept_by_autoscalers(world, found) if params.replicas else frozenset()
    ids = tuple(each for each in found.ids(".".join(PATH)) if each.name not in kept)
    notes = [
        f"{name}: left alone, because an autoscaler keeps its replicas; patch its minimum."
        for name in sorted(kept)
    ]
    return Selection(ids, found.population, (*found.notes, *notes))


def _kept_by_autoscalers(world: World, found: Found) -> Collection[str]:
    aims = {
        (str(hpa["metadata"]["namespace"]), aim["kind"], aim["name"])
        for hpa in world.k8s.list(collection("k8s.hpa"))
        for aim in [hpa["spec"]["scaleTargetRef"]]
    }
    return {
        meta.full_name(obj)
        for obj in found.objects
        if (obj["metadata"].get("namespace", ""), found.noun, obj["metadata"]["name"]) in aims
    }


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    return member.observe(world, ids, PATH)


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    if observed.state is ABSENT:
        return ABSENT
    now = observed.state.value
    if isinstance(now, int) and (
        (params.only == "up" and now >= params.replicas)
        or (params.only == "down" and now <= params.replicas)
    ):
        return observed.state
    return member.of(params.replicas, PATH)


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, member.write(call, world, each, PATH)


def look(
    world: World, params: Params, changes: Sequence[Change[Member]], changed_at: datetime
) -> Seen:
    """Are there as many ready replicas as are wanted, and no more?"""
    objects = lookup(world.k8s, [each.resource for each in changes])
    waiting = [
        f"{each.resource.name} has {ready} of {wanted}"
        for each in changes
        if (obj := objects.get(each.resource)) is not None
        for ready, wanted in [_counted(obj)]
        if ready != wanted
    ]
    if waiting:
        return Seen(ok=False, detail=", ".join(waiting))
    return Seen(ok=True, detail="as many ready replicas as are wanted")


def _counted(obj: Obj) -> tuple[int, int]:
    """(what there is, what is wanted): of two differing counts the one that is not there yet."""
    wanted = int(obj["spec"].get("replicas", 1))
    status = obj.get("status") or {}
    there, ready = int(status.get("replicas") or 0), int(status.get("readyReplicas") or 0)
    return (there if there != wanted else ready), wanted


def needs(written: Mapping[str, Json]) -> tuple[str, ...]:
    resource = written.get("resource", DEFAULT)
    return any_object.rights("list", "get", "patch", resource=resource)


ACTION: Action[Params, Member] = Action(
    id="k8s.scale",
    summary="Set the number of replicas of workloads that no autoscaler keeps.",
    kind="k8s.object",
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    effect=Effect(describe="as many ready replicas as are wanted", look=look, within=WITHIN),
    marker=AnnotationMarker("scale"),
    touch=fence.touch,
    permissions=("k8s:list horizontalpodautoscalers.autoscaling",),
    needs=needs,
)
