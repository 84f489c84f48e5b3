"""``k8s.spread.kyverno``: install the switch that relaxes zone spread as a policy of Kyverno.

For API servers older than 1.36, which have no mutating admission policies of their own. The policy
is installed with its admission switched off, and ``k8s.spread.switch`` switches it on. It fails
open, looks at pods alone (Kyverno would rewrite the templates of their owners too, which restarts
everything, so ``autogen`` names no controllers), and has no background scan.
Source: kyverno.io, "MutatingPolicy"; kyverno api/policies.kyverno.io/v1/mutating_policy.go and
pkg/cel/policies/mpol/autogen/autogen.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.action import Action, Call, Change, Converged, Receipt
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import needs
from sopctl.facts.objects import json_text, meta, spread
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.providers import json_patch, k8s_writes

KIND = "k8s.kyverno_policy"
POLICY = ResourceId(KIND, spread.POLICY)
_PLURAL = "mutatingpolicies.policies.kyverno.io"
_TYPE: dict[str, Json] = {"apiVersion": "policies.kyverno.io/v1", "kind": "MutatingPolicy"}
_LIST = "object.spec.topologySpreadConstraints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*keys* are the topology keys whose hard constraints are dropped while it is switched on.

    Pods of *except_namespaces* keep theirs.
    """

    keys: tuple[str, ...] = spread.KEYS
    except_namespaces: tuple[str, ...] = ("kube-system", "kyverno")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """*content*: canonical JSON of the spec, without the switch, which is somebody else's part."""

    content: str


def spec(params: Params) -> Mapping[str, Json]:
    """The policy, switched off."""
    keys = ", ".join(f"'{key}'" for key in params.keys)
    hard = f"c.whenUnsatisfiable == 'DoNotSchedule' && c.topologyKey in [{keys}]"
    pods: Json = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["pods"],
    }
    spared: Json = {
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": list(params.except_namespaces),
    }
    dropped = (
        '[JSONPatch{op: "replace", path: "/spec/topologySpreadConstraints", '
        f"value: {_LIST}.filter(c, !({hard}))}}]"
    )
    return {
        "evaluation": {"admission": {"enabled": False}, "background": {"enabled": False}},
        "autogen": {"podControllers": {"controllers": []}},
        "failurePolicy": "Ignore",
        "reinvocationPolicy": "IfNeeded",
        "matchConstraints": {
            "resourceRules": [pods],
            "namespaceSelector": {"matchExpressions": [spared]},
        },
        "matchConditions": [
            {
                "name": "has-hard-spread",
                "expression": (f"has({_LIST}) && {_LIST}.exists(c, {hard})"),
            }
        ],
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": dropped}}],
    }


def select(world: World, params: Params) -> Selection:
    if not world.facts.policies().kyverno_served:
        return Selection((), 0, ("Kyverno with MutatingPolicy (1.15 and newer) is not installed",))
    return Selection((POLICY,), 1)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Policy]]:
    found = lookup(world.k8s, ids)
    return {each: _observed(found.get(each)) for each in ids}


def _observed(obj: Obj | None) -> Observed[Policy]:
    if obj is None or meta.terminating(obj):
        return Observed(ABSENT)
    evidence: dict[str, Json] = {"uid": meta.uid(obj), "on": _on(obj)}
    content = json_text.dumped(_without_switch(obj["spec"]))
    return Observed(Policy(content=content), evidence, meta.version(obj))


def _on(obj: Obj) -> bool:
    """Kyverno evaluates at admission unless it is told not to."""
    admission = ((obj["spec"].get("evaluation") or {}).get("admission")) or {}
    return bool(admission.get("enabled", True))


def _without_switch(given: Mapping[str, Json]) -> Mapping[str, Json]:
    evaluation = given.get("evaluation")
    rest = dict(evaluation) if isinstance(evaluation, Mapping) else {}
    rest.pop("admission", None)
    return {**given, "evaluation": rest}


def desire(params: Params, resource: ResourceId, observed: Observed[Policy]) -> Policy:
    return Policy(content=json_text.dumped(_without_switch(spec(params))))


def satisfies(desired: Policy | Absent, observed: Policy | Absent) -> bool:
    """The API server adds defaults to what was written."""
    if desired is ABSENT or observed is ABSENT:
        return desired == observed
    return json_text.includes(json_text.parsed(observed.content), json_text.parsed(desired.content))


def converge(call: Call, world: World, changes: Sequence[Change[Policy]]) -> Converged:
    for each in changes:
        yield each.resource, _write(call, world, each)


def _write(call: Call, world: World, change: Change[Policy]) -> Receipt:
    before, uid = change.before, str(change.before.evidence.get("uid") or "")
    if change.after is ABSENT:
        return k8s_writes.delete(call, world.k8s, POLICY, uid=uid, version=before.version)
    content = json_text.parsed(change.after.content)
    on = bool(before.evidence.get("on", False))
    whole = {**content, "evaluation": {**content["evaluation"], "admission": {"enabled": on}}}
    if before.state is ABSENT:
        # A server takes no custom resource that does not say itself what it is.
        body: Json = {**_TYPE, "metadata": {"name": POLICY.name}, "spec": whole}
        return k8s_writes.create(call, world.k8s, POLICY, body)
    operations = json_patch.same_object(uid, before.version)
    operations.append(json_patch.replace("/spec", whole))
    return k8s_writes.patch(call, world.k8s, POLICY, operations)


ACTION = Action(
    id="k8s.spread.kyverno",
    summary="Install the switch that relaxes zone spread as a policy of Kyverno, switched off.",
    kind=KIND,
    params=Params,
    state=Policy,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=satisfies,
    converge=converge,
    permissions=(
        *needs.of("policies"),
        f"k8s:get {_PLURAL} {spread.POLICY}",
        f"k8s:create {_PLURAL}",
        f"k8s:patch {_PLURAL} {spread.POLICY}",
        f"k8s:delete {_PLURAL} {spread.POLICY}",
    ),
)
