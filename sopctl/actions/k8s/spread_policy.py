"""``k8s.spread.policy``: install the switch that relaxes zone spread, switched off.

A MutatingAdmissionPolicy (Kubernetes 1.36 and newer) does nothing until something binds it, so
that it can be installed long before it is needed; ``k8s.spread.relax`` makes the binding. It fails
open: in an incident no pod may be refused because of it. It drops the hard constraints on the keys
that its parameters name; JSON patch, because an apply configuration cannot take an item off that
list. Source: kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import needs
from sopctl.facts.objects import json_text, meta, spread
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.providers import json_patch, k8s_writes
from sopctl.providers.k8s_paths import collection

KIND = "k8s.spread_policy"

NAMESPACE = ResourceId("k8s.namespace", spread.NAMESPACE)
PARAMETERS = ResourceId("k8s.configmap", f"{spread.NAMESPACE}/{spread.POLICY}")
POLICY = ResourceId(KIND, spread.POLICY)
_INSTALL = (NAMESPACE, PARAMETERS, POLICY)

_HARD = (
    "c.whenUnsatisfiable == 'DoNotSchedule' && c.topologyKey in params.data.topologyKeys.split(',')"
)
_HAS = "has(object.spec.topologySpreadConstraints)"
_LIST = "object.spec.topologySpreadConstraints"
SPEC: Mapping[str, Json] = {
    "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
    "failurePolicy": "Ignore",
    "reinvocationPolicy": "IfNeeded",
    "matchConstraints": {
        "resourceRules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
            }
        ]
    },
    "matchConditions": [
        {"name": "has-hard-spread", "expression": f"{_HAS} && {_LIST}.exists(c, {_HARD})"}
    ],
    "mutations": [
        {
            "patchType": "JSONPatch",
            "jsonPatch": {
                "expression": (
                    '[JSONPatch{op: "replace", path: "/spec/topologySpreadConstraints", '
                    f"value: {_LIST}.filter(c, !({_HARD}))}}]"
                )
            },
        }
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*keys* are the topology keys whose hard constraints are dropped while it is switched on."""

    keys: tuple[str, ...] = spread.KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """*content*: canonical JSON of the part of the object that is ours."""

    content: str


def select(clients: World, params: Params) -> Selection:
    if not clients.facts.policies().served:
        why = "the API server has no mutating admission policies: they came with Kubernetes 1.36"
        return Selection((), 0, (why,))
    return Selection(_INSTALL, len(_INSTALL))


def observe(
    clients: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Owned]]:
    found = lookup(clients.k8s, ids)
    return {each: _observed(found.get(each), each) for each in ids}


def _observed(obj: Obj | None, resource: ResourceId) -> Observed[Owned]:
    if obj is None or meta.terminating(obj):
        return Observed(ABSENT)
    return Observed(
        Owned(content=json_text.dumped(_content(obj, resource))),
        evidence={"uid": meta.uid(obj)},
        version=meta.version(obj),
    )


def _content(obj: Obj, resource: ResourceId) -> Json:
    if resource == PARAMETERS:
        return {"data": obj.get("data") or {}}
    return {"spec": obj["spec"]} if resource == POLICY else {}


def desire(params: Params, resource: ResourceId, observed: Observed[Owned]) -> Owned:
    if resource == PARAMETERS:
        return Owned(content=json_text.dumped({"data": {"topologyKeys": ",".join(params.keys)}}))
    if resource == POLICY:
        return Owned(content=json_text.dumped({"spec": SPEC}))
    return Owned(content="{}")


def satisfies(desired: Owned | Absent, observed: Owned | Absent) -> bool:
    """The API server adds defaults to what was written."""
    if desired is ABSENT or observed is ABSENT:
        return desired == observed
    return json_text.includes(json_text.parsed(observed.content), json_text.parsed(desired.content))


def order(changes: Sequence[Change[Owned]]) -> Sequence[Sequence[Change[Owned]]]:
    """Namespace, parameters, policy; the other way round when they go."""
    made = [e for each in _INSTALL for e in changes if e.resource == each and e.after is not ABSENT]
    gone = [
        e for each in _INSTALL[::-1] for e in changes if e.resource == each and e.after is ABSENT
    ]
    return [[each] for each in (*gone, *made)]


def converge(call: Call, clients: World, changes: Sequence[Change[Owned]]) -> Converged:
    for change in changes:
        yield change.resource, _write(call, clients, change)


def _write(call: Call, clients: World, change: Change[Owned]) -> Receipt:
    before, uid = change.before, str(change.before.evidence.get("uid") or "")
    if change.after is ABSENT:
        if change.resource == NAMESPACE and (rest := _inhabitants(clients)):
            why = f"namespace {spread.NAMESPACE} also has {rest}"
            return Receipt(kind=ReceiptKind.REJECTED, why=why)
        return k8s_writes.delete(
            call, clients.k8s, change.resource, uid=uid, version=before.version
        )
    content: dict[str, Json] = json_text.parsed(change.after.content)
    if before.state is ABSENT:
        name = change.resource.name.rpartition("/")[2]
        body: Json = {"metadata": {"name": name}, **content}
        return k8s_writes.create(call, clients.k8s, change.resource, body)
    operations = json_patch.same_object(uid, before.version)
    operations += [json_patch.add(f"/{key}", value) for key, value in content.items()]
    return k8s_writes.patch(call, clients.k8s, change.resource, operations)


def _inhabitants(clients: World) -> str:
    """Somebody else's object in our namespace, or empty: deleting it would delete that too."""
    for kind in ("k8s.configmap", "k8s.pod", "k8s.deployment"):
        for obj in clients.k8s.list(collection(kind, spread.NAMESPACE)):
            if obj["metadata"]["name"] not in ("kube-root-ca.crt", spread.POLICY):
                return f"{kind.removeprefix('k8s.')} {obj['metadata']['name']}"
    return ""


ACTION = Action(
    id="k8s.spread.policy",
    summary="Install the switch that relaxes zone spread, switched off.",
    kind=KIND,
    params=Params,
    state=Owned,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=satisfies,
    converge=converge,
    order=order,
    permissions=(
        *needs.of("policies"),
        "k8s:get mutatingadmissionpolicies.admissionregistration.k8s.io sopctl-relax-spread",
        "k8s:create mutatingadmissionpolicies.admissionregistration.k8s.io",
        "k8s:patch mutatingadmissionpolicies.admissionregistration.k8s.io sopctl-relax-spread",
        "k8s:delete mutatingadmissionpolicies.admissionregistration.k8s.io sopctl-relax-spread",
        "k8s:get namespaces sopctl-system",
        "k8s:create namespaces",
        "k8s:delete namespaces sopctl-system",
        "k8s:get configmaps sopctl-relax-spread",
        "k8s:create configmaps",
        "k8s:patch configmaps sopctl-relax-spread",
        "k8s:delete configmaps sopctl-relax-spread",
        "k8s:list configmaps",
        "k8s:list pods",
        "k8s:list deployments.apps",
    ),
)
