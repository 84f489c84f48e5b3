"""What has another shape than it is read in becomes an error of ours."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sopctl.core.errors import NotFoundError, ProviderError
from sopctl.core.shape import readable


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda: {}["metadata"], "there is no 'metadata'"),
        (lambda: "x".get("y"), "something has another type"),
        (lambda: int("3[/red]"), "invalid literal"),
        (lambda: Decimal("much"), "something has another type"),
        (lambda: next(iter(())), "something has another type"),
    ],
    ids=["missing", "another type", "no whole number", "no number", "not there"],
)
def test_it_says_what_cannot_be_read_and_why(read, said):
    with pytest.raises(ProviderError, match=r"the object a/b cannot be read") as caught:  # noqa: SIM117
        with readable("the object a/b"):
            read()
    assert said in caught.value.summary
    assert caught.value.hint


def test_errors_of_ours_pass():
    with pytest.raises(NotFoundError), readable("x"):
        raise NotFoundError("it is not there")
