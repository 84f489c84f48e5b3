"""Reviews: questions posted to the server, answered and not stored."""

from __future__ import annotations

from http import HTTPStatus

from sopctl.sandbox.k8s.authorize import Attributes, rules_of, why_allowed
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import bad_request, cause, invalid, method_not_allowed
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.request import Request, Response, Route, User, answer
from sopctl.sandbox.k8s.tokens import ISSUER

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
    body = request.object(route.kind.kind)
    _require_question(route.kind.kind, body.get("spec") or {})
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


def _require_question(kind: str, spec: Obj) -> None:
    """pkg/apis/authorization/validation/validation.go, and the review of rules' own refusal."""
    if kind == "SelfSubjectRulesReview" and not spec.get("namespace"):
        raise bad_request("no namespace on request")
    if not kind.endswith("AccessReview"):
        return
    resource, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is None and other is None:
        text = 'Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes '
        wrong = cause("FieldValueInvalid", "spec.resourceAttributes", f"{text}must be specified")
    elif resource is not None and other is not None:
        text = f"Invalid value: {other}: cannot be specified in combination with resourceAttributes"
        wrong = cause("FieldValueInvalid", "spec.nonResourceAttributes", text)
    else:
        return
    raise invalid("", "authorization.k8s.io", "", [wrong])


def _status(cluster: Cluster, user: User, route: Route, spec: Obj) -> Obj:
    match route.kind.kind:
        case "SelfSubjectReview":
            return {"userInfo": {"username": user.name, "groups": list(user.groups)}}
        case "SelfSubjectRulesReview":
            rules = list(rules_of(cluster.store, user, spec.get("namespace", "")))
            return {
                "resourceRules": [rule for rule in rules if "resources" in rule],
                "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
                "incomplete": False,
            }
        case "TokenReview":
            return _token(cluster, spec)
        case "SelfSubjectAccessReview":
            return _access(cluster, user, spec)
        case _:
            asked = User(name=spec.get("user", ""), groups=tuple(spec.get("groups") or ()))
            return _access(cluster, asked, spec)


def _access(cluster: Cluster, user: User, spec: Obj) -> Obj:
    asked = spec.get("resourceAttributes")
    names = ["verb", "group", "resource", "subresource", "namespace", "name"]
    if asked is None:
        asked, names = spec.get("nonResourceAttributes") or {}, ["verb", "path"]
    wanted = Attributes(**{"verb": "", **{name: asked.get(name, "") for name in names}})
    reason = why_allowed(cluster.store, user, wanted)
    if reason is None:
        return {"allowed": False}
    return {"allowed": True, **({"reason": reason} if reason else {})}


def _token(cluster: Cluster, spec: Obj) -> Obj:
    """Whose token it is, as far as it is a service account's."""
    user = cluster.tokens.user_of(spec.get("token") or "")
    if user is None:
        return {"user": {}, "error": "[invalid bearer token, Token has been invalidated]"}
    found = {"username": user.name, "groups": list(user.groups)}
    return {"authenticated": True, "user": found, "audiences": [ISSUER]}
