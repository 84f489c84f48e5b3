"""Reviews: questions posted to the server, answered and not stored."""

from __future__ import annotations

from http import HTTPStatus

from sopctl.sandbox.k8s.authorize import Attributes, allowed, rules_of
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import method_not_allowed
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.request import Request, Response, Route, User, answer

KINDS = frozenset(
    {
        "LocalSubjectAccessReview",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
        "TokenReview",
    }
)


def respond(cluster: Cluster, request: Request, route: Route) -> Response:
    """The review with its status filled in."""
    if request.method != "POST" or route.name:
        raise method_not_allowed()
    body = request.object()
    with cluster.lock:
        status = _status(cluster, request.user, route, body.get("spec") or {})
    kind = route.kind
    review = {
        "kind": kind.kind,
        "apiVersion": kind.api_version,
        "metadata": {},
        "spec": body.get("spec") or {},
        "status": status,
    }
    if kind.kind == "SelfSubjectReview":
        del review["spec"]
    return answer(review, HTTPStatus.CREATED)


def _status(cluster: Cluster, user: User, route: Route, spec: Obj) -> Obj:
    match route.kind.kind:
        case "SelfSubjectReview":
            return {"userInfo": {"username": user.name, "groups": list(user.groups)}}
        case "SelfSubjectRulesReview":
            rules = list(rules_of(cluster.store, user, spec.get("namespace", "")))
            return {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}
        case "TokenReview":
            return {"authenticated": False, "user": {}}
        case "SelfSubjectAccessReview":
            return _access(cluster, user, spec)
        case _:
            asked = User(name=spec.get("user", ""), groups=tuple(spec.get("groups") or ()))
            return _access(cluster, asked, spec)


def _access(cluster: Cluster, user: User, spec: Obj) -> Obj:
    asked = spec.get("resourceAttributes")
    if asked is None:
        # The API's own pages are open to whoever got this far.
        return {"allowed": True, "reason": "non-resource path"}
    names = ("verb", "group", "resource", "subresource", "namespace", "name")
    wanted = Attributes(**{name: asked.get(name, "") for name in names})
    if allowed(cluster.store, user, wanted):
        return {"allowed": True, "reason": "RBAC: allowed"}
    return {"allowed": False}
