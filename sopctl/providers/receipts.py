"""From our errors to receipts: one table for every action."""

from __future__ import annotations

from sopctl.core.action import Receipt, ReceiptKind
from sopctl.core.errors import (
    ConflictError,
    FencedError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProviderError,
    SopError,
    TemporaryError,
    UnreachableError,
)
from sopctl.providers.answers import (
    DisruptionBudgetError,
    LostReplyError,
    PacedError,
)

ASK_AGAIN = 5.0


def receipt(error: SopError) -> Receipt:
    """What *error*, the answer to one write, says about the change.

    Whatever speaks of the process or the target as a whole (a lost lease, a wrong identity, no
    credentials) is raised again: it is not about this change.
    """
    if isinstance(error, FencedError):
        raise error
    if isinstance(error, OutcomeUnknownError):
        ids = error.requests if isinstance(error, LostReplyError) else ()
        return Receipt(kind=ReceiptKind.UNKNOWN, why=error.summary, requests=ids)
    if isinstance(error, PermissionDeniedError):
        return Receipt(kind=ReceiptKind.REJECTED, why=error.summary)
    if not isinstance(error, ProviderError):
        raise error
    return Receipt(
        kind=_kind(error), why=error.summary, requests=error.requests, after=_after(error)
    )


def _kind(error: ProviderError) -> ReceiptKind:
    if isinstance(error, ConflictError):
        return ReceiptKind.CONFLICT
    if isinstance(error, TemporaryError | DisruptionBudgetError):
        return ReceiptKind.NOT_YET
    return ReceiptKind.REJECTED


def _after(error: ProviderError) -> float:
    if isinstance(error, PacedError | DisruptionBudgetError):
        return error.after
    if isinstance(error, UnreachableError):
        return ASK_AGAIN
    return 1.0 if isinstance(error, TemporaryError) else 0.0
