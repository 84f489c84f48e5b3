"""``k8s.capacity_buffer``: have the autoscaler keep room for more pods of a workload.

A CapacityBuffer says what room is wanted; the autoscaler keeps nodes for it without any pod running
there. The trap is that nobody may be listening: the cluster autoscaler (1.34 and newer) does with
``--capacity-buffer-controller-enabled`` and ``--capacity-buffer-pod-injection-enabled``, Karpenter
behind a feature gate. So the conditions that whoever listens sets are waited for. A buffer that is
there already gets another number, and its own back.
Source: kubernetes/autoscaler, CapacityBuffer API (autoscaling.x-k8s.io); karpenter.sh, designs,
"Capacity Buffer API Support".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sopctl.actions.k8s import sized
from sopctl.actions.k8s.sized import Sized
from sopctl.core.action import Action, Call, Change, Converged, Effect, Seen
from sopctl.core.errors import NotFoundError, RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.node import condition
from sopctl.facts.objects.writers import keeper_of
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection

KIND = "k8s.capacity_buffer"
STRATEGY = "buffer.x-k8s.io/active-capacity"
CONDITIONS = ("ReadyForProvisioning", "Provisioning")
_WORKLOADS = {"Deployment": "k8s.deployment", "StatefulSet": "k8s.statefulset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Room for *replicas* more pods of the *kind* called *workload* in *namespace*.

    *name*: of the buffer; empty is that of the workload with ``-headroom``.
    """

    replicas: int
    namespace: str
    workload: str
    kind: str = "Deployment"
    name: str = ""

    @property
    def buffer(self) -> ResourceId:
        return ResourceId(KIND, f"{self.namespace}/{self.name or self.workload + '-headroom'}")


def select(world: World, params: Params) -> Selection:
    """The one buffer; RefusedError where there is no such API, or no such workload."""
    if params.kind not in _WORKLOADS:
        kinds = ", ".join(_WORKLOADS)
        raise RefusedError(f"no room is kept for a {params.kind}", hint=f"Name one of {kinds}.")
    if params.replicas < 0:
        raise RefusedError("there are never fewer than 0 replicas", hint="Give 0 or more.")
    try:
        everyone = world.k8s.list(collection(KIND))
    except NotFoundError as error:
        raise RefusedError(
            "this cluster knows no CapacityBuffers",
            hint="Keep room with k8s.headroom, or install the autoscaler's CRD for them.",
        ) from error
    there = [each for each in everyone if meta.full_name(each) == params.buffer.name]
    workload = ResourceId(_WORKLOADS[params.kind], f"{params.namespace}/{params.workload}")
    if not there and not lookup(world.k8s, [workload]):
        raise RefusedError(
            f"there is no {params.kind} {workload.name}", hint="`kubectl get` lists them."
        )
    notes = tuple(note for each in there for note in _notes(each))
    return Selection((params.buffer,), len(everyone) + (not there), notes)


def _notes(obj: Obj) -> Iterator[str]:
    name, spec = meta.full_name(obj), obj.get("spec") or {}
    if "percentage" in spec:
        yield f"{name}: {spec['percentage']} % of the workload count where that is more."
    if "limits" in spec:
        yield f"{name}: its own limits hold whatever is asked for."
    if who := keeper_of(obj, ("spec", "replicas")):
        yield f"the replicas of {name} are kept by {who}, which may write its own back."


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Sized]]:
    target = {"apiGroup": "apps", "kind": params.kind, "name": params.workload}
    body: Obj = {
        "apiVersion": "autoscaling.x-k8s.io/v1beta1",
        "kind": "CapacityBuffer",
        "spec": {"provisioningStrategy": STRATEGY, "scalableRef": target},
    }
    return sized.observe(world, dict.fromkeys(ids, body), ids)


def desire(params: Params, resource: ResourceId, observed: Observed[Sized]) -> Sized | Absent:
    ours = observed.state is ABSENT or observed.state.ours
    return Sized(replicas=params.replicas, ours=ours)


def converge(call: Call, world: World, changes: Sequence[Change[Sized]]) -> Converged:
    for each in changes:
        yield each.resource, sized.write(call, world, each)


def look(world: World, params: Params, changes: Sequence[Change[Sized]], since: datetime) -> Seen:
    """Does an autoscaler look after it? One that is to be gone needs nobody."""
    found = lookup(world.k8s, [each.resource for each in changes if each.after is not ABSENT])
    for resource, obj in found.items():
        status = obj.get("status") or {}
        if missing := [each for each in CONDITIONS if condition(status, each) != "True"]:
            detail = f"{resource.name} is not {', '.join(missing)}: no autoscaler looks after it"
            return Seen(ok=False, detail=detail)
    return Seen(ok=True, detail="the autoscaler keeps the room that is asked for")


ACTION: Action[Params, Sized] = Action(
    id="k8s.capacity_buffer",
    summary="Have the autoscaler keep room for more pods of a workload, by a CapacityBuffer.",
    kind=KIND,
    params=Params,
    state=Sized,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    effect=Effect(describe="an autoscaler keeps the room", look=look, within=300.0, every=10.0),
    permissions=(
        "k8s:list capacitybuffers.autoscaling.x-k8s.io",
        "k8s:get capacitybuffers.autoscaling.x-k8s.io",
        "k8s:create capacitybuffers.autoscaling.x-k8s.io",
        "k8s:patch capacitybuffers.autoscaling.x-k8s.io",
        "k8s:delete capacitybuffers.autoscaling.x-k8s.io",
        "k8s:get deployments.apps",
        "k8s:get statefulsets.apps",
    ),
)
