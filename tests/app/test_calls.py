"""What was asked of the providers."""

from __future__ import annotations

import pytest

from sopctl.app.calls import CallLog, _chain
from sopctl.providers.limits import CallNote


@pytest.mark.parametrize(
    ("spans", "length"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (0, 1), (0.5, 1.5)], 1),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 10), (1, 2), (3, 4)], 2),
    ],
)
def test_the_chain_is_what_no_concurrency_could_have_saved(spans, length):
    assert _chain(spans) == length


def test_calls_are_counted_by_provider():
    log = CallLog()
    log.note(CallNote(provider="aws", operation="a.b", mutating=True, seconds=0.1))
    log.note(CallNote(provider="aws", operation="a.c", mutating=False, error="NotFoundError"))
    log.note(CallNote(provider="kubernetes", operation="GET /", mutating=False))

    stats = log.stats()

    assert stats.calls == {"aws": 2, "kubernetes": 1}
    assert (stats.mutating, stats.failed) == (1, 1)
