"""What kubectl relies on, from version to drain."""

from __future__ import annotations

import json
import threading

import pytest

from tests.conformance.kubectl import rows
from tests.conformance.manifests import MERGE, READY, config_map, deployment, lease, pod
from tests.conformance.place import eventually

PODS = "/api/v1/namespaces/{ns}/pods"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases"


@pytest.fixture
def web(kubectl):
    kubectl("apply", "-f", "-", given=deployment())


# --- discovery ------------------------------------------------------------------------


def test_version_names_the_server(kubectl):
    assert "Server Version: v1." in kubectl("version")


def test_api_resources_lists_short_names_and_groups(kubectl):
    listed = kubectl("api-resources")
    assert ["deployments", "deploy", "apps/v1", "true", "Deployment"] in rows(listed)


@pytest.mark.release(21)
def test_api_versions_lists_groups(kubectl):
    assert {"apps/v1", "policy/v1", "v1"} <= set(kubectl("api-versions").split())


def test_explain_finds_fields(kubectl):
    shown = kubectl("explain", "pod.spec.topologySpreadConstraints")
    assert "whenUnsatisfiable" in shown
    assert "-required-" in shown


def test_raw_paths_are_served(kubectl):
    assert (
        json.loads(kubectl("get", "--raw", f"/api/v1/namespaces/{kubectl.namespace}"))["kind"]
        == "Namespace"
    )
    assert kubectl("get", "--raw", "/readyz") == "ok"


# --- create, get, describe ------------------------------------------------------------


def test_create_and_get_as_a_table(kubectl):
    assert kubectl("create", "-f", "-", given=deployment()) == "deployment.apps/web created\n"
    head, row = rows(kubectl("get", "deploy"))
    assert head == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert (row[:2], row[-1][-1]) == (["web", "0/3"], "s")


def test_wide_tables_have_more_columns(kubectl, web):
    head, row = rows(kubectl("get", "deploy", "-o", "wide"))
    assert dict(zip(head, row, strict=True))["IMAGES"] == "nginx:1.27"


def test_several_kinds_and_all_namespaces(kubectl, web):
    kubectl("create", "-f", "-", given=config_map())
    shown = kubectl("get", "deploy,cm", "-A")
    assert [kubectl.namespace, "deployment.apps/web"] in [row[:2] for row in rows(shown)]
    assert [kubectl.namespace, "configmap/settings"] in [row[:2] for row in rows(shown)]


def test_get_all_uses_categories(kubectl, web):
    assert "deployment.apps/web" in kubectl("get", "all")


def test_output_by_name_and_by_path(kubectl, web):
    assert kubectl("get", "deploy", "-o", "name") == "deployment.apps/web\n"
    assert kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}") == "3"


def test_a_missing_object_is_not_found(kubectl):
    assert "(NotFound)" in kubectl.fails("get", "deploy", "absent")


def test_selectors_and_sorting(kubectl, web):
    assert "web" in kubectl("get", "deploy", "-l", "app=web", "--sort-by=.metadata.name")
    assert kubectl("get", "deploy", "-l", "app=other") == ""


def test_lists_in_chunks(kubectl, kube):
    for index in range(7):
        kube("POST", LEASES, lease(f"m{index}"))
    assert len(rows(kubectl("get", "leases", "--chunk-size=2", "--no-headers"))) == 7


def test_describe_a_deployment_and_a_pod(kubectl, web, kube):
    assert "3 desired" in kubectl("describe", "deploy", "web")
    kube("POST", PODS, pod())
    assert "QoS Class:        BestEffort" in kubectl("describe", "pod", "web-1")


@pytest.mark.cluster_wide("creates Node objects")
def test_describe_a_node_with_its_pods(kubectl, node, kube):
    kube("POST", PODS, pod(nodeName=node))
    assert "web-1" in kubectl("describe", "node", node)


