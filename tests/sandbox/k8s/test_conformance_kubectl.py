"""What kubectl relies on, from version to drain, as a person would type it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import threading

import pytest
import yaml

from tests.sandbox.k8s.clients import config_map, deployment, pod
from tests.sandbox.k8s.conftest import TOKEN

OLDEST = (1, 30)


def kubectl_version():
    path = shutil.which("kubectl")
    if path is None:
        return None
    shown = subprocess.run(
        [path, "version", "--client", "-o", "json"], capture_output=True, text=True, check=False
    )
    words = json.loads(shown.stdout or "{}").get("clientVersion", {}).get("gitVersion", "v0.0")
    return tuple(int(part) for part in words.lstrip("v").split(".")[:2])


VERSION = kubectl_version()
pytestmark = pytest.mark.skipif(
    VERSION is None or VERSION < OLDEST,
    reason=f"kubectl {'.'.join(map(str, OLDEST))} or newer is not on PATH (found {VERSION})",
)


def kubeconfig(server):
    authority = base64.b64encode(server.ca_pem.encode()).decode()
    cluster = {"server": server.url, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "sandbox",
        "clusters": [{"name": "sandbox", "cluster": cluster}],
        "users": [{"name": "sandbox", "user": {"token": TOKEN}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
    }


class Kubectl:
    def __init__(self, server, folder):
        path = folder / "kubeconfig"
        path.write_text(yaml.safe_dump(kubeconfig(server)))
        path.chmod(0o600)
        self.environment = {**os.environ, "KUBECONFIG": str(path), "HOME": str(folder)}

    def run(self, *arguments, given=None):
        text = json.dumps(given) if given is not None else None
        return subprocess.run(
            ["kubectl", *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            timeout=60,
        )

    def __call__(self, *arguments, given=None):
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, *arguments, given=None):
        done = self.run(*arguments, given=given)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def json(self, *arguments):
        return json.loads(self(*arguments, "-o", "json"))


@pytest.fixture
def kubectl(server, tmp_path):
    return Kubectl(server, tmp_path)


@pytest.fixture
def web(kubectl):
    kubectl("apply", "-f", "-", given=deployment())


@pytest.fixture
def nodes(cluster):
    for name in ("n1", "n2"):
        condition = {"type": "Ready", "status": "True"}
        cluster.create("nodes", {"metadata": {"name": name}, "status": {"conditions": [condition]}})


def rows(text):
    return [line.split() for line in text.splitlines()]


# --- discovery ------------------------------------------------------------------------


def test_version_names_the_server(kubectl):
    assert "Server Version: v1.36.0" in kubectl("version")


def test_api_resources_lists_short_names_and_groups(kubectl):
    listed = kubectl("api-resources")
    assert ["deployments", "deploy", "apps/v1", "true", "Deployment"] in rows(listed)
    assert "mutatingadmissionpolicies" in listed


def test_api_versions_lists_groups(kubectl):
    assert {"apps/v1", "policy/v1", "v1"} <= set(kubectl("api-versions").split())


def test_explain_finds_fields(kubectl):
    shown = kubectl("explain", "pod.spec.topologySpreadConstraints")
    assert "whenUnsatisfiable" in shown
    assert "-required-" in shown


def test_raw_paths_are_served(kubectl):
    assert json.loads(kubectl("get", "--raw", "/api/v1/namespaces/default"))["kind"] == "Namespace"
    assert kubectl("get", "--raw", "/readyz") == "ok"


# --- create, get, describe ------------------------------------------------------------


def test_create_and_get_as_a_table(kubectl):
    assert kubectl("create", "-f", "-", given=deployment()) == "deployment.apps/web created\n"
    assert rows(kubectl("get", "deploy")) == [
        ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"],
        ["web", "0/3", "0", "0", "0s"],
    ]


def test_wide_tables_have_more_columns(kubectl, web):
    head, row = rows(kubectl("get", "deploy", "-o", "wide"))
    assert dict(zip(head, row, strict=True))["IMAGES"] == "nginx:1.27"


def test_several_kinds_and_all_namespaces(kubectl, web, nodes):
    shown = kubectl("get", "deploy,nodes", "-A")
    assert "deployment.apps/web" in shown
    assert "node/n1" in shown


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


def test_lists_in_chunks(kubectl, cluster):
    for index in range(7):
        cluster.create("configmaps", config_map(f"m{index}"))
    assert len(rows(kubectl("get", "cm", "--chunk-size=2", "--no-headers"))) == 7


def test_describe_a_deployment_and_a_pod(kubectl, web, cluster):
    assert "3 desired" in kubectl("describe", "deploy", "web")
    cluster.create("pods", pod(node="n1"))
    assert "QoS Class:        BestEffort" in kubectl("describe", "pod", "web-1")


def test_describe_a_node_with_its_pods(kubectl, nodes, cluster):
    cluster.create("pods", pod(node="n1"))
    assert "web-1" in kubectl("describe", "node", "n1")


def test_imperative_creates_arrive_as_protobuf(kubectl):
    kubectl("create", "namespace", "team")
    kubectl("create", "configmap", "settings", "-n", "team", "--from-literal=a=1")
    assert kubectl.json("get", "cm", "settings", "-n", "team")["data"] == {"a": "1"}
    kubectl("create", "secret", "generic", "token", "--from-literal=t=x")
    assert kubectl.json("get", "secret", "token")["data"] == {"t": "eA=="}


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("deployment", ["--image=nginx", "--replicas=2", "--port=80", "--", "run", "fast"]),
        ("job", ["--image=busybox", "--", "true"]),
        ("poddisruptionbudget", ["--selector=a=b,c in (d,e)", "--min-available=50%"]),
        ("poddisruptionbudget", ["--selector=a=b", "--max-unavailable=1"]),
        ("priorityclass", ["--value=5", "--description=some"]),
        ("role", ["--verb=get,list", "--resource=pods", "--resource-name=web"]),
        ("clusterrole", ["--verb=create", "--resource=pods/eviction"]),
        ("rolebinding", ["--role=r", "--user=bob", "--serviceaccount=default:sa"]),
        ("clusterrolebinding", ["--clusterrole=r", "--group=oncall"]),
    ],
)
def test_an_imperative_create_stores_what_kubectl_would_have_printed(kubectl, kind, arguments):
    place = arguments.index("--") if "--" in arguments else len(arguments)
    dry = [*arguments[:place], "--dry-run=client", "-o", "json", *arguments[place:]]
    wanted = json.loads(kubectl("create", kind, "probe", *dry))
    kubectl("create", kind, "probe", *arguments)
    assert contains(kubectl.json("get", kind, "probe"), wanted)


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


def test_diff_shows_the_change_and_makes_none(kubectl, web, cluster):
    before = cluster.dump()
    done = kubectl.run("diff", "-f", "-", given=deployment(replicas=9))
    assert done.returncode == 1
    assert "+  replicas: 9" in done.stdout
    assert cluster.dump() == before


def test_an_unknown_field_is_refused_by_default(kubectl):
    assert 'unknown field "spec.nonsense"' in kubectl.fails(
        "create", "-f", "-", given=deployment(nonsense=1)
    )


def test_dry_runs_on_the_server_store_nothing(kubectl, cluster):
    before = cluster.dump()
    shown = kubectl("create", "--dry-run=server", "-f", "-", given=deployment())
    assert "(server dry run)" in shown
    assert cluster.dump() == before


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
    assert "paused" not in kubectl.json("get", "deploy", "web")["spec"]


def test_replace(kubectl, web):
    body = kubectl.json("get", "deploy", "web")
    body["spec"]["replicas"] = 8
    kubectl("replace", "-f", "-", given=body)
    assert kubectl.json("get", "deploy", "web")["spec"]["replicas"] == 8


# --- nodes ----------------------------------------------------------------------------


def test_cordon_and_uncordon(kubectl, nodes):
    kubectl("cordon", "n1")
    assert rows(kubectl("get", "node", "n1", "--no-headers"))[0][1] == "Ready,SchedulingDisabled"
    kubectl("uncordon", "n1")
    assert rows(kubectl("get", "node", "n1", "--no-headers"))[0][1] == "Ready"


def test_taint_and_untaint(kubectl, nodes):
    kubectl("taint", "node", "n1", "broken=yes:NoSchedule")
    taints = kubectl.json("get", "node", "n1")["spec"]["taints"]
    assert taints == [{"key": "broken", "value": "yes", "effect": "NoSchedule"}]
    kubectl("taint", "node", "n1", "broken-")
    assert "taints" not in kubectl.json("get", "node", "n1")["spec"]


@pytest.fixture
def kubelet(cluster):
    """Finish the deletion of terminating pods, as nodes do."""
    over = threading.Event()

    def work():
        while not over.wait(0.05):
            for found in cluster.list("pods"):
                if "deletionTimestamp" in found["metadata"]:
                    cluster.finish_delete("pods", found["metadata"]["name"], "default")

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def running(cluster, name="web-1"):
    cluster.create("pods", pod(name, node="n1"))
    ready = [{"type": "Ready", "status": "True"}]
    status = {"status": {"phase": "Running", "conditions": ready}}
    cluster.patch("pods", name, status, "default", "status")


def test_drain_evicts(kubectl, nodes, cluster, kubelet):
    running(cluster)
    assert "pod/web-1 evicted" in kubectl("drain", "n1", "--force")
    assert cluster.list("pods") == []
    assert cluster.get("nodes", "n1")["spec"]["unschedulable"] is True


def test_drain_waits_for_a_budget(kubectl, nodes, cluster, kubelet):
    running(cluster)
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    meta = {"name": "web", "namespace": "default"}
    cluster.create("poddisruptionbudgets", {"metadata": meta, "spec": spec})
    blocked = {"status": {"observedGeneration": 1, "desiredHealthy": 1, "currentHealthy": 1}}
    cluster.patch("poddisruptionbudgets", "web", blocked, "default", "status")
    refused = kubectl.fails("drain", "n1", "--force", "--timeout=1s")
    assert "Cannot evict pod as it would violate the pod's disruption budget" in refused
    assert len(cluster.list("pods")) == 1


# --- waiting, watching, deleting ------------------------------------------------------


def test_wait_for_a_condition(kubectl, nodes):
    assert "condition met" in kubectl("wait", "--for=condition=Ready", "node/n1", "--timeout=5s")


def test_wait_sees_a_change(kubectl, web, cluster):
    change = {"spec": {"replicas": 9}}
    threading.Timer(0.5, cluster.patch, ["deployments", "web", change, "default"]).start()
    kubectl("wait", "--for=jsonpath={.spec.replicas}=9", "deploy/web", "--timeout=10s")


def test_watch_prints_what_happens(kubectl, cluster):
    cluster.create("configmaps", config_map("first"))
    threading.Timer(0.5, cluster.create, ["configmaps", config_map("second")]).start()
    done = kubectl.run("get", "cm", "-w", "--request-timeout=2s")
    assert [row[0] for row in rows(done.stdout)] == ["NAME", "first", "second"]


def test_delete_waits_until_a_pod_is_gone(kubectl, nodes, cluster, kubelet):
    running(cluster)
    assert 'pod "web-1" deleted' in kubectl("delete", "pod", "web-1", "--timeout=20s")
    assert cluster.list("pods") == []


def test_delete_by_selector_and_by_force(kubectl, cluster):
    running(cluster)
    running(cluster, "web-2")
    kubectl("delete", "pod", "web-1", "--grace-period=0", "--force")
    kubectl("delete", "pods", "-l", "app=web", "--grace-period=0", "--force")
    assert cluster.list("pods") == []


# --- identity and custom resources ----------------------------------------------------


def test_can_i_and_whoami(kubectl):
    assert kubectl("auth", "can-i", "create", "pods").strip() == "yes"
    assert "sandbox-admin" in kubectl("auth", "whoami")
    assert "*.*" in kubectl("auth", "can-i", "--list")
    assert kubectl.run("auth", "can-i", "delete", "nodes", "--as", "bob").stdout.strip() == "no"


def test_a_role_opens_what_it_names(kubectl):
    assert "(Forbidden)" in kubectl.fails("get", "pods", "--as", "bob")
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    role = {"metadata": {"name": "see", "namespace": "default"}, "rules": [rule]}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    kubectl("create", "-f", "-", given=rbac | {"kind": "Role"} | role)
    binding = {
        "metadata": {"name": "see", "namespace": "default"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "see"},
        "subjects": [{"kind": "User", "name": "bob"}],
    }
    kubectl("create", "-f", "-", given=rbac | {"kind": "RoleBinding"} | binding)
    kubectl("get", "pods", "--as", "bob")


def test_a_custom_resource_with_columns_of_its_own(kubectl):
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    column = {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}
    version = {"name": "v1", "served": True, "storage": True}
    version |= {"schema": {"openAPIV3Schema": schema}, "additionalPrinterColumns": [column]}
    names = {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    kubectl(
        "apply",
        "-f",
        "-",
        given=crd | {"metadata": {"name": "widgets.example.com"}} | {"spec": spec},
    )
    kubectl("wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=5s")
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    kubectl("apply", "-f", "-", given=widget | {"spec": {"size": 3}})
    assert rows(kubectl("get", "wd")) == [["NAME", "SIZE"], ["w", "3"]]
    kubectl("apply", "-f", "-", given=widget | {"spec": {"size": 4}})
    assert kubectl.json("get", "widget", "w")["spec"]["size"] == 4


def test_events_are_shown(kubectl, cluster):
    cluster.create(
        "events",
        {
            "metadata": {"name": "web.1", "namespace": "default"},
            "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "default"},
            "reason": "Evicted",
            "message": "moved away",
            "type": "Normal",
        },
    )
    assert "moved away" in kubectl("get", "events")
