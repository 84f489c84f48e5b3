"""``k8s.vpa.mode``: keep vertical pod autoscalers from evicting pods to resize them.

With ``Initial`` recommendations still reach pods that are made anyway; nothing is evicted for
them. Left as they are: ``Off`` and ``Initial``, which evict nobody.
Source: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1/types.go
(without an updatePolicy or a mode the updater evicts, as with ``Recreate``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.k8s import member
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.errors import NotFoundError, RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import IN_FLIGHT, WINDOW
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers.k8s_paths import collection

KIND = "k8s.vpa"
PATH = ("spec", "updatePolicy", "updateMode")
CALM = ("Initial", "Off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*mode*: Initial or Off. *namespaces*: only in those; otherwise in all."""

    mode: str = CALM[0]
    namespaces: tuple[str, ...] = ()


def select(world: World, params: Params) -> Selection:
    """The vertical pod autoscalers; none where they are not installed."""
    if params.mode not in CALM:
        raise RefusedError(
            f"with the mode {params.mode!r} pods are evicted", hint=f"Use {' or '.join(CALM)}."
        )
    try:
        found = world.k8s.list(collection(KIND))
    except NotFoundError:
        found = []
    ids = tuple(
        ResourceId(KIND, meta.full_name(each), meta.uid(each), ".".join(PATH))
        for each in found
        if not params.namespaces or each["metadata"]["namespace"] in params.namespaces
    )
    return Selection(ids, len(found))


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    return member.observe(world, ids, PATH)


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    if observed.state is ABSENT or observed.state.value in CALM:
        return observed.state
    return member.of(params.mode, PATH)


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, member.write(call, world, each, PATH)


ACTION: Action[Params, Member] = Action(
    id="k8s.vpa.mode",
    summary="Keep vertical pod autoscalers from evicting pods to resize them.",
    kind=KIND,
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    marker=AnnotationMarker("vpa_mode"),
    touch=fence.touch,
    concurrency=IN_FLIGHT,
    window=WINDOW,
    permissions=(
        "k8s:list verticalpodautoscalers.autoscaling.k8s.io",
        "k8s:get verticalpodautoscalers.autoscaling.k8s.io",
        "k8s:patch verticalpodautoscalers.autoscaling.k8s.io",
    ),
)
