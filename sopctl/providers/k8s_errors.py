"""The one table from answers of a Kubernetes API server, and its silences, to our errors.

Sources: k8s.io/apimachinery/pkg/api/errors (NewGenericServerResponse);
pkg/registry/core/pod/storage/eviction.go; apiserver/pkg/endpoints/handlers/patch.go (a failed
JSON Patch ``test`` is a 422).
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import urllib3.exceptions as urllib3

from sopctl.core.errors import (
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    SopError,
    TemporaryError,
    UnreachableError,
)
from sopctl.providers.answers import (
    AnsweredError,
    DisruptionBudgetError,
    LostReplyError,
    PacedError,
    UnauthenticatedError,
)

PROVIDER = "kubernetes"
LOOK_FIRST = "Run `sopctl resume`: it looks first, then decides."
NOT_CONNECTED = (
    urllib3.NewConnectionError,  # refused, no route, no such name
    urllib3.ConnectTimeoutError,
    urllib3.ProxyError,
    urllib3.LocationValueError,
)
NOT_APPLICABLE = (
    "the server rejected our request due to an error in our request",
    "testing value",  # what aggregated API servers say
    "test failed",
)
# A 500 with such a message was given before anything was stored.
BEFORE_STORAGE = ("more than one PodDisruptionBudget", "failed calling webhook")


def silent(error: Exception, what: str, *, left: bool, mutating: bool, audit: str) -> SopError:
    """For a request without an answer; *left* says whether its bytes may have left us."""
    text = f"{what}: {_said(error)}"
    if not left or isinstance(error, NOT_CONNECTED):
        return UnreachableError(f"cannot reach the API server for {text}", provider=PROVIDER)
    if mutating:
        return LostReplyError(f"no answer to {text}", hint=LOOK_FIRST, requests=(audit,))
    return TemporaryError(f"no answer to {text}", provider=PROVIDER, requests=(audit,))


def _said(error: Exception) -> str:
    """An error in its own words; urllib3 hands on the cause of a broken connection beside it."""
    cause = error.args[-1] if isinstance(error, urllib3.ProtocolError) and error.args else error
    return str(cause).rstrip(".") or type(error).__name__


def answered(
    status: int, body: Mapping[str, Any], what: str, *, retry_after: str, mutating: bool, audit: str
) -> SopError:
    """For an answer with an error *status*; *body* is its metav1.Status, or empty."""
    reason = str(body.get("reason", ""))
    message = str(body.get("message", "")) or reason or f"HTTP {status}"
    summary = f"{what}: {message}".rstrip(".")
    requests = (audit,) if audit else ()
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _denied(status, summary)
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError(summary, provider=PROVIDER, requests=requests)
    if status == HTTPStatus.CONFLICT or (
        status == HTTPStatus.UNPROCESSABLE_ENTITY and (_test_failed(message) or _another(body))
    ):
        return ConflictError(summary, provider=PROVIDER, requests=requests)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _later(body, summary, retry_after, requests)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not _before_storage(message):
        if mutating:
            return LostReplyError(summary, hint=LOOK_FIRST, requests=requests)
        return TemporaryError(summary, provider=PROVIDER, requests=requests)
    return AnsweredError(
        summary, status=status, code=reason, body=body, provider=PROVIDER, requests=requests
    )


def _denied(status: int, summary: str) -> PermissionDeniedError:
    if status == HTTPStatus.UNAUTHORIZED:
        return UnauthenticatedError(
            summary, hint="Renew the cluster credentials, then `sopctl resume`."
        )
    return PermissionDeniedError(
        summary,
        hint="Ask for that permission; docs/reference/actions.md lists what each action needs.",
    )


def _test_failed(message: str) -> bool:
    """A JSON Patch that does not apply: the API server says neither which operation nor why."""
    return any(words in message for words in NOT_APPLICABLE)


def _another(body: Mapping[str, Any]) -> bool:
    """A merge patch that names the uid of an earlier object: the one of now may not take it.

    Source: apimachinery/pkg/api/validation/objectmeta.go, ValidateObjectMetaAccessorUpdate.
    """
    causes = (body.get("details") or {}).get("causes") or ()
    return any(cause.get("field") == "metadata.uid" for cause in causes)


def _before_storage(message: str) -> bool:
    return any(words in message for words in BEFORE_STORAGE)


def _later(
    body: Mapping[str, Any], summary: str, retry_after: str, requests: tuple[str, ...]
) -> SopError:
    details = body.get("details") or {}
    causes = {str(cause.get("reason", "")) for cause in details.get("causes") or ()}
    after = _seconds(retry_after) or _seconds(str(details.get("retryAfterSeconds", "")))
    if "DisruptionBudget" in causes:
        budget = DisruptionBudgetError(
            summary,
            status=HTTPStatus.TOO_MANY_REQUESTS,
            code="DisruptionBudget",
            body=body,
            provider=PROVIDER,
            requests=requests,
        )
        budget.after = after or budget.after
        return budget
    paced = PacedError(summary, provider=PROVIDER, requests=requests)
    paced.after = after or paced.after
    return paced


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0.0
