"""``k8s.rollout.restart``: have the pods of workloads made anew, as their own strategy says.

What was restarted a moment ago is not restarted again, so that a run can be repeated. There is
nothing to take back: the workload makes the same pods. Source: kubectl, pkg/polymorphichelpers/
objectrestarter.go (the annotation of the template, and that a paused one is refused).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sopctl.actions.k8s import any_object, member
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged, Effect, Seen, Undo
from sopctl.core.clock import parse_stamp, stamp
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.marks import fence

PATH = ("spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt")
WITHIN = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*unless_within*: minutes in which a restart that somebody did before counts as this one.

    *names*, *labels* and *namespace* say which; all that is given has to hold.
    """

    resource: Literal["deployments.apps", "statefulsets.apps", "daemonsets.apps"] = (
        "deployments.apps"
    )
    unless_within: float = 10.0
    namespace: str = ""
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        any_object.refuse_unnamed(self.names, self.labels)


def select(world: World, params: Params) -> Selection:
    """The workloads, but for those that are paused."""
    found = any_object.find(world, params.resource, params.namespace, params.names, params.labels)
    paused = {meta.full_name(obj) for obj in found.objects if obj["spec"].get("paused")}
    ids = tuple(each for each in found.ids("restarted") if each.name not in paused)
    notes = [f"{name}: left alone, because its rollout is paused." for name in sorted(paused)]
    return Selection(ids, found.population, (*found.notes, *notes))


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    """When it was restarted last, and as evidence what time it is."""
    now = stamp(world.k8s.clock.now())
    return {
        each: Observed(seen.state, {**seen.evidence, "now": now}, seen.version)
        for each, seen in member.observe(world, ids, PATH).items()
    }


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    if observed.state is ABSENT:
        return ABSENT
    now, last = str(observed.evidence["now"]), observed.state.value
    if isinstance(last, str) and _recent(last, now, timedelta(minutes=params.unless_within)):
        return observed.state
    return member.of(now, PATH)


def _recent(last: str, now: str, span: timedelta) -> bool:
    try:
        return parse_stamp(now) - parse_stamp(last) < span
    except ValueError:
        return False  # somebody wrote something else there


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, member.write(call, world, each, PATH)


def look(
    world: World, params: Params, changes: Sequence[Change[Member]], changed_at: datetime
) -> Seen:
    """Are all pods new and available?"""
    objects = lookup(world.k8s, [each.resource for each in changes])
    waiting = sorted(each.name for each, obj in objects.items() if not _rolled_out(obj))
    if waiting:
        return Seen(ok=False, detail=f"still rolling out: {', '.join(waiting)}")
    return Seen(ok=True, detail="all pods are new and available")


def _rolled_out(obj: Obj) -> bool:
    """Source: kubectl, pkg/polymorphichelpers/rollout_status.go."""
    status = obj.get("status") or {}
    if int(status.get("observedGeneration") or 0) < int(obj["metadata"].get("generation") or 0):
        return False
    if "desiredNumberScheduled" in status:
        wanted = status["desiredNumberScheduled"]
        return bool(
            status.get("updatedNumberScheduled") == wanted
            and status.get("numberAvailable", 0) == wanted
        )
    wanted = obj["spec"].get("replicas", 1)
    counts = ("updatedReplicas", "replicas", "availableReplicas")
    return all(int(status.get(key) or 0) == wanted for key in counts)


def needs(written: Mapping[str, Json]) -> tuple[str, ...]:
    resource = written.get("resource", "deployments.apps")
    return any_object.rights("list", "get", "patch", resource=resource)


ACTION: Action[Params, Member] = Action(
    id="k8s.rollout.restart",
    summary="Have the pods of workloads made anew, as their own strategy says.",
    kind="k8s.object",
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    effect=Effect(describe="all pods are new and available", look=look, within=WITHIN),
    touch=fence.touch,
    undo=Undo.OWNER_RECREATES,
    disruptive=True,
    needs=needs,
)
