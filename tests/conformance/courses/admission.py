"""Admission policies as the API server's own code carries them out, the shipped one among them.

The policies and their parameters are written into the core API (`core=True`), which for the
recording was the simulator; what they do was decided by the server of the custom resource.
"""

from __future__ import annotations

import copy
from typing import Any

from sopctl.actions.k8s import spread_policy
from tests.conformance.courses.calls import get, patch, post
from tests.conformance.recording import MERGE, Asked

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/apis/spread.example/v1/namespaces/default/pods"
GROUP = "admissionregistration.k8s.io/v1"
FREE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
ZONE, HOST, KIND = (
    "topology.kubernetes.io/zone",
    "kubernetes.io/hostname",
    "karpenter.sh/capacity-type",
)
DEFINITION: Any = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "pods.spread.example"},
    "spec": {
        "group": "spread.example",
        "scope": "Namespaced",
        "names": {"kind": "Pod", "plural": "pods"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                **FREE,
                                "properties": {
                                    "replicas": {"type": "integer"},
                                    "topologySpreadConstraints": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "properties": {
                                                "maxSkew": {"type": "integer"},
                                                "topologyKey": {"type": "string"},
                                                "whenUnsatisfiable": {"type": "string"},
                                                "labelSelector": FREE,
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


def rules(*operations: str) -> Any:
    rule = {"apiGroups": ["spread.example"], "apiVersions": ["v1"], "resources": ["pods"]}
    return {"resourceRules": [{**rule, "operations": list(operations or ("CREATE",))}]}


def object_(kind: str, name: str, spec: Any) -> Any:
    return {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec}


def shipped() -> Any:
    """The policy that `k8s.spread.policy` installs, for the pods of this course."""
    spec = copy.deepcopy(dict(spread_policy.SPEC))
    return object_(
        "MutatingAdmissionPolicy", "relax", {**spec, "matchConstraints": rules("CREATE")}
    )


def bound(kind: str, name: str, **spec: Any) -> Any:
    return object_(f"{kind}Binding", name, {"policyName": name, **spec})


def validating(name: str, *validations: Any, **spec: Any) -> Any:
    whole = {"matchConstraints": rules("CREATE", "UPDATE"), "validations": list(validations)}
    return object_("ValidatingAdmissionPolicy", name, {**whole, **spec})


def pod(name: str, *constraints: Any, labels: Any = None, **spec: Any) -> Any:
    spread = {"topologySpreadConstraints": list(constraints)} if constraints else {}
    meta = {"name": name, **({"labels": labels} if labels else {})}
    return {
        "apiVersion": "spread.example/v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"replicas": 1, **spread, **spec},
    }


def spread(key: str, when: str = "DoNotSchedule", skew: int = 1) -> Any:
    selector = {"matchLabels": {"app": "web"}}
    return {
        "maxSkew": skew,
        "topologyKey": key,
        "whenUnsatisfiable": when,
        "labelSelector": selector,
    }


def core(name: str, path: str, body: Any, settle: float = 0.0) -> Asked:
    return post(name, path, body, core=True, settle=settle)


MUTATING, VALIDATING = "MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"
KEYS = {"topologyKeys": f"{ZONE},{KIND}"}
COURSE: tuple[Asked, ...] = (
    core("define beside it", CRDS, DEFINITION),
    post("define", CRDS, DEFINITION, differs="the simulator is both servers", settle=3.0),
    core("keys", MAPS, {"metadata": {"name": "keys"}, "data": KEYS}),
    core("shipped", f"{ADMISSION}/mutatingadmissionpolicies", shipped(), settle=4.0),
    post("not bound", PODS, pod("unbound", spread(ZONE))),
    core(
        "bind it",
        f"{ADMISSION}/mutatingadmissionpolicybindings",
        bound(
            MUTATING,
            "relax",
            paramRef={
                "name": "keys",
                "namespace": "default",
                "parameterNotFoundAction": "Allow",
            },
        ),
        settle=4.0,
    ),
    post("without spread", PODS, pod("plain")),
    post("hard over zones", PODS, pod("hard", spread(ZONE))),
    post("soft over zones", PODS, pod("soft", spread(ZONE, "ScheduleAnyway"))),
    post("hard over hosts", PODS, pod("host", spread(HOST))),
    post(
        "of every kind",
        PODS,
        pod("mixed", spread(ZONE), spread(HOST, skew=2), spread(KIND), spread(KIND, "Schedule")),
    ),
    post("empty", PODS, {**pod("empty"), "spec": {"topologySpreadConstraints": []}}),
    patch(
        "an update is left alone",
        f"{PODS}/plain",
        {"spec": {"topologySpreadConstraints": [spread(ZONE)]}},
        MERGE,
    ),
    post("in a dry run", f"{PODS}?dryRun=All", pod("dry", spread(ZONE))),
    core(
        "few",
        f"{ADMISSION}/validatingadmissionpolicies",
        validating(
            "few",
            {"expression": "object.spec.replicas <= 3"},
            {
                "expression": "!has(object.spec.owner) || object.spec.owner != 'nobody'",
                "messageExpression": "'owned by ' + object.spec.owner",
                "reason": "Forbidden",
            },
            failurePolicy="Fail",
        ),
    ),
    core(
        "bind few",
        f"{ADMISSION}/validatingadmissionpolicybindings",
        bound(VALIDATING, "few", validationActions=["Deny"]),
        settle=4.0,
    ),
    post("too many", PODS, pod("many", replicas=4)),
    post("owned by nobody", PODS, pod("nobody", owner="nobody")),
    post("both", PODS, pod("both", owner="nobody", replicas=9)),
    post("few enough", PODS, pod("enough", replicas=3)),
    patch("too many later", f"{PODS}/enough", {"spec": {"replicas": 5}}, MERGE),
    post("no replicas at all", PODS, {**pod("none"), "spec": {"a": 1}}),
    core(
        "told",
        f"{ADMISSION}/validatingadmissionpolicies",
        validating(
            "told",
            {"expression": "variables.small", "message": "it is large"},
            variables=[{"name": "small", "expression": "object.spec.replicas < 2"}],
            matchConditions=[
                {"name": "labelled", "expression": "'team' in object.metadata.?labels.orValue({})"}
            ],
        ),
    ),
    core(
        "bind told",
        f"{ADMISSION}/validatingadmissionpolicybindings",
        bound(VALIDATING, "told", validationActions=["Warn", "Audit"]),
        settle=4.0,
    ),
    post("warned", PODS, pod("warned", labels={"team": "a"}, replicas=2)),
    post("not asked", PODS, pod("unasked", replicas=2)),
    get("warned later", f"{PODS}/warned"),
    core(
        "stumbling",
        f"{ADMISSION}/mutatingadmissionpolicies",
        object_(
            MUTATING,
            "stumbling",
            {
                "matchConstraints": rules("CREATE"),
                "matchConditions": [{"name": "asked", "expression": "has(object.spec.stumble)"}],
                "failurePolicy": "Fail",
                "reinvocationPolicy": "Never",
                "mutations": [
                    {
                        "patchType": "JSONPatch",
                        "jsonPatch": {
                            "expression": '[JSONPatch{op: "add", path: "/spec/a", '
                            "value: object.spec.missing}]"
                        },
                    }
                ],
            },
        ),
    ),
    core(
        "bind stumbling",
        f"{ADMISSION}/mutatingadmissionpolicybindings",
        bound(MUTATING, "stumbling"),
        settle=4.0,
    ),
    post("it stumbles", PODS, pod("stumbled", stumble=True)),
    post("it does not stumble", PODS, pod("stumbled", stumble=True, missing="here")),
)
