from __future__ import annotations

import pytest

from sopctl.providers.pacing import Pace
from tests.local import START, Watch


def test_a_burst_is_free_and_then_the_rate_holds() -> None:
    watch = Watch()
    pace = Pace(5.0, 3, watch)
    for _ in range(3):
        pace.take()
    assert watch.moment == START
    for _ in range(10):
        pace.take()
    assert (watch.moment - START).total_seconds() == pytest.approx(2.0)


def test_unused_tokens_are_kept_up_to_the_burst_only() -> None:
    watch = Watch()
    pace = Pace(5.0, 3, watch)
    pace.take()
    watch.sleep(60)
    idle = watch.moment
    for _ in range(4):
        pace.take()
    assert (watch.moment - idle).total_seconds() == pytest.approx(0.2)
