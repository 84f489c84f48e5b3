"""ValidatingAdmissionPolicies, by the rules of the server's own plugin."""

from __future__ import annotations

import copy

import pytest
import yaml

from sopctl.sandbox.k8s.cluster import ApiError, Write
from tests.sandbox.k8s.clients import config_map, deployment, pod

POLICY = yaml.safe_load("""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  variables: [{name: most, expression: "int(params.data.most)"}]
  validations:
  - expression: object.spec.replicas <= variables.most
    messageExpression: "'at most ' + string(variables.most) + ' replicas'"
""")
BINDING = yaml.safe_load("""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: here}
spec:
  policyName: few
  paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}
  validationActions: [Deny]
""")
DENIED = "ValidatingAdmissionPolicy 'few' with binding 'here' denied request: "


def install(cluster, *, spec=(), binding=(), most="5"):
    if most:
        cluster.create("configmaps", config_map("limits", most=most))
    policy, bound = copy.deepcopy(POLICY), copy.deepcopy(BINDING)
    policy["spec"].update(spec)
    bound["spec"].update(binding)
    cluster.create("validatingadmissionpolicies", policy)
    cluster.create("validatingadmissionpolicybindings", bound)


def rule(expression="false", **more):
    return {"validations": [{"expression": expression, **more}]}


def refused(cluster, obj=None, resource="deployments"):
    with pytest.raises(ApiError) as error:
        cluster.create(resource, obj or deployment(replicas=9))
    return error.value.body


# --- denying --------------------------------------------------------------------------


def test_a_broken_validation_is_422_with_the_policys_names(cluster):
    install(cluster)
    cluster.create("deployments", deployment(replicas=5))
    body = refused(cluster, deployment("big", replicas=6))
    text = DENIED + "at most 5 replicas"
    assert body["message"] == f'deployments.apps "big" is forbidden: {text}'
    assert (body["code"], body["reason"]) == (422, "Invalid")
    assert body["details"]["causes"] == [{"message": text}]


def test_an_update_is_looked_at_and_so_is_one_that_changes_nothing(cluster):
    cluster.create("deployments", deployment(replicas=6))
    install(cluster)
    with pytest.raises(ApiError, match="at most 5"):
        cluster.patch("deployments", "web", {"metadata": {"labels": {"a": "b"}}}, "default")
    with pytest.raises(ApiError, match="at most 5"):
        cluster.patch("deployments", "web", {}, "default")
    cluster.patch("deployments", "web", {"spec": {"replicas": 5}}, "default")


def test_a_dry_run_is_refused_too(cluster):
    install(cluster)
    with pytest.raises(ApiError, match="at most 5"):
        cluster.create("deployments", deployment(replicas=6), Write(dry_run=True))


@pytest.mark.parametrize(
    ("reason", "code"),
    [("Forbidden", 403), ("Unauthorized", 401), ("RequestEntityTooLarge", 413), ("Invalid", 422)],
)
def test_a_reason_of_its_own_gives_the_code(cluster, reason, code):
    install(cluster, spec=rule(reason=reason))
    body = refused(cluster)
    assert (body["code"], body["reason"]) == (code, reason)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"message": "too many", "messageExpression": "'computed'"}, "computed"),
        ({"message": " too many ", "messageExpression": "object.spec.nothing"}, "too many"),
        ({"message": "too many", "messageExpression": "'  '"}, "too many"),
        ({"message": "too many", "messageExpression": "'two\\nlines'"}, "too many"),
        ({"messageExpression": "object.spec.nothing"}, "failed expression: false"),
        ({}, "failed expression: false"),
    ],
)
def test_messages_fall_back(cluster, texts, said):
    install(cluster, spec=rule(**texts))
    assert refused(cluster)["details"]["causes"] == [{"message": DENIED + said}]


# --- warning and auditing -------------------------------------------------------------


def test_a_warning_lets_the_write_through(cluster):
    install(cluster, binding={"validationActions": ["Warn"]})
    write = Write()
    cluster.create("deployments", deployment(replicas=9), write)
    names = "ValidatingAdmissionPolicy 'few' with binding 'here'"
    assert write.warnings == [f"Validation failed for {names}: at most 5 replicas"]
    assert write.annotations == {}


