from __future__ import annotations

import copy

import pytest
import yaml

from sopctl.sandbox.k8s.cluster import ApiError, Cluster, Write
from tests.sandbox.k8s.clients import config_map, pod, spread
from tests.sandbox.k8s.conftest import NOON

ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
# Installed permanently, inert without the binding.
RELAX = yaml.safe_load("""
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: sopctl-relax-spread}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  failurePolicy: Ignore
  reinvocationPolicy: IfNeeded
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: ["v1"], operations: [CREATE], resources: [pods]}]
  matchConditions:
  - name: has-hard-spread
    expression: >-
      has(object.spec.topologySpreadConstraints) && object.spec.topologySpreadConstraints.exists(c,
      c.whenUnsatisfiable == 'DoNotSchedule' && c.topologyKey in
      params.data.topologyKeys.split(','))
  mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: >-
        [JSONPatch{op: "replace", path: "/spec/topologySpreadConstraints",
          value: object.spec.topologySpreadConstraints.filter(c,
            !(c.whenUnsatisfiable == 'DoNotSchedule' &&
              c.topologyKey in params.data.topologyKeys.split(',')))}]
""")
BINDING = yaml.safe_load("""
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: sopctl-relax-spread}
spec:
  policyName: sopctl-relax-spread
  paramRef: {name: sopctl-relax-spread, namespace: sopctl-system, parameterNotFoundAction: Allow}
  matchResources:
    namespaceSelector:
      matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]
""")


@pytest.fixture
def installed(cluster):
    cluster.create("namespaces", {"metadata": {"name": "sopctl-system"}})
    keys = config_map("sopctl-relax-spread", "sopctl-system", topologyKeys=f"{ZONE},{HOST}")
    cluster.create("configmaps", keys)
    cluster.create("mutatingadmissionpolicies", RELAX)
    return cluster


def bound(cluster, **changes):
    binding = copy.deepcopy(BINDING)
    binding["spec"].update(changes)
    cluster.create("mutatingadmissionpolicybindings", binding)


def hard_pod(namespace="default", **more):
    soft = spread(when="ScheduleAnyway")
    return pod(namespace=namespace, topologySpreadConstraints=[spread(), soft], **more)


def constraints(obj):
    return [
        (item["topologyKey"], item["whenUnsatisfiable"])
        for item in obj["spec"].get("topologySpreadConstraints", [])
    ]


HARD_AND_SOFT = [(ZONE, "DoNotSchedule"), (ZONE, "ScheduleAnyway")]


def test_a_policy_without_a_binding_is_inert(installed):
    assert constraints(installed.create("pods", hard_pod())) == HARD_AND_SOFT


def test_a_bound_policy_removes_the_hard_constraint_from_new_pods(installed):
    bound(installed)
    assert constraints(installed.create("pods", hard_pod())) == [(ZONE, "ScheduleAnyway")]


def test_the_policy_holds_in_a_dry_run_too(installed):
    bound(installed)
    probe = installed.create("pods", hard_pod(), Write(dry_run=True))
    assert constraints(probe) == [(ZONE, "ScheduleAnyway")]
    assert installed.get("pods", "web-1", "default") is None


def test_deleting_the_binding_switches_the_policy_off(installed):
    bound(installed)
    installed.delete("mutatingadmissionpolicybindings", "sopctl-relax-spread")
    assert constraints(installed.create("pods", hard_pod())) == HARD_AND_SOFT


def test_a_namespace_that_the_binding_excludes_is_left_alone(installed):
    bound(installed)
    assert constraints(installed.create("pods", hard_pod("kube-system"))) == HARD_AND_SOFT


def test_keys_that_the_parameters_do_not_name_are_left_alone(installed):
    bound(installed)
    other = pod(topologySpreadConstraints=[spread(key="capacity-type")])
    assert constraints(installed.create("pods", other)) == [("capacity-type", "DoNotSchedule")]


def test_a_pod_without_constraints_passes_unchanged(installed):
    bound(installed)
    assert "topologySpreadConstraints" not in installed.create("pods", pod())["spec"]


@pytest.mark.parametrize(("action", "refused"), [("Allow", False), ("Deny", True)])
def test_missing_parameters_are_dealt_with_as_the_binding_says(installed, action, refused):
    installed.patch(
        "mutatingadmissionpolicies", RELAX["metadata"]["name"], {"spec": {"failurePolicy": "Fail"}}
    )
    reference = {"name": "nowhere", "namespace": "sopctl-system", "parameterNotFoundAction": action}
    bound(installed, paramRef=reference)
    if refused:
        with pytest.raises(ApiError, match="no params found"):
            installed.create("pods", hard_pod())
    else:
        assert constraints(installed.create("pods", hard_pod())) == HARD_AND_SOFT


