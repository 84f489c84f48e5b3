"""The refusals of the API, each with the status, reason and message of the real server.

Wording and codes: k8s.io/apimachinery/pkg/api/errors/errors.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from sopctl.sandbox.k8s.objects import Obj


class ApiError(Exception):
    """A refusal; `body` is the metav1.Status that a client sees."""

    def __init__(
        self, status: int, reason: str, message: str, *, details: Obj | None = None
    ) -> None:
        super().__init__(message)
        self.status = int(status)
        self.reason = reason
        self.message = message
        self.details = details if details is not None else {}
        self.metadata: Obj = {}
        # Some refusals carry details even when there are none to give (a pointer in Go).
        self._detailed = details is not None

    @property
    def body(self) -> Obj:
        """The answer as a metav1.Status."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
            **({"reason": self.reason} if self.reason else {}),
            **({"details": self.details} if self._detailed or self.details else {}),
            "code": self.status,
        }


class NotServedError(ApiError):
    """A refusal in words: 404 from the end of the chain of servers, which knows no kinds."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, "NotFound", "404 page not found")


def _about(resource: str, name: str) -> Obj:
    plural, _, group = resource.partition(".")
    named = {"name": name} if name else {}
    return {**named, **({"group": group} if group else {}), "kind": plural}


def not_found(resource: str, name: str) -> ApiError:
    """404 for an object; `resource` is `plural` or `plural.group`."""
    return ApiError(
        HTTPStatus.NOT_FOUND,
        "NotFound",
        f'{resource} "{name}" not found',
        details=_about(resource, name),
    )


def no_such_path() -> ApiError:
    """404 for a path that no resource is served at."""
    text = "the server could not find the requested resource"
    return ApiError(HTTPStatus.NOT_FOUND, "NotFound", text, details={})


def method_not_allowed() -> ApiError:
    """405 for a verb that the resource does not have."""
    return ApiError(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        details={},
    )


def already_exists(resource: str, name: str) -> ApiError:
    """409 for a create of what exists."""
    return ApiError(
        HTTPStatus.CONFLICT,
        "AlreadyExists",
        f'{resource} "{name}" already exists',
        details=_about(resource, name),
    )


def conflict(resource: str, name: str, why: str) -> ApiError:
    """409 for a write that assumed another state."""
    return ApiError(
        HTTPStatus.CONFLICT,
        "Conflict",
        f'Operation cannot be fulfilled on {resource} "{name}": {why}',
        details=_about(resource, name),
    )


def stale(resource: str, name: str) -> ApiError:
    """409 for a resourceVersion that is no longer the current one."""
    why = "the object has been modified; please apply your changes to the latest version and "
    return conflict(resource, name, why + "try again")


def internal_error(message: str) -> ApiError:
    """500 without a reason: a plain Go error that nobody gave a status."""
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "", message)


def too_large(message: str) -> ApiError:
    """413 (errors.NewRequestEntityTooLargeError)."""
    text = f"Request entity too large: {message}"
    return ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", text)


def not_acceptable(accepted: Sequence[str]) -> ApiError:
    """406, with the media types that the server can answer in."""
    text = "only the following media types are accepted: " + ", ".join(accepted)
    return ApiError(HTTPStatus.NOT_ACCEPTABLE, "NotAcceptable", text)


def no_list_of_its_own(form: str, kind: str) -> ApiError:
    """406 for a list in a form that only single objects have."""
    text = f"you requested {form}, but the requested object is a list (*{kind}List)"
    return ApiError(HTTPStatus.NOT_ACCEPTABLE, "NotAcceptable", text)


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(HTTPStatus.BAD_REQUEST, "BadRequest", message)


def forbidden(resource: str, name: str, why: str) -> ApiError:
    """403."""
    subject = f'{resource} "{name}"' if name else resource
    return ApiError(
        HTTPStatus.FORBIDDEN,
        "Forbidden",
        f"{subject} is forbidden: {why}",
        details=_about(resource, name),
    )


def nameless() -> ApiError:
    """400 for a change to a collection, where only an object can be changed."""
    return bad_request("name must be provided")


def unsupported_media(accepted: Sequence[str]) -> ApiError:
    """415, with the media types that would have been accepted."""
    message = "the body of the request was in an unknown format - accepted media types include: "
    return ApiError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message + ", ".join(accepted)
    )


def unappliable_patch() -> ApiError:
    """422 for a JSON patch whose `test` failed or whose path is missing.

    The server tells neither which operation failed nor why: `details` is empty
    (apiserver/pkg/endpoints/handlers/patch.go, NewGenericServerResponse without a resource).
    """
    return ApiError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Invalid",
        "the server rejected our request due to an error in our request",
        details={},
    )


def expired(message: str) -> ApiError:
    """410 for a resourceVersion or continue token that is too old."""
    return ApiError(HTTPStatus.GONE, "Expired", message)


def continue_expired(token: str) -> ApiError:
    """410 for a continue token whose revision is forgotten, with one for the present state.

    Source: k8s.io/apiserver pkg/storage/etcd3/errors.go, handleExpiredTokenError.
    """
    error = expired(
        "The provided continue parameter is too old to display a consistent list result. You can "
        "start a new list without the continue parameter, or use the continue token in this "
        "response to retrieve the remainder of the results. Continuing with the provided token "
        "results in an inconsistent list - objects that were created, modified, or deleted between "
        "the time the first chunk was returned and now may show up in the list."
    )
    error.metadata = {"continue": token}
    return error


def too_large_version(wanted: int, current: int) -> ApiError:
    """504 for a read of a revision that is still to come (pkg/storage/errors.go)."""
    reason = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return ApiError(
        HTTPStatus.GATEWAY_TIMEOUT,
        "Timeout",
        f"Timeout: Too large resource version: {wanted}, current: {current}",
        details={"causes": [reason], "retryAfterSeconds": 1},
    )


def too_many_requests(
    message: str, *, causes: Sequence[Obj] = (), retry_after: int = 0
) -> ApiError:
    """429, as the eviction API answers it."""
    details: Obj = {"causes": list(causes)} if causes else {}
    if retry_after:
        details["retryAfterSeconds"] = retry_after
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", message, details=details)


def cause(reason: str, field: str, message: str) -> Obj:
    """One entry of `details.causes`."""
    return {"reason": reason, "message": message, "field": field}


def invalid(kind: str, group: str, name: str, causes: Sequence[Obj]) -> ApiError:
    """422 with one cause per broken field; the message lists them all."""
    texts = [f"{item['field']}: {item['message']}" for item in causes]
    body = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    qualified = f"{kind}.{group}" if group else kind
    return ApiError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Invalid",
        f'{qualified} "{name}" is invalid: {body}',
        details={
            **({"name": name} if name else {}),
            **({"group": group} if group else {}),
            **({"kind": kind} if kind else {}),
            "causes": list(causes),
        },
    )


def apply_conflict(conflicts: Sequence[tuple[str, str]]) -> ApiError:
    """409 of server-side apply, from (owner as text, field path) pairs."""
    by_owner: dict[str, list[str]] = {}
    for owner, path in conflicts:
        by_owner.setdefault(owner, []).append(path)
    texts = [
        f"conflict with {owner}: {paths[0]}"
        if len(paths) == 1
        else f"conflicts with {owner}:" + "".join(f"\n- {path}" for path in paths)
        for owner, paths in by_owner.items()
    ]
    count = f"{len(conflicts)} conflict{'s' if len(conflicts) > 1 else ''}"
    return ApiError(
        HTTPStatus.CONFLICT,
        "Conflict",
        f"Apply failed with {count}: " + "\n".join(texts),
        details={
            "causes": [
                cause("FieldManagerConflict", path, f"conflict with {owner}")
                for owner, path in conflicts
            ]
        },
    )