def test_an_audit_annotation_is_for_the_journal_of_calls_only(cluster):
    install(cluster, binding={"validationActions": ["Audit"]})
    write = Write()
    cluster.create("deployments", deployment(replicas=9), write)
    assert write.warnings == []
    (value,) = yaml.safe_load(
        write.annotations["validation.policy.admission.k8s.io/validation_failure"]
    )
    assert value == {
        "message": "at most 5 replicas",
        "policy": "few",
        "binding": "here",
        "expressionIndex": 0,
        "validationActions": ["Audit"],
    }


def test_annotations_are_published_whatever_the_verdict(cluster):
    annotation = {"key": "size", "valueExpression": "string(object.spec.replicas)"}
    nothing = {"key": "none", "valueExpression": "null"}
    install(cluster, spec={"auditAnnotations": [annotation, nothing]})
    write = Write()
    cluster.create("deployments", deployment(replicas=2), write)
    assert write.annotations == {"few/size": "2"}


# --- failing --------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "denied"), [("Fail", True), ("Ignore", False)])
@pytest.mark.parametrize(
    "broken",
    [
        rule("object.spec.nothing == 1"),
        {"matchConditions": [{"name": "broken", "expression": "object.spec.nothing"}]},
        {"auditAnnotations": [{"key": "k", "valueExpression": "object.spec.nothing"}]},
        {"variables": [{"name": "most", "expression": "int(params.data.absent)"}]},
    ],
)
def test_the_failure_policy_decides_about_errors(cluster, policy, denied, broken):
    install(cluster, spec={"failurePolicy": policy, **broken})
    small = deployment(replicas=1)
    if denied:
        assert DENIED in refused(cluster, small)["message"]
    else:
        cluster.create("deployments", small)


def test_a_variable_that_nobody_asks_for_cannot_fail(cluster):
    unused = [{"name": "broken", "expression": "object.spec.nothing"}, *POLICY["spec"]["variables"]]
    install(cluster, spec={"variables": unused})
    cluster.create("deployments", deployment(replicas=1))


def test_a_false_condition_outweighs_one_that_fails(cluster):
    conditions = [
        {"name": "broken", "expression": "object.spec.nothing"},
        {"name": "no", "expression": "false"},
    ]
    install(cluster, spec={"matchConditions": conditions})
    cluster.create("deployments", deployment(replicas=9))


# --- parameters -----------------------------------------------------------------------


@pytest.mark.parametrize(("action", "denied"), [("Deny", True), ("Allow", False)])
def test_missing_parameters_are_dealt_with_as_the_binding_says(cluster, action, denied):
    reference = {"name": "limits", "namespace": "default", "parameterNotFoundAction": action}
    warn = {"paramRef": reference, "validationActions": ["Warn"]}
    install(cluster, binding=warn, most="")
    if denied:
        # What cannot be configured is denied, whatever the validationActions are.
        assert "failed to configure binding: no params found" in refused(cluster)["message"]
    else:
        cluster.create("deployments", deployment(replicas=9))


def test_every_selected_parameter_object_has_to_agree(cluster):
    for name, most in (("loose", "9"), ("tight", "3")):
        limits = config_map(name, most=most)
        limits["metadata"]["labels"] = {"limits": "yes"}
        cluster.create("configmaps", limits)
    reference = {"selector": {"matchLabels": {"limits": "yes"}}, "namespace": "default"}
    reference["parameterNotFoundAction"] = "Deny"
    install(cluster, binding={"paramRef": reference}, most="")
    assert refused(cluster, deployment(replicas=4))["message"].endswith("at most 3 replicas")
    cluster.create("deployments", deployment(replicas=3))


def test_a_parameter_kind_that_is_not_served_is_a_configuration_error(cluster):
    install(cluster, spec={"paramKind": {"apiVersion": "example.com/v1", "kind": "Limit"}})
    assert "failed to configure binding: paramKind kind" in refused(cluster)["message"]