def test_a_failing_expression_is_ignored_or_refused_by_the_failure_policy(installed):
    broken = {
        "matchConditions": None,
        "mutations": [mutation("[JSONPatch{op: 'remove', path: object.spec.nothing}]")],
    }
    installed.patch("mutatingadmissionpolicies", RELAX["metadata"]["name"], {"spec": broken})
    bound(installed)
    assert constraints(installed.create("pods", hard_pod())) == HARD_AND_SOFT
    installed.patch(
        "mutatingadmissionpolicies", RELAX["metadata"]["name"], {"spec": {"failurePolicy": "Fail"}}
    )
    other = hard_pod()
    other["metadata"]["name"] = "web-2"
    with pytest.raises(ApiError, match="denied request") as denied:
        installed.create("pods", other)
    assert denied.value.status == 403


def test_a_failing_patch_test_means_not_this_object(installed):
    guarded = mutation(
        "[JSONPatch{op: 'test', path: '/spec/nodeName', value: 'n9'}, "
        "JSONPatch{op: 'remove', path: '/spec/topologySpreadConstraints'}]"
    )
    spec = {"failurePolicy": "Fail", "matchConditions": None, "mutations": [guarded]}
    installed.patch("mutatingadmissionpolicies", RELAX["metadata"]["name"], {"spec": spec})
    bound(installed)
    assert constraints(installed.create("pods", hard_pod())) == HARD_AND_SOFT


def test_the_keep_soft_variant_flips_constraints_with_typed_literals(installed):
    flip = mutation("""[JSONPatch{op: "replace", path: "/spec/topologySpreadConstraints",
        value: object.spec.topologySpreadConstraints.map(c, Object.spec.topologySpreadConstraints{
          maxSkew: c.maxSkew, topologyKey: c.topologyKey, whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: c.labelSelector})}]""")
    spec = {"mutations": [flip]}
    installed.patch("mutatingadmissionpolicies", RELAX["metadata"]["name"], {"spec": spec})
    bound(installed)
    flipped = installed.create("pods", pod(topologySpreadConstraints=[spread()]))
    assert flipped["spec"]["topologySpreadConstraints"] == [spread(when="ScheduleAnyway")]


def test_an_apply_configuration_is_merged(installed):
    merge = {
        "patchType": "ApplyConfiguration",
        "applyConfiguration": {
            "expression": 'Object{metadata: Object.metadata{labels: {"relaxed": "yes"}}}'
        },
    }
    spec = {"mutations": [merge], "matchConditions": None}
    installed.patch("mutatingadmissionpolicies", RELAX["metadata"]["name"], {"spec": spec})
    bound(installed)
    assert installed.create("pods", pod())["metadata"]["labels"] == {"app": "web", "relaxed": "yes"}


def test_an_expression_that_does_not_compile_is_refused_when_the_policy_is_written(cluster):
    broken = copy.deepcopy(RELAX)
    broken["spec"]["mutations"] = [mutation("[JSONPatch{op: ]")]
    with pytest.raises(ApiError, match="compilation failed") as refused:
        cluster.create("mutatingadmissionpolicies", broken)
    assert refused.value.status == 422


def test_updates_are_not_touched_by_a_policy_for_creates(installed):
    installed.create("pods", hard_pod())
    bound(installed)
    labelled = installed.patch("pods", "web-1", {"metadata": {"labels": {"x": "y"}}}, "default")
    assert constraints(labelled) == HARD_AND_SOFT


def test_an_older_cluster_does_not_know_the_policies():
    older = Cluster(lambda: NOON, "1.35")
    with pytest.raises(ApiError) as refused:
        older.create("mutatingadmissionpolicies", RELAX)
    assert refused.value.status == 404


def test_a_priority_class_gives_its_value(cluster):
    critical = pod(priorityClassName="system-cluster-critical")
    assert cluster.create("pods", critical)["spec"]["priority"] == 2_000_000_000
    with pytest.raises(ApiError, match="no PriorityClass with name nope"):
        cluster.create("pods", pod("web-2", priorityClassName="nope"))


def mutation(expression):
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}


def test_variables_conditions_and_the_request_can_be_used(installed):
    spec = {
        "variables": [{"name": "keys", "expression": "params.data.topologyKeys.split(',')"}],
        "matchConditions": [
            {"name": "new", "expression": "request.operation == 'CREATE' && oldObject == null"},
            {"name": "where", "expression": "namespaceObject.metadata.name == 'default'"},
        ],
        "mutations": [
            mutation(
                "[JSONPatch{op: 'add', path: '/metadata/labels/keys', "
                "value: string(size(variables.keys))}]"
            )
        ],
    }
    installed.patch("mutatingadmissionpolicies", RELAX["metadata"]["name"], {"spec": spec})
    bound(installed)
    assert installed.create("pods", pod())["metadata"]["labels"]["keys"] == "2"
    other = installed.create("pods", pod(namespace="kube-public"))
    assert "keys" not in other["metadata"]["labels"]


