from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sopctl.core.errors import ConflictError, TemporaryError, ThrottledError, UnreachableError
from sopctl.providers.answers import PacedError
from sopctl.providers.limits import Limits
from sopctl.providers.retries import LONGEST_PAUSE, UNREACHABLE_ATTEMPTS, read_again
from tests.local import START, Watch

LIMITS = Limits(attempts=4, deadline=60.0)


def failing(*errors: Exception) -> tuple[Callable[[], str], Callable[[], int]]:
    left: Iterator[Exception] = iter(errors)
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        for error in left:
            raise error
        return "answer"

    return ask, lambda: len(asked)


def test_what_fails_for_the_time_being_is_asked_again() -> None:
    ask, count = failing(TemporaryError("a"), ThrottledError("b"))
    assert read_again(ask, clock=Watch(), limits=LIMITS) == "answer"
    assert count() == 3


def test_what_was_answered_is_not_asked_again() -> None:
    ask, count = failing(ConflictError("no"))
    with pytest.raises(ConflictError):
        read_again(ask, clock=Watch(), limits=LIMITS)
    assert count() == 1


def test_the_last_error_is_raised_after_all_attempts() -> None:
    ask, count = failing(*(TemporaryError(str(n)) for n in range(9)))
    with pytest.raises(TemporaryError, match="3"):
        read_again(ask, clock=Watch(), limits=LIMITS)
    assert count() == 4


def test_a_dead_end_is_tried_less_often_because_it_takes_long() -> None:
    ask, count = failing(*(UnreachableError(str(n)) for n in range(9)))
    with pytest.raises(UnreachableError):
        read_again(ask, clock=Watch(), limits=LIMITS)
    assert count() == UNREACHABLE_ATTEMPTS


def test_a_deadline_that_has_passed_ends_it() -> None:
    ask, count = failing(*(TemporaryError(str(n)) for n in range(9)))
    with pytest.raises(TemporaryError):
        read_again(ask, clock=Watch(), limits=replace(LIMITS, deadline=-1.0))
    assert count() == 1


@pytest.mark.parametrize(("said", "waited"), [(3.0, 3.0), (900.0, LONGEST_PAUSE)])
def test_it_waits_at_least_as_long_as_asked_but_not_for_ever(said: float, waited: float) -> None:
    paced = PacedError("later")
    paced.after = said
    watch = Watch()
    ask, _ = failing(paced)
    read_again(ask, clock=watch, limits=LIMITS)
    assert (watch.moment - START).total_seconds() >= waited
    assert (watch.moment - START).total_seconds() <= LONGEST_PAUSE
