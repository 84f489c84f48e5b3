"""``k8s.rollout.pause``: keep Deployments from rolling out what is changed in their template.

A Deployment that is paused still holds its number of replicas. Source: kubernetes.io,
"Deployments", pausing and resuming a rollout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sopctl.actions.k8s import any_object, member
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker

RESOURCE = "deployments.apps"
PATH = ("spec", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*names*, *labels* and *namespace* say which; all that is given has to hold."""

    namespace: str = ""
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        any_object.refuse_unnamed(self.names, self.labels)


def select(world: World, params: Params) -> Selection:
    found = any_object.find(world, RESOURCE, params.namespace, params.names, params.labels)
    return Selection(found.ids(".".join(PATH)), found.population, found.notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    return member.observe(world, ids, PATH)


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    return ABSENT if observed.state is ABSENT else member.of(True, PATH)  # noqa: FBT003  # JSON


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, member.write(call, world, each, PATH)


ACTION: Action[Params, Member] = Action(
    id="k8s.rollout.pause",
    summary="Keep Deployments from rolling out changes of their template.",
    kind="k8s.deployment",
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    marker=AnnotationMarker("pause"),
    touch=fence.touch,
    permissions=any_object.rights("list", "get", "patch", resource=RESOURCE),
)
