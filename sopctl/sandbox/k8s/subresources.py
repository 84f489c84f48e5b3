"""Subresources that are not simply a part of their object: scale and binding."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import (
    bad_request,
    cause,
    conflict,
    invalid,
    method_not_allowed,
    not_found,
)
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, clone, dig, stamp
from sopctl.sandbox.k8s.request import Request, Response, Route, answer
from sopctl.sandbox.k8s.verbs.patching import patched_object
from sopctl.sandbox.k8s.writer import Write

_SCALE_KIND = {"kind": "Scale", "apiVersion": "autoscaling/v1"}
_PATHS: Mapping[str, str] = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.selector",
}


def scale(cluster: Cluster, request: Request, route: Route) -> Response:
    """GET, PUT or PATCH of the Scale of a workload or custom resource."""
    with cluster.lock:
        kind = route.kind
        obj = cluster.store.get(kind.storage, route.key)
        if obj is None:
            scaled = f"{kind.plural}/scale.{kind.group}" if kind.custom is None else kind.resource
            raise not_found(scaled, route.name)
        current = _scale_of(kind, obj)
        if request.method == "GET":
            return answer(current)
        if request.method == "PUT":
            wanted = request.object()
        elif request.method == "PATCH":
            wanted = patched_object(request, kind, clone(current))
        else:
            raise method_not_allowed()
        replicas = dig(wanted, "spec", "replicas") or 0
        if isinstance(replicas, int) and replicas < 0 and kind.custom is None:
            text = f"Invalid value: {replicas}: must be greater than or equal to 0"
            wrong = cause("FieldValueInvalid", "spec.replicas", text)
            raise invalid("Scale", "autoscaling", route.name, [wrong])
        new: Obj = clone(obj)
        _put(new, _path(kind, "specReplicasPath"), replicas)
        version = dig(wanted, "metadata", "resourceVersion")
        if version:
            new["metadata"]["resourceVersion"] = version
        stored = cluster.writer.update(kind, new, request.write(), "scale")
        return answer(_scale_of(kind, stored))


def bind(cluster: Cluster, request: Request, route: Route) -> Response:
    """POST of a Binding: the scheduler's way of giving a pod its node."""
    body = request.object()
    node = dig(body, "target", "name")
    if not node:
        raise bad_request("target.name: Required value")
    write = request.write()
    with cluster.lock:
        pod = cluster.writer.existing(route.kind, route.key)
        if pod["spec"].get("nodeName"):
            why = f'pod {route.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
            raise conflict("pods/binding", route.name, why)
        new: Obj = clone(pod)
        new["spec"]["nodeName"] = node
        # An internal write, because nothing but a binding may set the node of a pod.
        allowed = Write(manager=write.manager, user=write.user, dry_run=write.dry_run)
        bound: Obj = clone(cluster.writer.update(route.kind, new, allowed))
        condition = {"type": "PodScheduled", "status": "True"}
        condition["lastTransitionTime"] = stamp(cluster.now())
        conditions = [
            c for c in dig(bound, "status", "conditions") or () if c["type"] != "PodScheduled"
        ]
        bound.setdefault("status", {})["conditions"] = [*conditions, condition]
        if not write.dry_run:
            cluster.writer.update(route.kind, bound, allowed, "status")
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return answer({**status, "code": int(HTTPStatus.CREATED)}, HTTPStatus.CREATED)


def token(cluster: Cluster, request: Request, route: Route) -> Response:
    """POST of a TokenRequest: a token for a service account."""
    with cluster.lock:
        account = cluster.writer.existing(route.kind, route.key)
        return cluster.tokens.request(account, request.object())


def _scale_of(kind: ResourceType, obj: Obj) -> Obj:
    meta = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    wanted = _get(obj, _path(kind, "specReplicasPath"))
    selector = _get(obj, _path(kind, "labelSelectorPath"))
    if kind.custom is None:
        selector = _selector_text(obj["spec"].get("selector"))
    return {
        **_SCALE_KIND,
        "metadata": {key: meta[key] for key in kept if key in meta},
        # Go leaves a zero out here, so whoever reads a scale has to know that none means 0.
        "spec": {"replicas": wanted} if wanted else {},
        "status": {
            "replicas": _get(obj, _path(kind, "statusReplicasPath")) or 0,
            **({"selector": selector} if selector else {}),
        },
    }


def _path(kind: ResourceType, name: str) -> list[str]:
    declared = (kind.custom or {}).get("subresources", {}).get("scale", {})
    path: str = declared.get(name, _PATHS[name])
    return path.lstrip(".").split(".")


def _get(obj: Obj, path: list[str]) -> Json:
    return dig(obj, *path)


def _put(obj: Obj, path: list[str], value: Json) -> None:
    for key in path[:-1]:
        obj = obj.setdefault(key, {})
    obj[path[-1]] = value


def _selector_text(selector: Obj | None) -> str:
    """A label selector in its string form."""
    selector = selector or {}
    labels = selector.get("matchLabels")
    if labels is None and "matchExpressions" not in selector:
        labels = selector  # a replication controller's selector is a plain map
    terms = [f"{key}={value}" for key, value in sorted((labels or {}).items())]
    for item in selector.get("matchExpressions") or ():
        values = ",".join(sorted(item.get("values") or ()))
        terms.append(
            {
                "In": f"{item['key']} in ({values})",
                "NotIn": f"{item['key']} notin ({values})",
                "Exists": item["key"],
                "DoesNotExist": f"!{item['key']}",
            }[item["operator"]]
        )
    return ",".join(terms)
