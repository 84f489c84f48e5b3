"""``k8s.cpa.params``: keep the proportional autoscaler from shrinking what serves a hurt cluster.

It scales DNS servers and pods that keep room by the nodes there are, and by default does not count
those that are cordoned: cordoning a zone takes replicas away in the very incident that needs them.
Its parameters stand as JSON in a ConfigMap, which it reads again by itself within seconds. Only
its linear mode is known here.
Source: kubernetes-sigs/cluster-proportional-autoscaler, README, "Control patterns and ConfigMap
formats", includeUnschedulableNodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sopctl.actions.k8s import member
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers.k8s_paths import collection

KIND = "k8s.configmap"
LINEAR = "linear"
PATH = ("data", LINEAR)
ALL_NODES = "includeUnschedulableNodes"
_PROGRAM = "cluster-proportional-autoscaler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*cordoned*: count nodes that are cordoned. *at_least*: the fewest replicas, never lowered.

    *config_maps* by ``namespace/name``; otherwise those of every proportional autoscaler.
    """

    cordoned: bool = True
    at_least: int = 0
    config_maps: tuple[str, ...] = ()


def select(world: World, params: Params) -> Selection:
    """The ConfigMaps with a linear mode; RefusedError for one by name that is not there."""
    names = params.config_maps or tuple(sorted(set(_named(world))))
    wanted = [ResourceId(KIND, name) for name in names]
    found = {each.name: obj for each, obj in lookup(world.k8s, wanted).items()}
    if missing := [name for name in params.config_maps if name not in found]:
        raise RefusedError(
            f"there is no ConfigMap {', '.join(missing)}", hint="Write namespace/name."
        )
    fit = [obj for obj in found.values() if _linear(obj) is not None]
    left = [name for name, obj in found.items() if _linear(obj) is None]
    notes = [f"{name}: left alone, because it has no linear mode that is JSON." for name in left]
    notes += [
        f"{meta.full_name(each)} is kept by {who}, which may write its own version back."
        for each in fit
        if (who := meta.keeper(each))
    ]
    ids = (ResourceId(KIND, meta.full_name(e), meta.uid(e), ".".join(PATH)) for e in fit)
    return Selection(tuple(ids), len(found), tuple(notes))


def _named(world: World) -> Iterator[str]:
    """The ConfigMaps that proportional autoscalers are told to read."""
    for each in world.k8s.list(collection("k8s.deployment")):
        namespace = each["metadata"]["namespace"]
        for container in each["spec"]["template"]["spec"]["containers"]:
            said = _flags([*(container.get("command") or ()), *(container.get("args") or ())])
            if _PROGRAM in container.get("image", "") and "configmap" in said:
                yield f"{said.get('namespace', namespace)}/{said['configmap']}"


def _flags(words: Sequence[str]) -> Mapping[str, str]:
    """``--name=value`` and ``--name value``, with one dash or two."""
    said: dict[str, str] = {}
    for word, following in pairwise([*words, ""]):
        if word.startswith("-"):
            name, given, value = word.lstrip("-").partition("=")
            said[name] = value if given else following
    return said


def _linear(obj: Obj) -> dict[str, object] | None:
    return _parsed((obj.get("data") or {}).get(LINEAR))


def _parsed(text: object) -> dict[str, object] | None:
    try:
        found = json.loads(str(text)) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    return member.observe(world, ids, PATH)


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    """The same parameters but for these; what is so already keeps its very text."""
    if observed.state is ABSENT:
        return ABSENT
    said = _parsed(observed.state.value)
    if said is None:
        return observed.state
    wanted = dict(said)
    if params.cordoned:
        wanted[ALL_NODES] = True
    least = said.get("min", 0)
    if params.at_least > (least if isinstance(least, int) else 0):
        wanted["min"] = params.at_least
    return observed.state if wanted == said else member.of(json.dumps(wanted), PATH)


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, member.write(call, world, each, PATH)


ACTION: Action[Params, Member] = Action(
    id="k8s.cpa.params",
    summary="Keep proportional autoscalers from shrinking what they scale when nodes are cordoned.",
    kind=KIND,
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    marker=AnnotationMarker("cpa"),
    touch=fence.touch,
    permissions=(
        "k8s:list deployments.apps",
        "k8s:get configmaps",
        "k8s:patch configmaps",
    ),
)
