"""``k8s.spread.relax``: let new pods of a failed zone be scheduled elsewhere.

A zone that failed still counts as a domain of zone spread, so that DoNotSchedule keeps the pods
that left it pending. Two ways out:

* *policy* (default): bind the policy that ``k8s.spread.policy`` installed. Only newly admitted pods
  change, nothing restarts; going back deletes the binding.
* *workload*: rewrite the constraints in the pod templates. Every such workload restarts, now and
  again on the way back, so that it needs consent.

Going back leaves the pods admitted meanwhile as they are: nothing spreads them again by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sopctl.actions.k8s import spread_effect, spread_rules, spread_state
from sopctl.actions.k8s.spread_state import Piece
from sopctl.core.action import Action, Call, Change, Converged, Effect, Receipt, Seen
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import needs, side_effects
from sopctl.facts.objects import meta, node, spread, volumes, workload
from sopctl.facts.objects.lookup import IN_FLIGHT, lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.workload import Workload
from sopctl.facts.world import World
from sopctl.marks.annotation import AnnotationMarker
from sopctl.marks.by_kind import Beside
from sopctl.providers import json_patch, k8s_writes

KIND = "k8s.spread_binding"
_BINDINGS = "mutatingadmissionpolicybindings.admissionregistration.k8s.io"
BINDING = ResourceId(KIND, spread.POLICY)
_KEYS_PART = "data.topologyKeys"
_PARAMETERS = ResourceId("k8s.configmap", f"{spread.NAMESPACE}/{spread.POLICY}")
_TEMPLATE_PART = "spec.template.spec.topologySpreadConstraints"
_POINTERS = {
    _KEYS_PART: "/data/topologyKeys",
    _TEMPLATE_PART: "/spec/template/spec/topologySpreadConstraints",
    "": "/spec",
}


class Mode(StrEnum):
    POLICY = "policy"
    WORKLOAD = "workload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*keys* are the topology keys to relax.

    *zone*, a name or an id, is only for telling which workloads are bound to it by other rules;
    *except_namespaces* keep their constraints.
    """

    mode: Mode = Mode.POLICY
    zone: str = ""
    keys: tuple[str, ...] = spread.KEYS
    except_namespaces: tuple[str, ...] = ("kube-system",)


def consent(params: Params) -> str:
    if params.mode is Mode.WORKLOAD:
        return "every workload whose template changes restarts all its pods, and again on roll back"
    return ""


def select(clients: World, params: Params) -> Selection:
    everyone = workload.of_cluster(clients.k8s)
    hard = [each for each in everyone if spread.has_hard(each.spec, params.keys)]
    notes = [*_held(clients, params, everyone), *_spared(hard, params)]
    if params.mode is Mode.POLICY:
        return _policy(clients, hard, notes)
    ours = [each for each in hard if each.namespace not in params.except_namespaces]
    ids = []
    for each in ours:
        if each.paused:
            notes.append(f"{each.name} is paused: a changed template would not reach its pods")
            continue
        ids.append(ResourceId(each.kind, each.name, each.uid, _TEMPLATE_PART))
        notes += _rollout(each)
    return Selection(tuple(ids), len(everyone), tuple(notes))


def _policy(clients: World, hard: Sequence[Workload], notes: Sequence[str]) -> Selection:
    if spread.POLICY not in clients.facts.policies().names:
        why = (
            "the spread policy is not installed: run `sopctl run prepare` before an incident, "
            "or relax with mode workload, which restarts the workloads"
        )
        return Selection((), 0, (why, *notes))
    about = f"{len(hard)} workloads have hard constraints on these keys; no pod restarts"
    parameters = ResourceId(_PARAMETERS.kind, _PARAMETERS.name, "", _KEYS_PART)
    return Selection((parameters, BINDING), 2, (about, *notes))


def _rollout(each: Workload) -> Sequence[str]:
    told = []
    if each.rolls:
        told.append(f"{each.name} restarts: {each.replicas} pods")
    else:
        told.append(f"{each.name} does not restart: only pods made from now on are relaxed")
    if each.keeper:
        told.append(f"{each.name} is kept by {each.keeper}, which may write its own version back")
    return told


def _spared(hard: Sequence[Workload], params: Params) -> Sequence[str]:
    spared = Counter(e.namespace for e in hard if e.namespace in params.except_namespaces)
    return [
        f"{count} workloads in {namespace} keep their constraints"
        for namespace, count in sorted(spared.items())
    ]


def _held(clients: World, params: Params, everyone: Sequence[Workload]) -> Sequence[str]:
    zone = node.zone_name(params.zone, clients.facts.nodes(), lambda: params.zone)
    claimed = volumes.zones_by_claim(clients.k8s)
    reasons = ((each, workload.pinned(each, zone, claimed)) for each in everyone)
    return [f"{each.name} cannot move: {why}" for each, why in reasons if why]