# --- matching -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "applies"),
    [
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}, False),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}}, True),
        ({"objectSelector": {"matchLabels": {"app": "web"}}}, True),
        ({"objectSelector": {"matchLabels": {"app": "other"}}}, False),
    ],
)
def test_a_binding_narrows_where_a_policy_applies(cluster, match, applies):
    install(cluster, binding={"matchResources": match})
    if applies:
        refused(cluster)
    else:
        cluster.create("deployments", deployment(replicas=9))


def test_deletions_are_seen_by_their_old_object(cluster):
    rules = POLICY["spec"]["matchConstraints"]["resourceRules"]
    only = {"resourceRules": [{**rules[0], "operations": ["DELETE"]}]}
    guard = "oldObject.metadata.labels.app != 'web' && object == null"
    install(cluster, spec={"matchConstraints": only, "paramKind": None, **rule(guard)})
    cluster.create("deployments", deployment(replicas=9))
    cluster.create("deployments", deployment("other"))
    with pytest.raises(ApiError, match="denied request"):
        cluster.delete("deployments", "web", "default")
    assert cluster.get("deployments", "web", "default")
    cluster.delete("deployments", "other", "default")


@pytest.mark.parametrize(
    ("resources", "denied"),
    [
        (["pods"], False),
        (["pods/status"], True),
        (["pods/*"], True),
        (["*/*"], True),
        (["*"], False),
    ],
)
def test_a_subresource_is_matched_by_its_own_name(cluster, resources, denied):
    cluster.create("pods", pod())
    match = {
        "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"]}]
    }
    match["resourceRules"][0]["resources"] = resources
    seen = rule("request.subResource != 'status'")
    install(cluster, spec={"matchConstraints": match, "paramKind": None, **seen})
    change = {"status": {"phase": "Running"}}
    if denied:
        with pytest.raises(ApiError, match="denied request"):
            cluster.patch("pods", "web-1", change, "default", "status")
    else:
        cluster.patch("pods", "web-1", change, "default", "status")


def test_the_user_is_known(cluster):
    trusted = "request.userInfo.username == 'ann' || 'oncall' in request.userInfo.groups"
    install(cluster, spec={"paramKind": None, **rule(trusted)})
    refused(cluster)
    cluster.create("deployments", deployment("a"), Write(user="ann"))
    cluster.create("deployments", deployment("b"), Write(groups=("oncall",)))


# --- writing policies -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (rule("object.spec.("), "spec.validations[0].expression"),
        (rule("true", messageExpression="'"), "spec.validations[0].messageExpression"),
        ({"variables": [{"name": "v", "expression": "("}]}, "spec.variables[0].expression"),
        ({"validations": []}, "spec.validations"),
    ],
)
def test_a_policy_that_makes_no_sense_is_422_when_it_is_written(cluster, spec, field):
    with pytest.raises(ApiError) as error:
        install(cluster, spec=spec)
    assert error.value.status == 422
    assert field in {item["field"] for item in error.value.details["causes"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"validationActions": []}, "spec.validationActions"),
        ({"validationActions": ["Deny", "Warn"]}, "spec.validationActions"),
        ({"validationActions": ["Shout"]}, "spec.validationActions[0]"),
        ({"policyName": ""}, "spec.policyName"),
        ({"paramRef": {"parameterNotFoundAction": "Deny"}}, "spec.paramRef"),
        ({"paramRef": {"name": "limits"}}, "spec.paramRef.parameterNotFoundAction"),
    ],
)
def test_a_binding_that_makes_no_sense_is_422_when_it_is_written(cluster, changes, field):
    with pytest.raises(ApiError) as error:
        install(cluster, binding=changes)
    assert error.value.status == 422
    assert field in {item["field"] for item in error.value.details["causes"]}


def test_a_policy_does_not_apply_to_policies(cluster):
    everything = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
    spec = {"matchConstraints": {"resourceRules": [everything]}, "paramKind": None, **rule()}
    install(cluster, spec=spec)
    refused(cluster, config_map("any"), "configmaps")
    cluster.delete("validatingadmissionpolicybindings", "here")
    cluster.create("configmaps", config_map("any"))
