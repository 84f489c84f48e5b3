"""What providers answer beyond the errors of the core: status and body, ids, when to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sopctl.core.errors import (
    OutcomeUnknownError,
    PermissionDeniedError,
    ProviderError,
    ThrottledError,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a write returned, and the provider's own id of the call.

    *data* is as the API gave it: its shape is the API's, read it right away into a typed value.
    """

    data: Mapping[str, Any]
    request: str


class AnsweredError(ProviderError):
    """The provider answered with an error that has no class of its own.

    *status* is HTTP's; *code* is the API's word for it (an AWS error code, a Kubernetes reason);
    *body* is the whole answer. The call was not executed.
    """

    def __init__(
        self,
        summary: str,
        *,
        status: int,
        code: str = "",
        body: Mapping[str, Any] | None = None,
        provider: str = "",
        requests: tuple[str, ...] = (),
    ) -> None:
        super().__init__(summary, provider=provider, requests=requests)
        self.status = status
        self.code = code
        self.body = body if body is not None else {}


class DisruptionBudgetError(AnsweredError):
    """An eviction that a PodDisruptionBudget does not allow now; *after* seconds, ask again."""

    after: float = 5.0


class PacedError(ThrottledError):
    """Too many calls; the provider said to come back *after* so many seconds."""

    after: float = 1.0


class UnauthenticatedError(PermissionDeniedError):
    """The credentials are not (or no longer) good; nothing was executed. New ones may be."""


class LostReplyError(OutcomeUnknownError):
    """No usable answer to a write that may have been executed; *requests* are its ids, if known."""

    def __init__(self, summary: str, *, hint: str = "", requests: tuple[str, ...] = ()) -> None:
        super().__init__(summary, hint=hint)
        self.requests = requests
