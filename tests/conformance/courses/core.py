"""Built-in kinds, asked rightly and wrongly."""

from __future__ import annotations

from typing import Any

from tests.conformance.courses.calls import delete, get, patch, post, put
from tests.conformance.recording import (
    APPLY,
    JSON_PATCH,
    MERGE,
    PARTIAL,
    PARTIALS,
    STRATEGIC,
    TABLE,
    Asked,
)

B = "/api/v1/namespaces/differ/configmaps"
D = "/apis/apps/v1/namespaces/differ/deployments"
P = "/api/v1/namespaces/differ/pods"
UID = "11111111-1111-1111-1111-111111111111"


NEWER = "newer servers answer otherwise, and so does the simulator"


def cm(name: str = "one", **meta: Any) -> Any:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **meta},
        "data": {"a": "b"},
    }


def dep(name: str = "web", **spec: Any) -> Any:
    container = {"name": "app", "image": "nginx:1"}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": name}},
            "template": template,
            **spec,
        },
    }


def pod(name: str = "p", **spec: Any) -> Any:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "schedulerName": "nobody",
            "containers": [{"name": "app", "image": "nginx:1"}],
            **spec,
        },
    }


COURSE: tuple[Asked, ...] = (
    post(
        "namespace",
        "/api/v1/namespaces",
        {"metadata": {"name": "differ"}},
        settle=1.0,
        differs=NEWER,
    ),
    get("unknown group", "/apis/nothing.example"),
    get("unknown gv", "/apis/nothing.example/v1"),
    get("unknown gvr", "/apis/nothing.example/v1/foos"),
    get("apps nonsense", "/apis/apps/v1/nonsense"),
    get("apps v9", "/apis/apps/v9/deployments"),
    get("apps v9 disc", "/apis/apps/v9"),
    get("core nonsense", "/api/v1/nonsense"),
    get("api v2", "/api/v2"),
    get("nothing", "/nothing", differs="the paths are not listed"),
    get("sub", D + "/web/nonsense"),
    get("ns sub", "/api/v1/namespaces/differ/nonsense"),
    get("cluster in ns", "/api/v1/namespaces/differ/nodes"),
    get("cluster in ns one", "/api/v1/namespaces/differ/nodes/x"),
    get("namespaced one without ns", "/api/v1/configmaps/x"),
    post("post all ns", "/api/v1/configmaps", cm()),
    put("put coll", B, cm()),
    patch("patch coll", B, {}, MERGE),
    post("post one", B + "/one", cm()),
    delete("delete all ns", "/api/v1/configmaps"),
    post("create", B, cm()),
    post("again", B, cm()),
    post("rv", B, cm("two", resourceVersion="5")),
    post("no kind", B, {"metadata": {"name": "nokind"}}),
    post("kind", B, {**cm("k"), "kind": "Secret"}, words=False),
    post("kind unknown", B, {**cm("k"), "kind": "Gadget"}, words=False),
    post("version", B, {**cm("k"), "apiVersion": "v2"}, words=False),
    post("no name", B, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
    post("bad name", B, cm("Bad_Name")),
    post("gen bad", B, {"metadata": {"generateName": "Bad_"}}),
    post("no json", B, "{nope"),
    post("empty", B, ""),
    post("array", B, []),
    post("media", B, "x=1", media="application/x-www-form-urlencoded"),
    post("text", B, "x", media=""),
    post("wrong ns", B, cm("n", namespace="other")),
    post("no ns", B.replace("differ", "nowhere"), cm()),
    post("labels bad", B, cm("l", labels={"a b": "x", "c": "y!"})),
    post("anno type", B, cm("l", annotations={"a": 5}), words=False),
    post("finalizer bad", B, cm("l", finalizers=["nodomain!"])),
    post("owner bad", B, cm("l", ownerReferences=[{"kind": "X"}]), words=False),
    post("data type", B, {**cm("l"), "data": {"a": 1}}, words=False),
    post("data key", B, {**cm("l"), "data": {"a/b": "1"}}),
    post("dry bad", B + "?dryRun=Some", cm("e"), words=False),
    get("get none", B + "/none"),
    get("list table", B, accept=TABLE, differs="controllers ran beside the server"),
    get("partial list", B, accept=PARTIALS, differs="controllers ran beside the server"),
    get("partial list fallback", B, accept=PARTIAL, words=False),
    get("html", B, accept="text/html", differs=NEWER),
    get("any", B + "/none", accept="*/*"),
    get("yaml", B + "/none", accept="application/yaml"),
    get("table fallback", B + "/one", accept=TABLE + ",application/json", words=False),
    put("put stale", B + "/one", cm(resourceVersion="1")),
    put("put other name", B + "/one", cm("zwei")),
    put("put other uid", B + "/one", cm(uid=UID)),
    put("put none", B + "/none", cm("none")),
    put("put none rv", B + "/none", cm("none", resourceVersion="5")),
    put("put rv text", B + "/one", cm(resourceVersion="abc")),
    put("put no name", B + "/one", {"data": {"a": "c"}}),
    patch("merge bad", B + "/one", "[1]", MERGE, differs=NEWER),
    patch("merge garbage", B + "/one", "{", MERGE, differs=NEWER),
    patch("merge stale", B + "/one", {"metadata": {"resourceVersion": "1"}}, MERGE),
    patch("merge uid", B + "/one", {"metadata": {"uid": UID}}, MERGE),
    patch("merge name", B + "/one", {"metadata": {"name": "zwei"}}, MERGE),
    patch("merge ns", B + "/one", {"metadata": {"namespace": "zwei"}}, MERGE),
    patch("merge none", B + "/none", {}, MERGE),
    patch(
        "merge kind",
        B + "/one",
        {"kind": "Gadget"},
        MERGE,
        differs="a patch of the kind is told as of the object",
    ),
    patch("merge type", B + "/one", {"data": {"a": 1}}, MERGE, words=False),
    patch("strategic type", B + "/one", {"data": {"a": 1}}, STRATEGIC, words=False),
    patch("strategic garbage", B + "/one", "{", STRATEGIC, words=False),
    patch("strategic arr", B + "/one", "[]", STRATEGIC, words=False),
    patch("unknown patch", B + "/one", {}, "application/json", differs=NEWER),
    patch("json op", B + "/one", [{"op": "nope", "path": "/data"}], JSON_PATCH, differs=NEWER),
    patch("json obj", B + "/one", {"op": "add"}, JSON_PATCH, words=False),
    patch("json garbage", B + "/one", "nope", JSON_PATCH, words=False),
    patch("json no path", B + "/one", [{"op": "add", "value": 1}], JSON_PATCH, differs=NEWER),
    patch("json test", B + "/one", [{"op": "test", "path": "/data/a", "value": "z"}], JSON_PATCH),
    patch(
        "json type",
        B + "/one",
        [{"op": "add", "path": "/data/a", "value": 5}],
        JSON_PATCH,
        words=False,
    ),
    patch("json remove absent", B + "/one", [{"op": "remove", "path": "/data/z"}], JSON_PATCH),
    patch("json add deep", B + "/one", [{"op": "add", "path": "/x/y", "value": 5}], JSON_PATCH),
    patch(
        "json many",
        B + "/one",
        [{"op": "test", "path": "/data/a", "value": "b"}] * 10001,
        JSON_PATCH,
    ),
    patch("apply no manager", B + "/app", cm("app"), APPLY),
    patch("apply new", B + "/app?fieldManager=one", cm("app"), APPLY),
    patch(
        "apply no kind",
        B + "/app?fieldManager=one",
        {"metadata": {"name": "app"}},
        APPLY,
        words=False,
    ),
    patch("apply name", B + "/app?fieldManager=one", cm("other"), APPLY),
    patch("apply conflict", B + "/app?fieldManager=two", {**cm("app"), "data": {"a": "c"}}, APPLY),
    patch(
        "apply conflict2",
        B + "/app?fieldManager=two",
        {**cm("app"), "data": {"a": "c", "b": "d"}, "x": 1},
        APPLY,
        words=False,
    ),
    patch(
        "apply untyped",
        B + "/app?fieldManager=two",
        {**cm("app"), "data": {"a": 1}},
        APPLY,
        words=False,
    ),
    patch("apply garbage", B + "/app?fieldManager=one", "a: [", APPLY, words=False),
    patch(
        "apply managed",
        B + "/app?fieldManager=one",
        cm("app", managedFields=[{"manager": "x"}]),
        APPLY,
    ),
    patch("force", B + "/app?force=true", {}, MERGE),
    patch("long", B + "/app?fieldManager=" + "m" * 130, cm("app"), APPLY, words=False),
    post("dep", D + "?fieldManager=me", dep(), differs=NEWER),
    get("dep get", D + "/web", differs=NEWER),
    post("dep bad type", D, dep("b", replicas="x"), words=False),
    post("dep bad", D, dep("b", replicas=-1)),
    post("dep sel", D, dep("b", selector={"matchLabels": {"app": "zzz"}})),
    post(
        "dep none",
        D,
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "b"}, "spec": {}},
        differs=NEWER,
    ),
    patch(
        "dep imm",
        D + "/web",
        {"spec": {"selector": {"matchLabels": {"app": "zzz"}}}},
        MERGE,
        words=False,
    ),
    get("scale", D + "/web/scale"),
    patch("scale patch", D + "/web/scale", {"spec": {"replicas": 1}}, MERGE),
    patch("scale bad", D + "/web/scale", {"spec": {"replicas": -1}}, MERGE),
    put(
        "scale stale",
        D + "/web/scale",
        {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {"name": "web", "namespace": "differ", "resourceVersion": "1"},
            "spec": {"replicas": 2},
        },
    ),
    get("scale none", D + "/none/scale"),
    patch(
        "dep strat dup",
        D + "/web",
        {"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}},
        STRATEGIC,
    ),
    patch("dep strat replace", D + "/web", {"spec": {"$patch": "what"}}, STRATEGIC),
    patch(
        "dep strat del",
        D + "/web",
        {"spec": {"template": {"spec": {"containers": [{"name": "zz", "$patch": "delete"}]}}}},
        STRATEGIC,
        differs="controllers ran beside the server",
    ),
    patch(
        "unready scale0",
        D + "/web/scale",
        {"spec": {"replicas": 0}},
        MERGE,
        differs="controllers ran beside the server",
    ),
    post("pod", P, pod(), differs=NEWER),
    patch("pod imm", P + "/p", {"spec": {"hostNetwork": True}}, MERGE, words=False),
    patch(
        "pod toleration",
        P + "/p",
        {"spec": {"tolerations": [{"key": "x", "operator": "Exists"}]}},
        MERGE,
        differs=NEWER,
    ),
    patch("pod node", P + "/p", {"spec": {"nodeName": "x"}}, MERGE, words=False),
    post(
        "pod bind",
        P + "/p/binding",
        {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": "p"},
            "target": {"kind": "Node", "name": "n1"},
        },
    ),
    post(
        "pod bind again",
        P + "/p/binding",
        {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": "p"},
            "target": {"kind": "Node", "name": "n2"},
        },
    ),
    post(
        "pod bind bad",
        P + "/p/binding",
        {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}},
        differs="a binding without a target is told as a bad request",
    ),
    get("pod eph", P + "/p/ephemeralcontainers"),
    get("pod log", P + "/p/log", differs="there are no logs to read"),
    get(
        "pod sel phase",
        P + "?fieldSelector=status.phase%3DPending,spec.nodeName%3Dn1",
        differs=NEWER,
    ),
    get("pod sel bad", P + "?fieldSelector=spec.x%3D1"),
    post(
        "pod no cont",
        P,
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "nc"}, "spec": {}},
    ),
    post(
        "pod spread",
        P,
        pod(
            "sp",
            topologySpreadConstraints=[
                {"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "Maybe"}
            ],
        ),
    ),
    post(
        "pod res",
        P,
        pod(
            "rs",
            containers=[
                {
                    "name": "a",
                    "image": "x",
                    "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}},
                }
            ],
        ),
        words=False,
    ),
    post(
        "pod tol bad",
        P,
        pod("tb", tolerations=[{"key": "a", "operator": "Exists", "value": "x"}]),
        words=False,
    ),
    post("pod sched missing", P, pod("pm", priorityClassName="nope")),
    delete("pod del", P + "/p", {"gracePeriodSeconds": 5}, differs=NEWER),
    delete("pod del again", P + "/p", {"gracePeriodSeconds": 0}, differs=NEWER),
    delete("pod del grace neg", P + "/p", {"gracePeriodSeconds": -1}),
    get("sel bad", B + "?fieldSelector=data.a%3Done"),
    get("sel syntax", B + "?fieldSelector=a"),
    get("label bad", B + "?labelSelector=a%20in%20(", words=False),
    get("label bad2", B + "?labelSelector=a%3D%3D%3Db", words=False),
    get("limit neg", B + "?limit=-1", differs="controllers ran beside the server"),
    get("limit text", B + "?limit=x"),
    get("continue bad", B + "?continue=abc", words=False),
    get("continue rv", B + "?limit=1&continue=abc&resourceVersion=5", words=False),
    get("rv text", B + "?resourceVersion=abc", differs=NEWER),
    get("match bad", B + "?resourceVersion=1&resourceVersionMatch=What"),
    get("watch rv text", B + "?watch=1&resourceVersion=abc&timeoutSeconds=1"),
    get("get rv text", B + "/one?resourceVersion=abc", differs=NEWER),
    get("timeout text", B + "?watch=1&timeoutSeconds=x"),
    delete("del pre uid", B + "/one", {"preconditions": {"uid": UID}}),
    delete("del pre rv", B + "/one", {"preconditions": {"resourceVersion": "1"}}),
    delete("del policy bad", B + "/one?propagationPolicy=What"),
    delete("del both", B + "/one", {"propagationPolicy": "Background", "orphanDependents": True}),
    delete("del kind", B + "/one", {"kind": "Nope", "apiVersion": "v1"}, differs=NEWER),
    delete("del garbage", B + "/one", "{", differs=NEWER),
    delete("del fg", B + "/app?propagationPolicy=Foreground"),
    delete(
        "del orphan",
        B + "/one",
        {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Orphan"},
    ),
    delete(
        "dep del fg",
        D + "/web?propagationPolicy=Foreground",
        differs="controllers ran beside the server",
    ),
    delete("coll", B + "?labelSelector=a%3Db"),
    post(
        "can",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}},
        },
        differs=NEWER,
    ),
    post(
        "can bad",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {}},
    ),
    post(
        "can both",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {
                "resourceAttributes": {"verb": "get", "resource": "pods"},
                "nonResourceAttributes": {"path": "/", "verb": "get"},
            },
        },
        words=False,
    ),
    post(
        "rules",
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
        {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {}},
    ),
    get("review get", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
    post(
        "lease",
        "/apis/coordination.k8s.io/v1/namespaces/differ/leases",
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": "l"},
            "spec": {
                "holderIdentity": "a",
                "leaseDurationSeconds": 15,
                "renewTime": "2026-01-01T00:00:00.5Z",
            },
        },
        words=False,
    ),
    post(
        "lease bad",
        "/apis/coordination.k8s.io/v1/namespaces/differ/leases",
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": "l2"},
            "spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1},
        },
        words=False,
    ),
    put(
        "lease put no rv",
        "/apis/coordination.k8s.io/v1/namespaces/differ/leases/l",
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": "l"},
            "spec": {"holderIdentity": "b"},
        },
    ),
    post(
        "node",
        "/api/v1/nodes",
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}},
        differs="a node begins without the taint and the status that a server gives it",
    ),
    get(
        "node get",
        "/api/v1/nodes/n1",
        differs="a node begins without the taint and the status that a server gives it",
    ),
    patch(
        "node taint bad",
        "/api/v1/nodes/n1",
        {"spec": {"taints": [{"key": "a", "effect": "Never"}]}},
        MERGE,
        words=False,
    ),
    patch(
        "node taint dup",
        "/api/v1/nodes/n1",
        {
            "spec": {
                "taints": [
                    {"key": "a", "effect": "NoSchedule"},
                    {"key": "a", "effect": "NoSchedule", "value": "x"},
                ]
            }
        },
        MERGE,
        words=False,
    ),
    patch(
        "node provider",
        "/api/v1/nodes/n1",
        {"spec": {"providerID": "aws:///x"}},
        MERGE,
        differs="a node begins without the taint and the status that a server gives it",
    ),
    patch(
        "node provider2",
        "/api/v1/nodes/n1",
        {"spec": {"providerID": "aws:///y"}},
        MERGE,
        differs=NEWER,
    ),
    patch(
        "node strat",
        "/api/v1/nodes/n1",
        {"spec": {"taints": [{"key": "z", "effect": "NoSchedule"}]}},
        STRATEGIC,
        differs="a node begins without the taint and the status that a server gives it",
    ),
    delete("node del", "/api/v1/nodes/n1"),
    post(
        "hpa",
        "/apis/autoscaling/v1/namespaces/differ/horizontalpodautoscalers",
        {
            "apiVersion": "autoscaling/v1",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "h"},
            "spec": {
                "maxReplicas": 1,
                "minReplicas": 3,
                "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            },
        },
        differs="autoscaling/v1 is not served",
    ),
    post(
        "hpa none",
        "/apis/autoscaling/v1/namespaces/differ/horizontalpodautoscalers",
        {
            "apiVersion": "autoscaling/v1",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "h"},
            "spec": {},
        },
        differs="autoscaling/v1 is not served",
    ),
    delete("ns del", "/api/v1/namespaces/default"),
    post(
        "svc",
        "/api/v1/namespaces/differ/services",
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s"},
            "spec": {"ports": [{"port": 80}]},
        },
        differs=NEWER,
    ),
    post(
        "svc bad",
        "/api/v1/namespaces/differ/services",
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s2"},
            "spec": {"ports": [{"port": 0}, {"port": 99999}]},
        },
    ),
)
