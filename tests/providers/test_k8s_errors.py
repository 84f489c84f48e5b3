from __future__ import annotations

from typing import Any

import pytest
import urllib3.exceptions as urllib3

from sopctl.core.errors import (
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    SopError,
    TemporaryError,
)
from sopctl.providers.answers import (
    AnsweredError,
    DisruptionBudgetError,
    PacedError,
    UnauthenticatedError,
)
from sopctl.providers.k8s_errors import answered, silent

BUDGET = {
    "reason": "TooManyRequests",
    "message": "Cannot evict pod as it would violate the pod's disruption budget.",
    "details": {
        "causes": [
            {
                "reason": "DisruptionBudget",
                "message": "The disruption budget web needs 2 healthy pods and has 2 currently",
            }
        ]
    },
}
STILL = {**BUDGET, "details": {**BUDGET["details"], "retryAfterSeconds": 10}}  # type: ignore[dict-item]
ANOTHER = {
    "reason": "Invalid",
    "message": 'Node "n" is invalid: metadata.uid: Invalid value: "x": field is immutable',
    "details": {"causes": [{"reason": "FieldValueInvalid", "field": "metadata.uid"}]},
}
TWO_BUDGETS = {
    "reason": "InternalError",
    "message": "This pod has more than one PodDisruptionBudget, which the eviction subresource "
    "does not support.",
}
WEBHOOK = {
    "reason": "InternalError",
    "message": 'Internal error occurred: failed calling webhook "x": no endpoints available',
}
GENERIC = {"message": "the server rejected our request due to an error in our request"}
INVALID = {"reason": "Invalid", "message": 'ConfigMap "x" is invalid: metadata.name: Invalid value'}


def error(status: int, body: dict[str, Any], *, mutating: bool = True, after: str = "") -> SopError:
    return answered(status, body, "POST /x", retry_after=after, mutating=mutating, audit="audit-id")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {}, UnauthenticatedError),
        (403, {"message": "forbidden"}, PermissionDeniedError),
        (404, {}, NotFoundError),
        (409, {"reason": "AlreadyExists"}, ConflictError),
        (422, GENERIC, ConflictError),
        (422, INVALID, AnsweredError),
        (422, ANOTHER, ConflictError),
        (429, {}, PacedError),
        (429, BUDGET, DisruptionBudgetError),
        (500, {}, OutcomeUnknownError),
        (504, {"message": "Timeout: request did not complete"}, OutcomeUnknownError),
        (500, TWO_BUDGETS, AnsweredError),
        (500, WEBHOOK, AnsweredError),
    ],
)
def test_every_answer_to_a_write_has_its_meaning(
    status: int, body: dict[str, Any], kind: type[SopError]
) -> None:
    assert isinstance(error(status, body), kind)


def test_a_server_error_on_a_read_is_only_temporary() -> None:
    assert isinstance(error(500, {}, mutating=False), TemporaryError)


def test_a_budget_says_when_to_ask_again_and_keeps_its_cause() -> None:
    plain, processed = error(429, BUDGET), error(429, STILL)
    assert isinstance(plain, DisruptionBudgetError)
    assert isinstance(processed, DisruptionBudgetError)
    assert (plain.after, processed.after) == (5.0, 10.0)
    assert "needs 2 healthy pods" in plain.body["details"]["causes"][0]["message"]
    assert plain.requests == ("audit-id",)


def test_the_header_says_when_to_ask_again() -> None:
    paced = error(429, {}, after="7")
    assert isinstance(paced, PacedError)
    assert paced.after == 7.0


def test_a_summary_names_the_call_and_ends_without_a_full_stop() -> None:
    summary = error(429, BUDGET).summary
    assert summary.startswith("POST /x: Cannot evict pod")
    assert not summary.endswith(".")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            urllib3.ProtocolError(
                "Connection aborted.", ConnectionResetError(104, "reset by peer")
            ),
            "no answer to GET /nodes: [Errno 104] reset by peer",
        ),
        (urllib3.ProtocolError("cut short"), "no answer to GET /nodes: cut short"),
        (urllib3.ProtocolError(), "no answer to GET /nodes: ProtocolError"),
        (urllib3.HTTPError("it broke."), "no answer to GET /nodes: it broke"),
    ],
)
def test_a_broken_connection_is_told_by_its_cause_and_not_as_a_tuple(
    error: Exception, says: str
) -> None:
    told = silent(error, "GET /nodes", left=True, mutating=False, audit="")
    assert str(told) == says
