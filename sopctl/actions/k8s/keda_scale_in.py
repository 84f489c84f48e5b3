"""``k8s.keda.scale_in``: keep KEDA from removing replicas, and only that.

KEDA writes the pod autoscaler of a ScaledObject itself, so that freezing that one would be undone
at once; KEDA's own annotation is what holds. Not the annotation ``paused``, which takes the
autoscaler away: nothing would scale *out* either. Versions before 2.18 do not know ``paused-
scale-in`` and ignore it.
Source: keda.sh, "Scaling Deployments, StatefulSets & Custom Resources", Pausing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.k8s import member
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.errors import NotFoundError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import IN_FLIGHT, WINDOW
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers.k8s_paths import collection

KIND = "k8s.scaledobject"
ANNOTATION = "autoscaling.keda.sh/paused-scale-in"
PATH = ("metadata", "annotations", ANNOTATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*namespaces*: only in those; otherwise in all."""

    namespaces: tuple[str, ...] = ()


def select(world: World, params: Params) -> Selection:
    """The ScaledObjects; none where KEDA is not installed."""
    try:
        found = world.k8s.list(collection(KIND))
    except NotFoundError:
        found = []
    ours = [e for e in found if e["metadata"]["namespace"] in (params.namespaces or _own(e))]
    ids = tuple(ResourceId(KIND, meta.full_name(e), meta.uid(e), ANNOTATION) for e in ours)
    notes = tuple(
        f"{meta.full_name(each)} is kept by {who}, which may write its own version back."
        for each in ours
        if (who := meta.keeper(each))
    )
    return Selection(ids, len(found), notes)


def _own(obj: meta.Obj) -> tuple[str, ...]:
    return (obj["metadata"]["namespace"],)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    return member.observe(world, ids, PATH)


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    return ABSENT if observed.state is ABSENT else member.of("true", PATH)


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, member.write(call, world, each, PATH)


ACTION: Action[Params, Member] = Action(
    id="k8s.keda.scale_in",
    summary="Keep KEDA from removing replicas; scaling out goes on.",
    kind=KIND,
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    marker=AnnotationMarker("scale_in"),
    touch=fence.touch,
    concurrency=IN_FLIGHT,
    window=WINDOW,
    permissions=(
        "k8s:list scaledobjects.keda.sh",
        "k8s:get scaledobjects.keda.sh",
        "k8s:patch scaledobjects.keda.sh",
    ),
)