@pytest.mark.parametrize(
    "narrowed",
    [
        {"objectSelector": {"matchLabels": {"app": "other"}}},
        {
            "resourceRules": [
                {
                    "apiGroups": ["apps"],
                    "apiVersions": ["*"],
                    "operations": ["*"],
                    "resources": ["*"],
                }
            ]
        },
        {
            "excludeResourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE"],
                    "resources": ["pods"],
                }
            ]
        },
        {
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE"],
                    "resources": ["pods"],
                    "resourceNames": ["another"],
                }
            ]
        },
    ],
)
def test_a_binding_narrows_what_the_policy_matches(installed, narrowed):
    bound(installed, matchResources=narrowed)
    assert constraints(installed.create("pods", hard_pod())) == HARD_AND_SOFT


def test_parameters_can_be_selected_by_label(installed):
    change = {"metadata": {"labels": {"relax": "yes"}}}
    installed.patch("configmaps", "sopctl-relax-spread", change, "sopctl-system")
    selector = {"matchLabels": {"relax": "yes"}}
    bound(
        installed,
        paramRef={
            "selector": selector,
            "namespace": "sopctl-system",
            "parameterNotFoundAction": "Deny",
        },
    )
    assert constraints(installed.create("pods", hard_pod())) == [(ZONE, "ScheduleAnyway")]


def merging(expression):
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}


def changed(cluster, **spec):
    cluster.patch("mutatingadmissionpolicies", RELAX["metadata"]["name"], {"spec": spec})
    bound(cluster)


def test_a_refusal_is_403_in_the_policys_own_words(installed):
    wrong = [mutation("[JSONPatch{op: 'remove', path: '/spec/nothing'}]")]
    changed(installed, failurePolicy="Fail", mutations=wrong, matchConditions=None)
    with pytest.raises(ApiError) as refused:
        installed.create("pods", pod())
    body = refused.value.body
    name = "'sopctl-relax-spread'"
    assert body["message"].startswith(f"policy {name} with binding {name} denied request: JSON")
    assert (body["code"], body["reason"]) == (403, "Invalid")
    assert body["details"]["causes"] == [{"message": body["message"]}]


def test_an_apply_configuration_may_not_touch_what_is_atomic(installed):
    atomic = merging("Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: 'a'}]}}")
    changed(installed, failurePolicy="Fail", mutations=[atomic], matchConditions=None)
    with pytest.raises(
        ApiError, match=r"may not mutate atomic arrays, maps or structs: \.spec\.tol"
    ):
        installed.create("pods", pod())


def test_an_apply_configuration_merges_lists_by_their_keys(installed):
    sidecar = """Object{spec: Object.spec{containers: [
        Object.spec.containers{name: "app", tty: true},
        Object.spec.containers{name: "proxy", image: "envoy"}]}}"""
    changed(installed, mutations=[merging(sidecar)], matchConditions=None)
    containers = installed.create("pods", pod())["spec"]["containers"]
    shown = [(item["name"], item["image"], item.get("tty")) for item in containers]
    assert shown == [("app", "nginx:1.27", True), ("proxy", "envoy", None)]


def test_a_mutation_that_fails_and_is_ignored_does_not_stop_the_next(installed):
    both = [
        mutation("[JSONPatch{op: 'remove', path: '/spec/nothing'}]"),
        merging('Object{metadata: Object.metadata{labels: {"second": "yes"}}}'),
    ]
    changed(installed, mutations=both, matchConditions=None)
    assert installed.create("pods", pod())["metadata"]["labels"]["second"] == "yes"


def labelling(cluster, name, condition, label, reinvocation):
    policy = copy.deepcopy(RELAX)
    policy["metadata"]["name"] = name
    policy["spec"] |= {
        "paramKind": None,
        "reinvocationPolicy": reinvocation,
        "matchConditions": [{"name": "when", "expression": condition}],
        "mutations": [
            merging(f'Object{{metadata: Object.metadata{{labels: {{"{label}": "yes"}}}}}}')
        ],
    }
    cluster.create("mutatingadmissionpolicies", policy)
    spec = {"policyName": name}
    cluster.create("mutatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": spec})


@pytest.mark.parametrize(("reinvocation", "seen"), [("IfNeeded", True), ("Never", False)])
def test_an_earlier_policy_is_asked_again_if_it_wants_to_be(cluster, reinvocation, seen):
    labelling(cluster, "a", "has(object.metadata.labels.second)", "first", reinvocation)
    labelling(cluster, "b", "true", "second", "Never")
    labels = cluster.create("pods", pod())["metadata"]["labels"]
    assert ("first" in labels, "second" in labels) == (seen, True)


@pytest.mark.parametrize("empty", [{"mutations": []}, {"matchConstraints": {"resourceRules": []}}])
def test_a_policy_without_content_is_refused(cluster, empty):
    policy = copy.deepcopy(RELAX)
    policy["spec"] |= empty
    with pytest.raises(ApiError) as refused:
        cluster.create("mutatingadmissionpolicies", policy)
    assert refused.value.status == 422
