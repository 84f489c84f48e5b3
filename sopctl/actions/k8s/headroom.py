"""``k8s.headroom``: keep room back by pods that only pause, and give way to everything else.

What is more important preempts them within seconds, and the autoscaler then makes room for them
again. The traps, each of which makes it worthless or worse: a priority below -10, which the
autoscaler ignores; one that is not below that of workloads; a PriorityClass that is the default of
all pods, or that preempts itself; pods that take half a minute to leave; all of them in one zone.
One that is there already is resized only if its class has none of them. Give them back after
autoscalers of pods have been let go: what they hold is what those need first.
Source: kubernetes/autoscaler FAQ, "How can I configure overprovisioning with Cluster Autoscaler?".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sopctl.actions.k8s import pause_pods, sized
from sopctl.actions.k8s.sized import Sized
from sopctl.core.action import Action, Call, Change, Converged, Effect, Seen
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import purchase
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.writers import keeper_of
from sopctl.facts.world import World

KIND, CLASS = "k8s.deployment", "k8s.priority_class"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*replicas*: how many pods; *cpu* and *memory*: what each keeps, best the size of a node.

    *name*: of the Deployment and its PriorityClass; *selector*: labels of the nodes they may be on;
    *tolerates*: keys of taints; *priority*: of a class that has to be made.
    """

    replicas: int
    cpu: str = "1"
    memory: str = "1Gi"
    name: str = "sopctl-headroom"
    namespace: str = "kube-system"
    selector: Mapping[str, str] = field(default_factory=dict)
    tolerates: tuple[str, ...] = ()
    priority: int = -5
    image: str = pause_pods.IMAGE

    @property
    def deployment(self) -> ResourceId:
        return ResourceId(KIND, f"{self.namespace}/{self.name}")

    @property
    def priority_class(self) -> ResourceId:
        return ResourceId(CLASS, self.name)


def select(world: World, params: Params) -> Selection:
    """The Deployment, and its class where both have to be made; RefusedError for a trap."""
    if params.replicas < 0:
        raise RefusedError("there are never fewer than 0 replicas", hint="Give 0 or more.")
    _refuse(f"priority {params.priority}", pause_pods.priority_class(params.priority))
    population = len(world.facts.workloads())
    found = lookup(world.k8s, [params.deployment, params.priority_class])
    if known := found.get(params.deployment):
        return Selection((params.deployment,), population, tuple(_known(world, known)))
    if there := found.get(params.priority_class):
        _refuse(f"the PriorityClass {params.name}", there)
    ids = (params.priority_class, params.deployment)
    return Selection(ids, population + len(ids), tuple(_spot(world, params)))


def _refuse(what: str, found: Obj) -> None:
    if why := pause_pods.wrong(found):
        hint = f"Take a class from {pause_pods.LOWEST} to -1 that never preempts."
        raise RefusedError(f"{what} keeps no room: {why}", hint=hint)


def _known(world: World, obj: Obj) -> Iterator[str]:
    """Remarks about a Deployment that is there; RefusedError if it keeps no room."""
    name, pod = meta.full_name(obj), obj["spec"]["template"]["spec"]
    classed = ResourceId(CLASS, str(pod.get("priorityClassName") or ""))
    found = lookup(world.k8s, [classed]).get(classed) if classed.name else None
    _refuse(f"{name}", found or {})
    yield from (f"the pods of {name} {each}." for each in pause_pods.weak(pod))
    if who := keeper_of(obj, ("spec", "replicas")):
        yield f"the replicas of {name} are kept by {who}, which may write its own back."


def _spot(world: World, params: Params) -> Iterator[str]:
    """What each keeps, and whether that may be on nodes that are taken back."""
    yield f"each of the pods keeps {params.cpu} cpu and {params.memory} of memory."
    wanted = params.selector.items()
    nodes = [each for each in world.facts.nodes() if wanted <= each.labels.items()]
    spot = sum(purchase.of(each.labels) == "spot" for each in nodes)
    if spot:
        yield f"{spot} of the {len(nodes)} nodes they may be on are spot; `selector` can say no."


def _bodies(params: Params) -> Mapping[ResourceId, Obj]:
    requests = {"cpu": params.cpu, "memory": params.memory}
    return {
        params.priority_class: pause_pods.priority_class(params.priority),
        params.deployment: pause_pods.deployment(
            params.name, requests, params.selector, params.tolerates, params.image
        ),
    }


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Sized]]:
    return sized.observe(world, _bodies(params), ids)


def desire(params: Params, resource: ResourceId, observed: Observed[Sized]) -> Sized | Absent:
    """That many pods; a class has no number, and is only there."""
    replicas = params.replicas if resource.kind == KIND else None
    return Sized(replicas=replicas, ours=observed.state is ABSENT or observed.state.ours)


def order(changes: Sequence[Change[Sized]]) -> Sequence[Sequence[Change[Sized]]]:
    """The class before its pods; after them when they go."""
    made = sorted(
        (e for e in changes if e.after is not ABSENT), key=lambda e: e.resource.kind != CLASS
    )
    gone = sorted((e for e in changes if e.after is ABSENT), key=lambda e: e.resource.kind == CLASS)
    return [[each] for each in (*gone, *made)]


def converge(call: Call, world: World, changes: Sequence[Change[Sized]]) -> Converged:
    for each in changes:
        yield each.resource, sized.write(call, world, each)


def look(world: World, params: Params, changes: Sequence[Change[Sized]], since: datetime) -> Seen:
    """Do the pods run, each with its room, or are they gone?"""
    wanted = {e.resource: e.after for e in changes if e.resource.kind == KIND}
    found = lookup(world.k8s, list(wanted))
    for resource, after in wanted.items():
        status = found[resource].get("status") or {} if resource in found else {}
        ready, there = status.get("readyReplicas") or 0, status.get("replicas") or 0
        number = (after.replicas or 0) if after is not ABSENT else 0
        if ready < number or there > number:
            detail = f"{ready} of {number} pods of {resource.name} have found their room"
            return Seen(ok=False, detail=detail)
    return Seen(ok=True, detail="as much room is kept back as asked for")


ACTION: Action[Params, Sized] = Action(
    id="k8s.headroom",
    summary="Keep room back by pods that only pause, and give way to everything else.",
    kind=KIND,
    params=Params,
    state=Sized,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    order=order,
    effect=Effect(describe="the pods that keep room run", look=look, within=900.0, every=10.0),
    permissions=(
        "k8s:list nodes",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
        "k8s:get deployments.apps",
        "k8s:create deployments.apps",
        "k8s:patch deployments.apps",
        "k8s:delete deployments.apps",
        "k8s:get priorityclasses.scheduling.k8s.io",
        "k8s:create priorityclasses.scheduling.k8s.io",
        "k8s:delete priorityclasses.scheduling.k8s.io",
    ),
)
