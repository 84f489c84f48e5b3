"""``k8s.scale``: set the number of replicas of anything that can be scaled.

Through the subresource ``scale``, which is the same for every kind that has one, custom ones too.
Where an autoscaler owns the number it will set its own again, which the plan says. None does while
it is 0: kubernetes.io, "Horizontal Pod Autoscaling", implicit maintenance-mode deactivation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from sopctl.actions.k8s import which_objects
from sopctl.actions.k8s.which_objects import Chosen, Which
from sopctl.core.action import Action, Call, Change, Converged, Effect, Receipt, ReceiptKind, Seen
from sopctl.core.codec import Json
from sopctl.core.errors import NotFoundError, RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import api, meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.writers import keeper_of
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers import json_patch, k8s_writes
from sopctl.providers.k8s_paths import address, collection

KIND = "k8s.object"
PART = "scale"
CONCURRENCY = 8
_REPLICAS = "/spec/replicas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*replicas*: how many; *name*, or *labels* that must all be there."""

    replicas: int
    api_version: str = "apps/v1"
    kind: str = "Deployment"
    namespace: str = ""
    name: str = ""
    labels: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        self.which.check()
        if self.replicas < 0:
            raise RefusedError("there are never fewer than 0 replicas", hint="Give 0 or more.")

    @property
    def which(self) -> Which:
        return Which(
            api_version=self.api_version,
            kind=self.kind,
            namespace=self.namespace,
            name=self.name,
            labels=self.labels,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """How many the object is asked to have."""

    count: int


def select(world: World, params: Params) -> Selection:
    """One resource for each object, with a note where somebody else sets the number."""
    found = which_objects.chosen(world.k8s, params.which, scalable=True)
    scalers = world.k8s.list(collection("k8s.hpa")) if found.objects else []
    notes = tuple(_notes(found, scalers, params))
    return Selection(which_objects.ids(found, PART), found.population, notes)


def _notes(found: Chosen, scalers: Sequence[Obj], params: Params) -> Iterator[str]:
    for each in found.objects:
        name = meta.full_name(each)
        for scaler in scalers:
            if not _scales(scaler, params.kind, name):
                continue
            owner = meta.controller(scaler)
            who = f"{owner.kind} {owner.name}" if owner else f"autoscaler {meta.full_name(scaler)}"
            does = "sets its own number again" if params.replicas else "pauses while there are 0"
            yield f"{name} is scaled by the {who}, which {does}"
        if who := keeper_of(each, ("spec", "replicas")):
            yield f"the replicas of {name} are kept by {who}, which may write its own back"


def _scales(scaler: Obj, kind: str, name: str) -> bool:
    target = scaler["spec"]["scaleTargetRef"]
    namespace = scaler["metadata"]["namespace"]
    return (target["kind"], f"{namespace}/{target['name']}") == (kind, name)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Replicas]]:
    """The number of each; what is gone, or another by that name, is left out."""
    with ThreadPoolExecutor(max_workers=CONCURRENCY, thread_name_prefix="scale") as pool:
        found = dict(zip(ids, pool.map(lambda each: _scale_of(world, each), ids), strict=True))
    return {each: _read(obj) for each, obj in found.items() if obj is not None}


def _scale_of(world: World, resource: ResourceId) -> Obj | None:
    try:
        found = world.k8s.get(f"{address(resource)}/scale")
    except NotFoundError:
        return None
    return found if resource.incarnation in ("", meta.uid(found)) else None


def _read(obj: Obj) -> Observed[Replicas]:
    """A scale without a number has none: a custom resource may leave it out."""
    count = obj["spec"].get("replicas")
    state = Replicas(count=count or 0)
    return Observed(state, evidence={"said": count is not None}, version=meta.version(obj))


def desire(params: Params, resource: ResourceId, observed: Observed[Replicas]) -> Replicas | Absent:
    return ABSENT if observed.state is ABSENT else Replicas(count=params.replicas)


def converge(call: Call, world: World, changes: Sequence[Change[Replicas]]) -> Converged:
    for each in changes:
        yield each.resource, _write(call, world, each)


def _write(call: Call, world: World, change: Change[Replicas]) -> Receipt:
    before, after = change.before.state, change.after
    assert before is not ABSENT, "what can be scaled has a number"
    assert after is not ABSENT, "as above"
    if before == after:
        return Receipt(kind=ReceiptKind.DONE)
    operations = json_patch.same_object(change.resource.incarnation, change.before.version)
    if change.before.evidence.get("said", True):
        operations.append(json_patch.test(_REPLICAS, before.count))
    operations.append(json_patch.add(_REPLICAS, after.count))
    return k8s_writes.patch(call, world.k8s, change.resource, operations, "/scale")


def look(
    world: World, params: Params, changes: Sequence[Change[Replicas]], since: datetime
) -> Seen:
    """Whether the controllers have made, or removed, what was asked of them."""
    for each in changes:
        scale = _scale_of(world, each.resource)
        has = (scale or {}).get("status", {}).get("replicas") or 0
        wanted = each.after.count if each.after is not ABSENT else 0
        if scale is not None and has != wanted:
            return Seen(ok=False, detail=f"{each.resource.name} has {has} of {wanted} replicas")
    return Seen(ok=True, detail="each has as many replicas as asked for")


def needed(params: Mapping[str, Json]) -> tuple[str, ...]:
    """Reading the kind that a step names, reading and writing its scale, and marking it."""
    said = {"api_version": "apps/v1", "kind": "Deployment", **params}
    reads = ("get", *(("list",) if params.get("labels") is not None else ()), "patch")
    whole = [right for verb in reads for right in api.permission(verb, said)]
    part = [right for verb in ("get", "patch") for right in api.permission(verb, said, "/scale")]
    return (*whole, *part)


ACTION: Action[Params, Replicas] = Action(
    id="k8s.scale",
    summary="Set the number of replicas of anything that can be scaled.",
    kind=KIND,
    params=Params,
    state=Replicas,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    effect=Effect(describe="the controller has that many replicas", look=look, within=600.0),
    marker=AnnotationMarker("scale"),
    touch=fence.touch,
    disruptive=True,
    permissions=("k8s:list horizontalpodautoscalers.autoscaling",),
    permissions_of=needed,
)
