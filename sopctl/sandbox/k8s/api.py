"""The API as a function: a request in, a response out, no sockets."""

from __future__ import annotations

from collections.abc import Callable

from sopctl.sandbox.k8s import discovery, reading, writing
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import ApiError, method_not_allowed
from sopctl.sandbox.k8s.request import Request, Response, Route, answer, refusal, route

_HEALTH = frozenset({"/healthz", "/livez", "/readyz"})


class Api:
    """The HTTP API of a cluster; `stopped` ends watches when it becomes true."""

    def __init__(self, cluster: Cluster, stopped: Callable[[], bool] = lambda: False) -> None:
        self._cluster = cluster
        self._stopped = stopped

    def handle(self, request: Request) -> Response:
        """The answer to a request; refusals are answers too."""
        try:
            return self._respond(request)
        except ApiError as error:
            return refusal(error)

    def _respond(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        if path in _HEALTH:
            return Response(body=b"ok", content_type="text/plain")
        if path == "/version":
            return answer(discovery.version(self._cluster.version))
        if request.method == "GET":
            with self._cluster.lock:
                found = discovery.respond(request, self._cluster.registry)
            if found is not None:
                return found
        with self._cluster.lock:
            target = route(path, self._cluster.registry)
        if request.method == "GET":
            return self._read(request, target)
        return writing.respond(self._cluster, request, target)

    def _read(self, request: Request, target: Route) -> Response:
        if "get" not in target.kind.verbs:
            raise method_not_allowed()
        if target.name and not request.watch:
            return reading.get(self._cluster, request, target)
        return reading.collection(self._cluster, request, target, self._stopped)
