"""``k8s.spread.switch``: relax spread where a webhook of your own, or Kyverno, decides it.

Teams with a scheduling webhook keep two templates, one hard and one soft, and one object says which
of them counts. That object is the switch: one member of it, set to the value that means soft, and
put back. Only newly admitted pods change, nothing restarts. Whether it works is asked of the whole
chain of admission by dry runs of pods, and the way back is asked too.
Source: Ctrip, "Spot on EKS", 2.4.4 (PolicyTemplates and sched-webhook); kyverno.io, MutatingPolicy,
``spec.evaluation.admission.enabled``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sopctl.actions.k8s import member, spread_effect, which_objects
from sopctl.actions.k8s.member import Member
from sopctl.actions.k8s.which_objects import Which
from sopctl.core.action import Action, Call, Change, Converged, Effect, Seen
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import api, meta, spread
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers import json_patch

KIND = "k8s.object"
_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """The member at *path* of one object, and the *soft* value of it."""

    which: Which
    path: tuple[str, ...]
    soft: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*switch*: ``API_VERSION KIND [NAMESPACE/]NAME POINTER=VALUE``, with the value for soft.

    For example ``v1 ConfigMap kube-system/scheduling /data/bound=soft``. *keys* are the topology
    keys that are soft then, *except_namespaces* those that stay hard: what is asked of admission.
    """

    switch: str
    keys: tuple[str, ...] = spread.KEYS
    except_namespaces: tuple[str, ...] = ("kube-system",)

    def __post_init__(self) -> None:
        _ = self.parsed

    @property
    def parsed(self) -> Switch:
        """The switch; RefusedError for a text that is none."""
        words = self.switch.split(maxsplit=_WORDS - 1)
        pointer, equals, value = words[-1].partition("=") if words else ("", "", "")
        if len(words) != _WORDS or not equals or not pointer.startswith("/"):
            raise RefusedError(
                f"{self.switch!r} is no switch",
                hint="Write it as: v1 ConfigMap kube-system/scheduling /data/bound=soft",
            )
        version, kind, name = words[:-1]
        namespace, _, last = name.rpartition("/")
        which = Which(api_version=version, kind=kind, namespace=namespace, name=last, labels=None)
        which.check()
        return Switch(which=which, path=json_patch.keys(pointer), soft=_value(value))


def _value(text: str) -> Json:
    """JSON where it is some, as of true and 3; otherwise the text itself."""
    try:
        found: Json = json.loads(text)
    except ValueError:
        return text
    return found


def select(world: World, params: Params) -> Selection:
    """The one object; none, and why, where it is not there."""
    switch = params.parsed
    found = which_objects.chosen(world.k8s, switch.which)
    if not found.objects:
        return Selection((), 0, (f"there is no {switch.which.kind} {switch.which.name}",))
    keepers = (meta.keeper(each) for each in found.objects)
    notes = [f"it is kept by {who}, which may write its own version back" for who in keepers if who]
    return Selection(which_objects.ids(found, ".".join(switch.path)), 1, tuple(notes))


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    path = params.parsed.path
    return {
        each: Observed(seen.state, {**seen.evidence, "path": list(path)}, seen.version)
        for each, seen in member.observe(world, ids, path).items()
    }


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    if observed.state is ABSENT:
        return ABSENT
    return member.of(params.parsed.soft, params.parsed.path)


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        path = each.before.evidence["path"]
        assert isinstance(path, Sequence), "as observe put it there"
        yield each.resource, member.write(call, world, each, tuple(map(str, path)))


def look(
    world: World, params: Params, changes: Sequence[Change[Member]], changed_at: datetime
) -> Seen:
    soft = member.of(params.parsed.soft, params.parsed.path)
    scope = spread_effect.Scope(params.keys, params.except_namespaces)
    wanted = all(member.same(soft, each.after) for each in changes)
    return spread_effect.admission(world, scope, soft=wanted)


def permissions_of(written: Mapping[str, Json]) -> tuple[str, ...]:
    """Reading and patching the kind of object that is the switch."""
    words = str(written.get("switch", "")).split()
    if len(words) != _WORDS or "${{" in words[0]:
        return ()
    kind: dict[str, Json] = {"api_version": words[0], "kind": words[1]}
    return tuple(right for verb in ("get", "patch") for right in api.permission(verb, kind))


ACTION: Action[Params, Member] = Action(
    id="k8s.spread.switch",
    summary="Relax spread where an admission webhook of your own, or Kyverno, decides it.",
    kind=KIND,
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    effect=Effect(
        describe="probe pods are admitted accordingly (dry run)", look=look, within=120.0
    ),
    marker=AnnotationMarker("spread"),
    touch=fence.touch,
    permissions=("k8s:list deployments.apps", "k8s:list statefulsets.apps", "k8s:create pods"),
    permissions_of=permissions_of,
)