def test_imperative_creates_arrive_as_protobuf(kubectl):
    kubectl("create", "serviceaccount", "team")
    kubectl("create", "configmap", "settings", "--from-literal=a=1")
    assert kubectl.json("get", "cm", "settings")["data"] == {"a": "1"}
    kubectl("create", "secret", "generic", "token", "--from-literal=t=x")
    assert kubectl.json("get", "secret", "token")["data"] == {"t": "eA=="}


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("deployment", ["--image=nginx", "--replicas=2", "--port=80", "--", "run", "fast"]),
        ("job", ["--image=busybox", "--", "true"]),
        ("poddisruptionbudget", ["--selector=a=b,c in (d,e)", "--min-available=50%"]),
        ("poddisruptionbudget", ["--selector=a=b", "--max-unavailable=1"]),
        ("role", ["--verb=get,list", "--resource=pods", "--resource-name=web"]),
        ("rolebinding", ["--role=r", "--user=bob", "--serviceaccount=default:sa"]),
    ],
)
@pytest.mark.release(21)
def test_an_imperative_create_stores_what_kubectl_would_have_printed(kubectl, kind, arguments):
    place = arguments.index("--") if "--" in arguments else len(arguments)
    dry = [*arguments[:place], "--dry-run=client", "-o", "json", *arguments[place:]]
    wanted = json.loads(kubectl("create", kind, "probe", *dry))
    kubectl("create", kind, "probe", *arguments)
    assert contains(kubectl.json("get", kind, "probe"), wanted)


@pytest.mark.cluster_wide("creates a namespace, a priority class, a role and a binding")
@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("namespace", []),
        ("priorityclass", ["--value=5", "--description=some"]),
        ("clusterrole", ["--verb=create", "--resource=pods/eviction"]),
        ("clusterrolebinding", ["--clusterrole=r", "--group=oncall"]),
    ],
)
def test_an_imperative_create_works_cluster_wide(kubectl, kind, arguments):
    name = f"{kubectl.namespace}-probe"
    wanted = json.loads(kubectl("create", kind, name, *arguments, "--dry-run=client", "-o", "json"))
    kubectl("create", kind, name, *arguments)
    try:
        assert contains(kubectl.json("get", kind, name), wanted)
    finally:
        kubectl("delete", kind, name, "--wait=false")


def contains(stored, wanted):
    """Whether everything that is wanted is stored; defaults may have joined it."""
    if isinstance(wanted, dict):
        return all(
            contains(stored.get(key), value) for key, value in wanted.items() if value is not None
        )
    if isinstance(wanted, list):
        return len(stored) == len(wanted) and all(map(contains, stored, wanted))
    return stored == wanted


# --- apply, diff, validation ----------------------------------------------------------


def test_apply_creates_then_changes_then_leaves_alone(kubectl):
    assert "created" in kubectl("apply", "-f", "-", given=deployment())
    changed = deployment(replicas=5)
    assert "configured" in kubectl("apply", "-f", "-", given=changed)
    assert "unchanged" in kubectl("apply", "-f", "-", given=changed)
    assert kubectl.json("get", "deploy", "web")["spec"]["replicas"] == 5


