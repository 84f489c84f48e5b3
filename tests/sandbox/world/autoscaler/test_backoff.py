"""cluster-autoscaler/utils/backoff/exponential_backoff.go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sopctl.sandbox.world.autoscaler.backoff import Backoff

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def test_a_failed_group_rests_five_minutes_then_twice_as_long_up_to_thirty():
    backoff = Backoff()
    at, waits = 0.0, []
    for _ in range(5):
        backoff.fail("web", minutes(at), "timeout", "late")
        failure = backoff.current("web", minutes(at))
        waits.append(failure.period.total_seconds() / 60)
        at += waits[-1] + 1

    assert waits == [5, 10, 20, 30, 30]


def test_failures_at_the_same_time_do_not_add_up():
    backoff = Backoff()
    backoff.fail("web", NOW, "timeout", "late")
    backoff.fail("web", minutes(1), "timeout", "late")

    assert backoff.current("web", minutes(5.9)) is not None
    assert backoff.current("web", minutes(6)) is None


def test_a_failure_is_forgotten_after_three_hours_or_a_success():
    backoff = Backoff()
    backoff.fail("web", NOW, "timeout", "late")
    backoff.fail("web", minutes(181), "timeout", "late")
    assert backoff.current("web", minutes(186.5)) is None

    backoff.fail("web", minutes(200), "timeout", "late")
    backoff.succeed("web")
    assert backoff.current("web", minutes(200)) is None
    backoff.fail("web", minutes(201), "timeout", "late")
    assert backoff.current("web", minutes(206.5)) is None


def test_a_group_that_never_failed_does_not_rest():
    assert Backoff().current("web", NOW) is None
