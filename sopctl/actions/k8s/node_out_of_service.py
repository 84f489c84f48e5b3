"""``k8s.node.out_of_service``: give the pods of nodes whose machine has stopped to other nodes.

A StatefulSet's pod on a silent node keeps its name and its volume: no second one is made, because
nobody knows that the first has stopped. The taint says so: pods are deleted by force and volumes
detached. If the machine runs after all, two write to one volume. Therefore the taint is set only
when EC2 says that the instance is stopped or terminated, asked again right before the write.
Source: kubernetes.io, "Node Shutdowns", Non-graceful node shutdown handling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.k8s import taints
from sopctl.actions.k8s.taints import Taint
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.errors import SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import instances
from sopctl.facts.objects import node
from sopctl.facts.objects.lookup import IN_FLIGHT, WINDOW
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers.k8s_paths import collection
from sopctl.providers.receipts import receipt

KIND = "k8s.node"
KEY = "node.kubernetes.io/out-of-service"
WANTED = Taint(value="nodeshutdown", effect="NoExecute")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name or an id."""

    zone: str


def consent(params: Params) -> str:
    """Why a person has to agree."""
    return "pods are deleted by force and volumes detached, which nothing takes back"


def select(world: World, params: Params) -> Selection:
    """The silent nodes of the zone whose instance is proven to have stopped."""
    nodes = world.k8s.each(collection(KIND), node.read)
    zone = node.zone_name(params.zone, nodes, lambda: world.facts.zone(params.zone).name)
    silent = [each for each in nodes if each.zone == zone and not each.ready]
    states = instances.states(world.aws, [each.instance for each in silent if each.instance])
    stopped = [each for each in silent if states.get(each.instance) in instances.STOPPED]
    ids = tuple(ResourceId(KIND, each.name, each.uid, KEY) for each in stopped)
    alive = len(silent) - len(stopped)
    notes = (
        (f"{alive} silent nodes are left: EC2 does not say that they stopped.",) if alive else ()
    )
    return Selection(ids, len(nodes), notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Taint]]:
    return taints.observe(world, ids)


def desire(params: Params, resource: ResourceId, observed: Observed[Taint]) -> Taint | Absent:
    return observed.state if observed.state is not ABSENT else WANTED


def converge(call: Call, world: World, changes: Sequence[Change[Taint]]) -> Converged:
    for each in changes:
        yield each.resource, _write(call, world, each)


def _write(call: Call, world: World, change: Change[Taint]) -> Receipt:
    if change.after is not ABSENT:
        instance = str(change.before.evidence["instance"])
        try:
            state = instances.states(world.aws, [instance]).get(instance, "unknown to EC2")
        except SopError as error:
            return receipt(error)
        if state not in instances.STOPPED:
            why = f"the instance of {change.resource.name} is {state}: it may still write"
            return Receipt(kind=ReceiptKind.REJECTED, why=why)
    return taints.write(call, world, change)


ACTION: Action[Params, Taint] = Action(
    id="k8s.node.out_of_service",
    summary="Free the pods and volumes of nodes whose instance is proven to have stopped.",
    kind=KIND,
    params=Params,
    state=Taint,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=taints.same,
    converge=converge,
    consent=consent,
    marker=AnnotationMarker("out_of_service"),
    touch=fence.touch,
    disruptive=True,
    concurrency=IN_FLIGHT,
    window=WINDOW,
    permissions=(
        "k8s:list nodes",
        "k8s:get nodes",
        "k8s:patch nodes",
        "ec2:DescribeInstances",
    ),
)