def observe(
    clients: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Piece]]:
    found = lookup(clients.k8s, ids)
    seen = {each: _observed(obj, each) for each, obj in found.items()}
    if BINDING in ids and BINDING not in seen:
        seen[BINDING] = Observed(ABSENT)
    return seen


def _observed(obj: Obj, resource: ResourceId) -> Observed[Piece]:
    inner: Json = obj
    for key in _POINTERS[resource.part].strip("/").split("/"):
        inner = inner.get(key) if isinstance(inner, Mapping) else None
    state: Piece | Absent = ABSENT
    if inner is not None:
        template = resource.part == _TEMPLATE_PART
        state = spread_state.of_template(inner) if template else spread_state.of(inner)
    return Observed(state, evidence={"uid": meta.uid(obj)}, version=meta.version(obj))


def desire(params: Params, resource: ResourceId, observed: Observed[Piece]) -> Piece | Absent:
    if resource.part == _KEYS_PART:
        return spread_state.of(",".join(params.keys))
    if resource.part == _TEMPLATE_PART:
        if observed.state is ABSENT:
            return ABSENT
        relaxed = spread_rules.relax(observed.state.value, params.keys)
        return spread_state.of_template(relaxed) if relaxed else ABSENT
    return spread_state.of(_binding(params))


def _binding(params: Params) -> Json:
    namespaces: Json = {
        "matchExpressions": [
            {
                "key": "kubernetes.io/metadata.name",
                "operator": "NotIn",
                "values": list(params.except_namespaces),
            }
        ]
    }
    spec: dict[str, Json] = {
        "policyName": spread.POLICY,
        "paramRef": {
            "name": spread.POLICY,
            "namespace": spread.NAMESPACE,
            "parameterNotFoundAction": "Allow",
        },
    }
    if params.except_namespaces:
        spec["matchResources"] = {"namespaceSelector": namespaces}
    return spec


def order(changes: Sequence[Change[Piece]]) -> Sequence[Sequence[Change[Piece]]]:
    """The parameters before the binding that reads them; on the way back after it."""
    off = [each for each in changes if each.resource == BINDING and each.after is ABSENT]
    on = [each for each in changes if each.resource == BINDING and each.after is not ABSENT]
    rest = [each for each in changes if each.resource != BINDING]
    return [batch for batch in (off, rest, on) if batch]


def converge(call: Call, clients: World, changes: Sequence[Change[Piece]]) -> Converged:
    for change in changes:
        yield change.resource, _write(call, clients, change)


def _write(call: Call, clients: World, change: Change[Piece]) -> Receipt:
    before, uid = change.before, str(change.before.evidence.get("uid") or "")
    if change.resource == BINDING:
        if change.after is ABSENT:
            return k8s_writes.delete(call, clients.k8s, BINDING, uid=uid, version=before.version)
        if before.state is ABSENT:
            body: Json = {"metadata": {"name": BINDING.name}, "spec": change.after.value}
            return k8s_writes.create(call, clients.k8s, BINDING, body)
    where = _POINTERS[change.resource.part]
    operations = json_patch.same_object(uid, before.version)
    if before.state is not ABSENT:
        operations.append(json_patch.test(where, before.state.value))
    if change.after is ABSENT:
        operations.append(json_patch.remove(where))
    else:
        operations.append(json_patch.add(where, change.after.value))
    return k8s_writes.patch(call, clients.k8s, change.resource, operations)


def look(
    clients: World, params: Params, changes: Sequence[Change[Piece]], changed_at: datetime
) -> Seen:
    scope = spread_effect.Scope(params.keys, params.except_namespaces)
    return spread_effect.look(clients, changes, scope)


ACTION = Action(
    id="k8s.spread.relax",
    summary="Let new pods be scheduled without hard spread over zones or capacity types.",
    kind=KIND,
    params=Params,
    state=Piece,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=spread_state.satisfies,
    converge=converge,
    order=order,
    effect=Effect(
        describe="probe pods are admitted accordingly (dry run), or rewritten workloads rolled out",
        look=look,
        within=600.0,
    ),
    marker=Beside(BINDING, _PARAMETERS, AnnotationMarker("spread")),
    consent=consent,
    side_effects=side_effects.of_workloads,
    concurrency=IN_FLIGHT,
    permissions=(
        *needs.of("policies", "workloads"),
        "k8s:list nodes",
        f"k8s:get {_BINDINGS} {spread.POLICY}",
        f"k8s:create {_BINDINGS}",
        f"k8s:delete {_BINDINGS} {spread.POLICY}",
        "k8s:get configmaps sopctl-relax-spread",
        "k8s:patch configmaps sopctl-relax-spread",
        "k8s:get deployments.apps",
        "k8s:patch deployments.apps",
        "k8s:get statefulsets.apps",
        "k8s:patch statefulsets.apps",
        "k8s:list persistentvolumes",
        "k8s:create pods",
    ),
)