def test_apply_removes_what_left_the_manifest(kubectl):
    body = deployment()
    body["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "envoy"})
    kubectl("apply", "-f", "-", given=body)
    kubectl("apply", "-f", "-", given=deployment())
    containers = kubectl.json("get", "deploy", "web")["spec"]["template"]["spec"]["containers"]
    assert [item["name"] for item in containers] == ["app"]


def test_diff_shows_the_change_and_makes_none(kubectl, web):
    done = kubectl.run("diff", "-f", "-", given=deployment(replicas=9))
    assert done.returncode == 1
    assert "+  replicas: 9" in done.stdout
    assert kubectl.json("get", "deploy", "web")["spec"]["replicas"] == 3


@pytest.mark.release(25)
def test_an_unknown_field_is_refused_by_default(kubectl):
    assert 'unknown field "spec.nonsense"' in kubectl.fails(
        "create", "-f", "-", given=deployment(nonsense=1)
    )


def test_dry_runs_on_the_server_store_nothing(kubectl):
    shown = kubectl("create", "--dry-run=server", "-f", "-", given=deployment())
    assert "(server dry run)" in shown
    assert "(NotFound)" in kubectl.fails("get", "deploy", "web")


def test_server_side_apply_conflicts_and_is_forced(kubectl, web):
    other = deployment(replicas=9)
    arguments = ("apply", "--server-side", "--field-manager=other", "-f", "-")
    assert ".spec.replicas" in kubectl.fails(*arguments, given=other)
    assert "serverside-applied" in kubectl(*arguments, "--force-conflicts", given=other)


# --- patch and its relatives ----------------------------------------------------------


def test_strategic_patch(kubectl, web):
    container = {"name": "app", "env": [{"name": "A", "value": "1"}]}
    change = {"spec": {"template": {"spec": {"containers": [container]}}}}
    kubectl("patch", "deploy", "web", "-p", json.dumps(change))
    containers = kubectl.json("get", "deploy", "web")["spec"]["template"]["spec"]["containers"]
    assert containers[0]["image"] == "nginx:1.27"
    assert containers[0]["env"] == container["env"]


def test_merge_patch(kubectl, web):
    kubectl("patch", "deploy", "web", "--type=merge", "-p", '{"spec":{"replicas":4}}')
    assert kubectl.json("get", "deploy", "web")["spec"]["replicas"] == 4


def test_json_patch_and_its_failing_test(kubectl, web):
    guarded = '[{"op":"test","path":"/spec/replicas","value":%d},%s]'
    change = '{"op":"replace","path":"/spec/replicas","value":6}'
    kubectl("patch", "deploy", "web", "--type=json", "-p", guarded % (3, change))
    refused = kubectl.fails("patch", "deploy", "web", "--type=json", "-p", guarded % (3, change))
    assert "the server rejected our request due to an error in our request" in refused


def test_scale(kubectl, web):
    kubectl("scale", "deploy", "web", "--replicas=7", "--current-replicas=3")
    assert kubectl.json("get", "deploy", "web")["spec"]["replicas"] == 7


def test_label_and_annotate(kubectl, web):
    kubectl("label", "deploy", "web", "tier=front")
    kubectl("annotate", "deploy", "web", "note=hello")
    kubectl("label", "deploy", "web", "app-")
    meta = kubectl.json("get", "deploy", "web")["metadata"]
    assert meta["labels"] == {"tier": "front"}
    assert meta["annotations"]["note"] == "hello"


def test_set_image_and_rollout_restart(kubectl, web):
    kubectl("set", "image", "deploy/web", "app=nginx:1.28")
    kubectl("rollout", "restart", "deploy/web")
    template = kubectl.json("get", "deploy", "web")["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "nginx:1.28"
    assert "kubectl.kubernetes.io/restartedAt" in template["metadata"]["annotations"]


def test_pause_and_resume_a_rollout(kubectl, web):
    kubectl("rollout", "pause", "deploy/web")
    assert kubectl.json("get", "deploy", "web")["spec"]["paused"] is True
    kubectl("rollout", "resume", "deploy/web")
    assert not kubectl.json("get", "deploy", "web")["spec"].get("paused")


def test_replace(kubectl, web):
    body = kubectl.json("get", "deploy", "web")
    body["spec"]["replicas"] = 8
    del body["metadata"]["resourceVersion"]
    kubectl("replace", "-f", "-", given=body)
    assert kubectl.json("get", "deploy", "web")["spec"]["replicas"] == 8


# --- nodes ----------------------------------------------------------------------------


@pytest.fixture
def node(kube):
    """A node that does not run anything, with the name of the probe's namespace."""
    condition = {"type": "Ready", "status": "True"}
    name = kube.namespace
    kube("POST", "/api/v1/nodes", {"metadata": {"name": name}})
    status = {"status": {"conditions": [condition]}}
    kube("PATCH", f"/api/v1/nodes/{name}/status", status, media=MERGE)
    yield name
    kube("DELETE", f"/api/v1/nodes/{name}")


@pytest.mark.cluster_wide("creates a Node object")
def test_cordon_and_uncordon(kubectl, node):
    kubectl("cordon", node)
    shown = rows(kubectl("get", "node", node, "--no-headers"))[0][1]
    assert shown == "Ready,SchedulingDisabled"
    kubectl("uncordon", node)
    assert rows(kubectl("get", "node", node, "--no-headers"))[0][1] == "Ready"


@pytest.mark.cluster_wide("creates a Node object")
def test_taint_and_untaint(kubectl, node):
    def taints():
        given = kubectl.json("get", "node", node)["spec"].get("taints") or []
        return [item for item in given if item["key"] == "broken"]

    kubectl("taint", "node", node, "broken=yes:NoSchedule")
    assert taints() == [{"key": "broken", "value": "yes", "effect": "NoSchedule"}]
    kubectl("taint", "node", node, "broken-")
    assert taints() == []


@pytest.fixture
def kubelet(place):
    """Finish the deletion of terminating pods, as nodes do."""
    over, cluster = threading.Event(), place.cluster

    def work():
        while not over.wait(0.05):
            for found in cluster.list("pods"):
                meta = found["metadata"]
                if "deletionTimestamp" in meta:
                    cluster.finish_delete("pods", meta["name"], meta["namespace"])

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def running(kube, node=None, name="web-1"):
    kube("POST", PODS, pod(name, **({"nodeName": node} if node else {})))
    kube("PATCH", f"{PODS}/{name}/status", {"status": READY}, media=MERGE)


@pytest.mark.simulated_only("drains a node, whose kubelet is a part of the probe")
def test_drain_evicts(kubectl, node, kube, kubelet):
    running(kube, node)
    assert "pod/web-1 evicted" in kubectl("drain", node, "--force")
    assert not kube.exists(f"{PODS}/web-1")
    assert kube("GET", f"/api/v1/nodes/{node}")["spec"]["unschedulable"] is True


@pytest.mark.simulated_only("drains a node, whose kubelet is a part of the probe")
def test_drain_waits_for_a_budget(kubectl, node, kube, kubelet):
    running(kube, node)
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    path = "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets"
    kube("POST", path, {"metadata": {"name": "web"}, "spec": spec})
    eventually(lambda: kube("GET", f"{path}/web")["status"].get("observedGeneration"), 1)
    refused = kubectl.fails("drain", node, "--force", "--timeout=1s")
    assert "Cannot evict pod as it would violate the pod's disruption budget" in refused
    assert kube.exists(f"{PODS}/web-1")


# --- waiting, watching, deleting ------------------------------------------------------


def test_wait_for_a_condition(kubectl, kube):
    running(kube)
    assert "condition met" in kubectl("wait", "--for=condition=Ready", "pod/web-1", "--timeout=5s")


def test_wait_sees_a_change(kubectl, web, kube):
    path = "/apis/apps/v1/namespaces/{ns}/deployments/web"
    change = {"media": MERGE}
    threading.Timer(0.5, kube, ["PATCH", path, {"spec": {"replicas": 9}}], change).start()
    kubectl("wait", "--for=jsonpath={.spec.replicas}=9", "deploy/web", "--timeout=10s")


def test_watch_prints_what_happens(kubectl, kube):
    kube("POST", LEASES, lease("first"))
    threading.Timer(0.5, kube, ["POST", LEASES, lease("second")]).start()
    done = kubectl.run("get", "lease", "-w", "--request-timeout=2s")
    assert [row[0] for row in rows(done.stdout)] == ["NAME", "first", "second"]


@pytest.mark.simulated_only("needs a kubelet, which is a part of the probe")
def test_delete_waits_until_a_pod_is_gone(kubectl, kube, kubelet):
    running(kube, "n1")
    assert 'pod "web-1" deleted' in kubectl("delete", "pod", "web-1", "--timeout=20s")
    assert not kube.exists(f"{PODS}/web-1")


def test_delete_by_selector_and_by_force(kubectl, kube):
    running(kube)
    running(kube, name="web-2")
    kubectl("delete", "pod", "web-1", "--grace-period=0", "--force")
    kubectl("delete", "pods", "-l", "app=web", "--grace-period=0", "--force")
    assert kubectl("get", "pods", "-o", "name") == ""


# --- identity and custom resources ----------------------------------------------------


@pytest.mark.release(28)
def test_can_i_and_whoami(kubectl):
    assert kubectl("auth", "can-i", "create", "pods").strip() == "yes"
    assert "Username" in kubectl("auth", "whoami")
    assert "Non-Resource URLs" in kubectl("auth", "can-i", "--list")
    assert kubectl.run("auth", "can-i", "delete", "nodes", "--as", "bob").stdout.strip() == "no"


@pytest.mark.release(28)
def test_a_token_is_made_for_a_service_account(kubectl):
    token = kubectl("create", "token", "default", "--duration=10m").strip()
    assert token.count(".") == 2
    if "client-certificate" not in kubectl("config", "view", "--minify"):
        # A certificate would go before the token.
        assert f"system:serviceaccount:{kubectl.namespace}:default" in kubectl(
            "auth", "whoami", "--token", token
        )


def test_a_role_opens_what_it_names(kubectl):
    assert "(Forbidden)" in kubectl.fails("get", "pods", "--as", "bob")
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    role = {"metadata": {"name": "see"}, "rules": [rule]}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    kubectl("create", "-f", "-", given=rbac | {"kind": "Role"} | role)
    binding = {
        "metadata": {"name": "see"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "see"},
        "subjects": [{"kind": "User", "name": "bob"}],
    }
    kubectl("create", "-f", "-", given=rbac | {"kind": "RoleBinding"} | binding)
    eventually(lambda: kubectl.run("get", "pods", "--as", "bob").returncode, 0)


@pytest.mark.cluster_wide("creates a CustomResourceDefinition")
def test_a_custom_resource_with_columns_of_its_own(kubectl):
    group = f"{kubectl.namespace}.example.com"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    column = {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}
    version = {"name": "v1", "served": True, "storage": True}
    version |= {"schema": {"openAPIV3Schema": schema}, "additionalPrinterColumns": [column]}
    names = {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": [version]}
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    named = {"metadata": {"name": f"widgets.{group}"}}
    kubectl("apply", "-f", "-", given=crd | named | {"spec": spec})
    try:
        kubectl("wait", "--for=condition=Established", f"crd/widgets.{group}", "--timeout=5s")
        widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}}
        kubectl("apply", "-f", "-", given=widget | {"spec": {"size": 3}})
        assert rows(kubectl("get", f"widgets.{group}")) == [["NAME", "SIZE"], ["w", "3"]]
        kubectl("apply", "-f", "-", given=widget | {"spec": {"size": 4}})
        assert kubectl.json("get", f"widgets.{group}", "w")["spec"]["size"] == 4
    finally:
        kubectl("delete", "crd", f"widgets.{group}", "--wait=false")


def test_events_are_shown(kubectl, kube):
    kube(
        "POST",
        "/api/v1/namespaces/{ns}/events",
        {
            "metadata": {"name": "web.1"},
            "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": kube.namespace},
            "reason": "Evicted",
            "message": "moved away",
            "type": "Normal",
        },
    )
    assert "moved away" in kubectl("get", "events")
