"""Admission policies: they are cluster-wide, and the bindings here reach one namespace only."""

from __future__ import annotations

import copy

import pytest
import yaml

from tests.conformance.manifests import config_map, deployment, pod, spread
from tests.conformance.place import eventually

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
PODS = "/api/v1/namespaces/{ns}/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{ns}/deployments"
pytestmark = pytest.mark.cluster_wide("creates an admission policy")

RELAX = yaml.safe_load("""
paramKind: {apiVersion: v1, kind: ConfigMap}
failurePolicy: Ignore
reinvocationPolicy: IfNeeded
matchConstraints:
  resourceRules: [{apiGroups: [""], apiVersions: ["v1"], operations: [CREATE], resources: [pods]}]
matchConditions:
- name: has-hard-spread
  expression: >-
    has(object.spec.topologySpreadConstraints) && object.spec.topologySpreadConstraints.exists(c,
    c.whenUnsatisfiable == 'DoNotSchedule' && c.topologyKey in params.data.keys.split(','))
mutations:
- patchType: JSONPatch
  jsonPatch:
    expression: >-
      [JSONPatch{op: "replace", path: "/spec/topologySpreadConstraints",
        value: object.spec.topologySpreadConstraints.filter(c,
          !(c.whenUnsatisfiable == 'DoNotSchedule' && c.topologyKey in
            params.data.keys.split(',')))}]
""")
FEW = yaml.safe_load("""
failurePolicy: Fail
matchConstraints:
  resourceRules:
  - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
variables: [{name: most, expression: "5"}]
validations:
- expression: object.spec.replicas <= variables.most
  messageExpression: "'at most ' + string(variables.most) + ' replicas'"
""")


@pytest.fixture
def install(kube):
    """Create a policy and a binding for the probe's namespace; take both away at the end."""
    made = []

    def install(which, policy, **binding):
        here = {"matchLabels": {"kubernetes.io/metadata.name": kube.namespace}}
        spec = {"policyName": kube.namespace, "matchResources": {"namespaceSelector": here}}
        for plural, content in ((f"{which}policies", policy), (f"{which}policybindings", None)):
            body = {"metadata": {"name": kube.namespace}}
            body["spec"] = copy.deepcopy(content) if content else {**spec, **binding}
            kube("POST", f"{ADMISSION}/{plural}", body)
            made.append(f"{ADMISSION}/{plural}/{kube.namespace}")

    yield install
    for path in reversed(made):
        kube("DELETE", path)


@pytest.mark.release(36)
def test_a_mutating_policy_changes_a_probe_pod_under_dry_run(kube, install):
    def constraints():
        hard = pod(topologySpreadConstraints=[spread()])
        return len(
            kube("POST", PODS, hard, dryRun="All")["spec"].get("topologySpreadConstraints", [])
        )

    assert constraints() == 1
    keys = config_map("keys", keys="topology.kubernetes.io/zone")
    kube("POST", "/api/v1/namespaces/{ns}/configmaps", keys)
    reference = {"name": "keys", "namespace": kube.namespace, "parameterNotFoundAction": "Allow"}
    install("mutatingadmission", RELAX, paramRef=reference)
    eventually(constraints, 0)
    assert not kube.exists(f"{PODS}/web-1")


@pytest.mark.release(30)
def test_a_validating_policy_denies_with_its_message(kube, install):
    install("validatingadmission", FEW, validationActions=["Deny"])

    def denied():
        try:
            kube("POST", DEPLOYMENTS, deployment(replicas=6), dryRun="All")
        except kube.Refused as error:
            return error.body
        return None

    eventually(lambda: denied() is not None)
    body = denied()
    assert (body["code"], body["reason"]) == (422, "Invalid")
    names = f"ValidatingAdmissionPolicy '{kube.namespace}' with binding '{kube.namespace}'"
    text = f"{names} denied request: at most 5 replicas"
    assert body["message"] == f'deployments.apps "web" is forbidden: {text}'
    assert body["details"]["causes"] == [{"message": text}]
    kube("POST", DEPLOYMENTS, deployment(replicas=5))


@pytest.mark.release(30)
def test_a_validating_policy_warns_and_lets_through(kube, install):
    install("validatingadmission", FEW, validationActions=["Warn", "Audit"])

    def warned():
        kube("POST", DEPLOYMENTS, deployment(replicas=6), dryRun="All")
        return "at most 5 replicas" in kube.headers.get("Warning", "")

    eventually(warned)
    kube("POST", DEPLOYMENTS, deployment(replicas=6))
    assert "Validation failed for ValidatingAdmissionPolicy" in kube.headers["Warning"]


@pytest.mark.parametrize("broken", ["object.spec.(", "'"])
@pytest.mark.release(30)
def test_a_policy_that_does_not_compile_is_422(kube, broken):
    spec = {**FEW, "validations": [{"expression": broken}]}
    body = {"metadata": {"name": kube.namespace}, "spec": spec}
    refused = kube.refused("POST", f"{ADMISSION}/validatingadmissionpolicies", body)
    assert (refused["code"], refused["reason"]) == (422, "Invalid")


@pytest.mark.release(30)
def test_a_binding_may_not_deny_and_warn(kube):
    spec = {"policyName": "any", "validationActions": ["Deny", "Warn"]}
    body = {"metadata": {"name": kube.namespace}, "spec": spec}
    path = f"{ADMISSION}/validatingadmissionpolicybindings"
    assert "must not contain both Deny and Warn" in kube.refused("POST", path, body)["message"]
