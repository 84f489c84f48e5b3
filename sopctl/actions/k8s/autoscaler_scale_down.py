"""``k8s.autoscaler.scale_down``: keep the cluster autoscaler from removing nodes.

Three ways, by what they cover (kubernetes/autoscaler, FAQ and ``aws_manager.go`` GetAsgOptions):

* *annotations* (default): on every node, seen in the next loop; nodes that join later are not
  covered unless ``sopctl watch`` keeps the step.
* *tags*: on every discovered group, seen within a minute; covers nodes that join later, not groups
  given by name.
* *flag*: ``--scale-down-enabled=false`` on the Deployment. It restarts the autoscaler, which then
  loses its back-offs and timers, is deprecated since 1.35, and leaves soft taints on candidates.

None of them keeps instances that never registered, or a node group that somebody else shrinks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sopctl.actions.k8s import autoscaler_effect, autoscaler_writes
from sopctl.core.action import Action, Change, Effect, Seen
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import groups, needs
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.objects import json_text, meta, node
from sopctl.facts.objects.lookup import IN_FLIGHT, WINDOW, lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.marks import asg_tag
from sopctl.marks.annotation import AnnotationMarker
from sopctl.marks.by_kind import ByKind
from sopctl.providers.k8s_paths import address, collection

NODE, GROUP, DEPLOYMENT = "k8s.node", "aws.asg", "k8s.deployment"
DISABLED = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
_OPTIONS = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/"
TAGS = (f"{_OPTIONS}scaledownunneededtime", f"{_OPTIONS}scaledownunreadytime")
NEVER = "8760h"  # a year
FLAG = "scale-down-enabled"
BATCH = 10  # of tags in a call; nodes are patched one by one
_SHELLS = ("sh", "/bin/sh", "bash", "/bin/bash")


class Via(StrEnum):
    ANNOTATIONS = "annotations"
    TAGS = "tags"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*enabled* false is: no scale-down."""

    enabled: bool
    via: Via = Via.ANNOTATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The value of an annotation or tag, or the flags as canonical JSON.

    *propagate*: of a tag, new instances get it too.
    """

    value: str
    propagate: bool = False


def consent(params: Params) -> str:
    if params.via is Via.FLAG:
        return "the cluster autoscaler restarts: its back-offs and timers are lost, now and again"
    return ""


def select(clients: World, params: Params) -> Selection:
    autoscalers = clients.facts.autoscalers()
    if not autoscalers:
        return Selection((), 0, ("no cluster autoscaler runs here: nobody would read it",))
    if params.via is Via.TAGS:
        return _tags(clients, autoscalers)
    if params.via is Via.FLAG:
        chosen = [_flag(clients, each) for each in autoscalers]
        ids = tuple(resource for each in chosen for resource in each.ids)
        return Selection(ids, len(chosen), tuple(note for each in chosen for note in each.notes))
    nodes = clients.k8s.each(collection(NODE), node.read)
    ids = tuple(ResourceId(NODE, each.name, each.uid, DISABLED) for each in nodes)
    return Selection(ids, len(nodes), ("nodes that join later are not covered",))


def _tags(clients: World, autoscalers: Sequence[Autoscaler]) -> Selection:
    known = clients.facts.groups()
    ours = [group for group in known if any(each.discovers(group) for each in autoscalers)]
    ids = tuple(ResourceId(GROUP, each.name, each.arn, key) for each in ours for key in TAGS)
    notes = tuple(
        f"{name} is given by name (--nodes): its tags are not read"
        for each in autoscalers
        for name in each.explicit
    )
    return Selection(ids, len(known), notes)


def _flag(clients: World, autoscaler: Autoscaler) -> Selection:
    name = f"{autoscaler.namespace}/{autoscaler.name}"
    obj = clients.k8s.get(address(ResourceId(DEPLOYMENT, name)))
    containers = obj["spec"]["template"]["spec"]["containers"]
    index = [each["name"] for each in containers].index(autoscaler.container)
    found = containers[index]
    field = "args" if found.get("args") else "command"
    words = found.get(field) or []
    if not words or {*words, *(found.get("command") or ())} & {*_SHELLS}:
        return Selection((), 1, (f"{name} has no flags of its own to change",))
    part = f"spec.template.spec.containers.{index}.{field}"
    notes = [f"{name} restarts: no scaling at all until a new leader is elected"]
    if who := meta.keeper(obj):
        notes.append(f"{name} is kept by {who}, which may write its own version back")
    return Selection((ResourceId(DEPLOYMENT, name, meta.uid(obj), part),), 1, tuple(notes))


def observe(
    clients: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Setting]]:
    tagged = [each for each in ids if each.kind == GROUP]
    found = lookup(clients.k8s, [each for each in ids if each.kind != GROUP])
    objects = {each: _in_object(obj, each) for each, obj in found.items()}
    return {**objects, **_in_tags(clients, tagged)}


def _in_object(obj: Obj, resource: ResourceId) -> Observed[Setting]:
    if resource.kind == NODE:
        value = meta.annotated(obj).get(resource.part)
    else:
        *_, index, field = resource.part.split(".")
        container = obj["spec"]["template"]["spec"]["containers"][int(index)]
        value = json_text.dumped(container[field]) if field in container else None
    return Observed(
        ABSENT if value is None else Setting(value=value),
        evidence={"annotated": "annotations" in obj["metadata"]},
        version=meta.version(obj),
    )


def _in_tags(clients: World, ids: Sequence[ResourceId]) -> Mapping[ResourceId, Observed[Setting]]:
    named = groups.named(clients.aws, {each.name for each in ids}) if ids else {}
    seen: dict[ResourceId, Observed[Setting]] = {}
    for each in ids:
        group = named.get(each.name)
        if group is None or group.arn != each.incarnation:
            continue
        tag = group.tags.get(each.part)
        seen[each] = Observed(
            ABSENT if tag is None else Setting(value=tag.value, propagate=tag.propagate)
        )
    return seen


def desire(params: Params, resource: ResourceId, observed: Observed[Setting]) -> Setting | Absent:
    if resource.kind == DEPLOYMENT:
        return _flags(params, observed)
    if params.enabled:
        return ABSENT
    if resource.kind == NODE:
        return Setting(value="true")
    return Setting(value=NEVER)


def _flags(params: Params, observed: Observed[Setting]) -> Setting | Absent:
    if observed.state is ABSENT:
        return ABSENT
    words = [str(word) for word in json_text.parsed(observed.state.value)]
    said = [word for word in words if word.lstrip("-").partition("=")[0] == FLAG]
    if [word.partition("=")[2] for word in said] == ([] if params.enabled else ["false"]):
        return observed.state
    others = [word for word in words if word not in said]
    wanted = others if params.enabled else [*others, f"--{FLAG}=false"]
    return Setting(value=json_text.dumped(wanted))


def look(
    clients: World, params: Params, changes: Sequence[Change[Setting]], changed_at: datetime
) -> Seen:
    return autoscaler_effect.look(clients, changes, changed_at)


_ANNOTATED = AnnotationMarker("autoscaler")

ACTION = Action(
    id="k8s.autoscaler.scale_down",
    summary="Keep the cluster autoscaler from removing nodes.",
    kind=NODE,
    params=Params,
    state=Setting,
    select=select,
    observe=observe,
    desire=desire,
    converge=autoscaler_writes.converge,
    effect=Effect(
        describe="the autoscaler went through a loop, and removed no node since",
        look=look,
        within=300.0,
        every=5.0,
    ),
    marker=ByKind({NODE: _ANNOTATED, DEPLOYMENT: _ANNOTATED, GROUP: asg_tag.MARKER}),
    consent=consent,
    batch=BATCH,
    concurrency=IN_FLIGHT,
    window=WINDOW,
    permissions=(
        *needs.of("autoscaler"),
        "k8s:get configmaps cluster-autoscaler-status",
        "k8s:list events",
    ),
    only_with={
        "via=annotations": ("k8s:list nodes", "k8s:get nodes", "k8s:patch nodes"),
        "via=tags": (
            *needs.of("groups"),
            "autoscaling:CreateOrUpdateTags k8s.io/cluster-autoscaler/*",
            "autoscaling:DeleteTags k8s.io/cluster-autoscaler/*",
            *asg_tag.PERMISSIONS,
        ),
        "via=flag": ("k8s:get deployments.apps", "k8s:patch deployments.apps"),
    },
)
