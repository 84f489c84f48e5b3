"""The API as a function: a request in, a response out, no sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from sopctl.sandbox.k8s import (
    decoding,
    discovery,
    eviction,
    openapi,
    reading,
    reviews,
    subresources,
)
from sopctl.sandbox.k8s.authorize import Attributes, allowed
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import ApiError, forbidden, method_not_allowed
from sopctl.sandbox.k8s.impersonate import impersonated
from sopctl.sandbox.k8s.request import Request, Response, Route, answer, refusal, route
from sopctl.sandbox.k8s.verbs import writing

_YAML = "application/yaml"
_HEALTH = frozenset({"/healthz", "/livez", "/readyz"})
_SPECIAL: Mapping[str, Callable[[Cluster, Request, Route], Response]] = {
    "binding": subresources.bind,
    "eviction": eviction.evict,
    "scale": subresources.scale,
    "token": subresources.token,
}


class Api:
    """The HTTP API of a cluster; `stopped` ends watches when it becomes true."""

    def __init__(self, cluster: Cluster, stopped: Callable[[], bool] = lambda: False) -> None:
        self._cluster = cluster
        self._stopped = stopped

    def handle(self, request: Request) -> Response:
        """The answer to a request; refusals are answers too."""
        try:
            response = self._respond(request)
        except ApiError as error:
            response = refusal(error)
        return _spoken(request, response).with_headers(*request.remarks.headers())

    def _respond(self, request: Request) -> Response:
        with self._cluster.lock:
            request = impersonated(self._cluster.store, request)
        path = request.path.rstrip("/")
        if path in _HEALTH:
            return Response(body=b"ok", content_type="text/plain")
        if path == "/version":
            return answer(discovery.version(self._cluster.version))
        if request.method == "GET":
            with self._cluster.lock:
                registry = self._cluster.registry
                found = discovery.respond(request, registry) or openapi.respond(request, registry)
            if found is not None:
                return found
        with self._cluster.lock:
            target = route(path, self._cluster.registry)
            self._authorize(request, target)
        if target.kind.kind in reviews.KINDS:
            return reviews.respond(self._cluster, request, target)
        if target.subresource and _verb(request, target) not in _verbs(target):
            raise method_not_allowed()
        special = _SPECIAL.get(target.subresource)
        if special is not None:
            return special(self._cluster, request, target)
        if request.method == "GET":
            return self._read(request, target)
        return writing.respond(self._cluster, request, target)

    def _read(self, request: Request, target: Route) -> Response:
        if "get" not in target.kind.verbs:
            raise method_not_allowed()
        if target.name and not request.watch:
            return reading.get(self._cluster, request, target)
        return reading.collection(self._cluster, request, target, self._stopped)

    def _authorize(self, request: Request, target: Route) -> None:
        wanted = Attributes(
            verb=_verb(request, target),
            group=target.kind.group,
            resource=target.kind.plural,
            subresource=target.subresource,
            namespace=target.namespace,
            name=target.name,
        )
        if allowed(self._cluster.store, request.user, wanted):
            return
        where = f'in the namespace "{target.namespace}"' if target.namespace else ""
        subject = f"{target.kind.plural}/{target.subresource}".rstrip("/")
        raise forbidden(
            target.kind.resource,
            target.name,
            f'User "{request.user.name}" cannot {wanted.verb} resource "{subject}" in API group '
            f'"{target.kind.group}" {where or "at the cluster scope"}',
        )


def _spoken(request: Request, response: Response) -> Response:
    """The answer in YAML for whoever asks for that."""
    asked = request.headers.get("accept", "").partition(",")[0].partition(";")[0]
    if asked != _YAML or response.content_type != "application/json" or response.stream:
        return response
    body = decoding.as_yaml(json.loads(response.body))
    return replace(response, body=body, content_type=_YAML)


def _verbs(target: Route) -> tuple[str, ...]:
    return target.kind.subresources[target.subresource].verbs


def _verb(request: Request, target: Route) -> str:
    if request.method == "GET":
        if request.watch:
            return "watch"
        return "get" if target.name else "list"
    if request.method == "DELETE" and not target.name:
        return "deletecollection"
    verbs = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    return verbs.get(request.method, request.method.lower())
