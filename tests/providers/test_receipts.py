from __future__ import annotations

import pytest

from sopctl.core.action import ReceiptKind
from sopctl.core.errors import (
    ConflictError,
    FencedError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProviderError,
    RefusedError,
    SopError,
    TemporaryError,
    UnreachableError,
    WrongTargetError,
)
from sopctl.providers.answers import (
    AnsweredError,
    DisruptionBudgetError,
    LostReplyError,
    PacedError,
)
from sopctl.providers.receipts import ASK_AGAIN, receipt


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConflictError("x"), ReceiptKind.CONFLICT),
        (OutcomeUnknownError("x"), ReceiptKind.UNKNOWN),
        (LostReplyError("x"), ReceiptKind.UNKNOWN),
        (TemporaryError("x"), ReceiptKind.NOT_YET),
        (PacedError("x"), ReceiptKind.NOT_YET),
        (UnreachableError("x"), ReceiptKind.NOT_YET),
        (DisruptionBudgetError("x", status=429), ReceiptKind.NOT_YET),
        (PermissionDeniedError("x"), ReceiptKind.REJECTED),
        (NotFoundError("x"), ReceiptKind.REJECTED),
        (AnsweredError("x", status=422), ReceiptKind.REJECTED),
        (ProviderError("x"), ReceiptKind.REJECTED),
    ],
)
def test_every_error_about_a_change_has_its_receipt(error: SopError, kind: ReceiptKind) -> None:
    made = receipt(error)
    assert made.kind is kind
    assert made.why == "x"


@pytest.mark.parametrize("error", [FencedError("x"), WrongTargetError("x"), RefusedError("x")])
def test_what_is_about_the_whole_process_is_raised_again(error: SopError) -> None:
    with pytest.raises(type(error)):
        receipt(error)


def test_when_to_ask_again_is_what_the_provider_said() -> None:
    paced = PacedError("x")
    paced.after = 7.0
    assert receipt(paced).after == 7.0
    assert receipt(UnreachableError("x")).after == ASK_AGAIN
    assert receipt(ConflictError("x")).after == 0.0


def test_request_ids_are_kept_even_when_the_reply_was_lost() -> None:
    assert receipt(LostReplyError("x", requests=("id",))).requests == ("id",)
    assert receipt(ConflictError("x", requests=("id",))).requests == ("id",)
