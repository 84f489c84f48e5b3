"""``k8s.autoscaler.priorities``: have the autoscaler grow groups of one kind of purchase first.

A preference and not a pause: a group whose rule is lower is still used when no better one can
grow. The rules live in a ConfigMap that the priority expander reads at every loop, without a
restart. Ours goes on top of those that are there, which stay; without any, a rule for all groups
comes below it. Where ``--expander`` does not name ``priority`` the ConfigMap means nothing, and
nothing is written.
Source: kubernetes/autoscaler, expander/priority/readme.md and priority.go (patterns are searched
anywhere in the name, the highest number wins).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import needs
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.providers import json_patch, k8s_writes

KIND = "k8s.configmap"
NAME = "cluster-autoscaler-priority-expander"
KEY = "priorities"
EXPANDER = "priority"
PREFERENCES = ("on_demand", "spot")
_STEP = 10  # between our rule and the highest that was there
_TOP, _BOTTOM = 100, 10  # where there were no rules
_DATA, _PRIORITIES = "/data", f"/data/{KEY}"

Rules = dict[int, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*prefer*: on_demand or spot."""

    prefer: str = "on_demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Priorities:
    """The text of the rules; None where the ConfigMap is there without them."""

    text: str | None


def select(world: World, params: Params) -> Selection:
    """The ConfigMap of the expander, whether it is there or not."""
    if params.prefer not in PREFERENCES:
        ways = ", ".join(PREFERENCES)
        raise RefusedError(f"groups do not buy {params.prefer!r}", hint=f"Prefer {ways}.")
    autoscaler = world.facts.autoscaler()
    if EXPANDER not in autoscaler.expander.split(","):
        note = f"the autoscaler's --expander is {autoscaler.expander or 'not set'}, not priority."
        return Selection((), 1, (note,))
    namespace = autoscaler.status_namespace
    return Selection((ResourceId(KIND, f"{namespace}/{NAME}", "", KEY),), 1)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Priorities]]:
    """The names of the groups to prefer are evidence: what is desired follows from them."""
    preferred = [
        group.name
        for group in world.facts.groups()
        if (group.spot if params.prefer == "spot" else group.on_demand)
    ]
    found = lookup(world.k8s, ids)
    seen: dict[ResourceId, Observed[Priorities]] = {}
    for each in ids:
        if (obj := found.get(each)) is None:
            seen[each] = Observed(ABSENT, evidence={"preferred": preferred})
            continue
        text = (obj.get("data") or {}).get(KEY)
        evidence: dict[str, Json] = {"preferred": preferred, "uid": meta.uid(obj)}
        evidence["keys"] = sorted(obj.get("data") or {})
        state = Priorities(text=text)
        seen[each] = Observed(state, evidence=evidence, version=meta.version(obj))
    return seen


def desire(
    params: Params, resource: ResourceId, observed: Observed[Priorities]
) -> Priorities | Absent:
    """The rules with ours on top; as they are where ours is on top already."""
    names = observed.evidence["preferred"]
    assert isinstance(names, Sequence)
    if not names:
        return observed.state
    ours = [f"^{re.escape(str(name))}$" for name in names]
    known = _rules(observed.state)
    if known and known[max(known)] == ours:
        return observed.state
    rules = known or {_BOTTOM: [".*"]}
    top = max(known) + _STEP if known else _TOP
    return Priorities(text=yaml.safe_dump({top: ours, **rules}, sort_keys=False))


def _rules(state: Priorities | Absent) -> Rules:
    """Rules by priority; none where the autoscaler could not read them either."""
    if state is ABSENT or state.text is None:
        return {}
    try:
        found = yaml.safe_load(state.text)
    except yaml.YAMLError:
        return {}
    if not isinstance(found, Mapping) or not all(isinstance(each, int) for each in found):
        return {}
    return {number: [str(each) for each in rules or ()] for number, rules in found.items()}


def converge(call: Call, world: World, changes: Sequence[Change[Priorities]]) -> Converged:
    for each in changes:
        yield each.resource, _write(call, world, each)


def _write(call: Call, world: World, change: Change[Priorities]) -> Receipt:
    before, uid = change.before, str(change.before.evidence.get("uid") or "")
    if change.after is ABSENT:
        if before.state is ABSENT:
            return Receipt(kind=ReceiptKind.DONE)
        return k8s_writes.delete(call, world.k8s, change.resource, uid=uid, version=before.version)
    if before.state is ABSENT:
        namespace, _, name = change.resource.name.partition("/")
        metadata = {"name": name, "namespace": namespace}
        return k8s_writes.create(
            call, world.k8s, change.resource, {"metadata": metadata, "data": _data(change.after)}
        )
    operations = json_patch.same_object(uid, before.version)
    operations += _operations(before, change.after)
    return k8s_writes.patch(call, world.k8s, change.resource, operations)


def _data(state: Priorities) -> dict[str, str]:
    return {} if state.text is None else {KEY: state.text}


def _operations(before: Observed[Priorities], after: Priorities) -> list[json_patch.Operation]:
    assert before.state is not ABSENT
    old, new = before.state.text, after.text
    if old == new:
        return []
    tests = [] if old is None else [json_patch.test(_PRIORITIES, old)]
    keys = before.evidence["keys"]
    if new is None:
        return [*tests, json_patch.remove(_DATA if keys == [KEY] else _PRIORITIES)]
    if not keys:
        return [json_patch.add(_DATA, {KEY: new})]
    return [*tests, json_patch.add(_PRIORITIES, new)]


ACTION: Action[Params, Priorities] = Action(
    id="k8s.autoscaler.priorities",
    summary="Have the autoscaler grow on-demand (or spot) groups first, by its priority expander.",
    kind=KIND,
    params=Params,
    state=Priorities,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    touch=fence.touch,
    permissions=(
        *needs.of("groups"),
        "k8s:get configmaps cluster-autoscaler-priority-expander",
        "k8s:create configmaps",
        "k8s:patch configmaps cluster-autoscaler-priority-expander",
        "k8s:delete configmaps cluster-autoscaler-priority-expander",
    ),
)
