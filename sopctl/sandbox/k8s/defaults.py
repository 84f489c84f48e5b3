"""The values the API fills in on the way to storage.

Source: pkg/apis/{apps,batch,autoscaling,...}/v*/defaults.go of Kubernetes 1.36.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sopctl.sandbox.k8s.defaults_pod import fill, pod, pod_spec, spec_of
from sopctl.sandbox.k8s.objects import Obj, clone, dig

ROLLING = {"maxUnavailable": "25%", "maxSurge": "25%"}
_CPU_METRIC: Obj = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}
_SCALE_UP: Obj = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_SCALE_DOWN: Obj = {
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


def apply_defaults(storage: str, obj: Obj) -> None:
    """Fill in the defaults of a kind, in place."""
    default = _BY_STORAGE.get(storage)
    if default is not None:
        default(obj)


def _template(obj: Obj) -> Obj:
    spec = spec_of(obj)
    template = spec.get("template")
    if isinstance(template, dict):
        template.setdefault("metadata", {})
        if isinstance(template.get("spec"), dict):
            pod_spec(template["spec"])
    return spec


def _deployment(obj: Obj) -> None:
    spec = fill(
        _template(obj),
        {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}
        | {"strategy": {}},
    )
    strategy = fill(spec["strategy"], {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        fill(fill(strategy, {"rollingUpdate": {}})["rollingUpdate"], ROLLING)


def _stateful_set(obj: Obj) -> None:
    spec = fill(
        _template(obj),
        {
            "replicas": 1,
            "revisionHistoryLimit": 10,
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {},
            "persistentVolumeClaimRetentionPolicy": {},
            "serviceName": "",
        },
    )
    fill(
        spec["persistentVolumeClaimRetentionPolicy"],
        {"whenDeleted": "Retain", "whenScaled": "Retain"},
    )
    strategy = fill(spec["updateStrategy"], {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        fill(fill(strategy, {"rollingUpdate": {}})["rollingUpdate"], {"partition": 0})


def _daemon_set(obj: Obj) -> None:
    spec = fill(_template(obj), {"revisionHistoryLimit": 10, "updateStrategy": {}})
    strategy = fill(spec["updateStrategy"], {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        rolling = fill(strategy, {"rollingUpdate": {}})["rollingUpdate"]
        fill(rolling, {"maxUnavailable": 1, "maxSurge": 0})


def _replica_set(obj: Obj) -> None:
    fill(_template(obj), {"replicas": 1})


def _job(obj: Obj) -> None:
    spec = fill(
        _template(obj),
        {"backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False}
        | {"podReplacementPolicy": "TerminatingOrFailed", "parallelism": 1},
    )
    if spec["parallelism"] == 1:
        fill(spec, {"completions": 1})


def _cron_job(obj: Obj) -> None:
    fill(
        spec_of(obj),
        {"concurrencyPolicy": "Allow", "suspend": False}
        | {"successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1},
    )


def _autoscaler(obj: Obj) -> None:
    spec = fill(spec_of(obj), {"minReplicas": 1})
    if not spec.get("metrics"):
        spec["metrics"] = [clone(_CPU_METRIC)]
    # Both directions are filled in as soon as one is given, which is why a behavior that was
    # set cannot be told from a behavior that was completed.
    if spec.get("behavior") is not None:
        fill(fill(spec["behavior"], {"scaleUp": {}})["scaleUp"], _SCALE_UP)
        fill(fill(spec["behavior"], {"scaleDown": {}})["scaleDown"], _SCALE_DOWN)


def _service(obj: Obj) -> None:
    spec = fill(
        spec_of(obj),
        {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"},
    )
    if spec["type"] != "ExternalName":
        fill(spec, {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
    for port in spec.get("ports") or ():
        fill(port, {"protocol": "TCP", "targetPort": port.get("port")})


def _policy(obj: Obj) -> None:
    spec = fill(spec_of(obj), {"failurePolicy": "Fail"})
    if isinstance(spec.get("matchConstraints"), dict):
        _match_resources(spec["matchConstraints"])


def _policy_binding(obj: Obj) -> None:
    if isinstance(spec_of(obj).get("matchResources"), dict):
        _match_resources(obj["spec"]["matchResources"])


def _match_resources(match: Obj) -> None:
    fill(match, {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}})
    for rule in match.get("resourceRules") or ():
        fill(rule, {"scope": "*"})


def _namespace(obj: Obj) -> None:
    fill(spec_of(obj), {"finalizers": ["kubernetes"]})
    meta = obj["metadata"]
    fill(meta, {"labels": {}})["labels"]["kubernetes.io/metadata.name"] = meta.get("name", "")
    fill(obj.setdefault("status", {}), {"phase": "Active"})


def _role_binding(obj: Obj) -> None:
    fill(obj.get("roleRef", {}), {"apiGroup": "rbac.authorization.k8s.io"})
    for subject in obj.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            fill(subject, {"apiGroup": "rbac.authorization.k8s.io"})


def _definition(obj: Obj) -> None:
    names = dig(obj, "spec", "names") or {}
    if "kind" in names:
        fill(names, {"singular": names["kind"].lower(), "listKind": names["kind"] + "List"})
    fill(spec_of(obj), {"conversion": {"strategy": "None"}})


def _volume_claim(obj: Obj) -> None:
    fill(spec_of(obj), {"volumeMode": "Filesystem"})


def _volume_itself(obj: Obj) -> None:
    fill(
        spec_of(obj),
        {"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"},
    )


def _storage_class(obj: Obj) -> None:
    fill(obj, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})


def _priority_class(obj: Obj) -> None:
    fill(obj, {"preemptionPolicy": "PreemptLowerPriority"})


_BY_STORAGE: Mapping[str, Callable[[Obj], None]] = {
    "clusterrolebindings": _role_binding,
    "cronjobs": _cron_job,
    "customresourcedefinitions": _definition,
    "daemonsets": _daemon_set,
    "deployments": _deployment,
    "horizontalpodautoscalers": _autoscaler,
    "jobs": _job,
    "mutatingadmissionpolicies": _policy,
    "mutatingadmissionpolicybindings": _policy_binding,
    "namespaces": _namespace,
    "persistentvolumeclaims": _volume_claim,
    "persistentvolumes": _volume_itself,
    "pods": pod,
    "priorityclasses": _priority_class,
    "replicasets": _replica_set,
    "rolebindings": _role_binding,
    "services": _service,
    "statefulsets": _stateful_set,
    "storageclasses": _storage_class,
    "validatingadmissionpolicies": _policy,
    "validatingadmissionpolicybindings": _policy_binding,
}
