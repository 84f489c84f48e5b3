from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sopctl.facts.autoscaler_status import UPDATED, GroupStatus, late, parse, parse_time

YAML = """
time: 2026-11-21 03:00:00.5 +0000 UTC
autoscalerStatus: Running
clusterWide:
  health: {status: Healthy}
nodeGroups:
- name: web-a
  health: {status: Healthy, cloudProviderTarget: 2, minSize: 1, maxSize: 10}
  scaleUp: {status: Backoff}
- name: web-b
"""
# As Cluster Autoscaler 1.29 writes it.
TEXT = """Cluster-autoscaler status at 2026-11-21 03:00:00.123456789 +0000 UTC:
Cluster-wide:
  Health:      Healthy (ready=4 unready=0 (resourceUnready=0) notStarted=0 longNotStarted=0)
               LastProbeTime:      2026-11-21 03:00:00 +0000 UTC m=+1
  ScaleUp:     NoActivity (ready=4 registered=4)

NodeGroups:
  Name:        web-a
  Health:      Healthy (ready=2 unready=0 cloudProviderTarget=2 (minSize=1, maxSize=10))
  ScaleUp:     NoActivity (ready=2 cloudProviderTarget=2)

  Name:        web-b
  Health:      Healthy (ready=2 cloudProviderTarget=3 (minSize=0, maxSize=5))

"""


def config_map(status: str, updated: str = "2026-11-21 03:00:00.123456789 +0000 UTC") -> dict:
    return {"metadata": {"annotations": {UPDATED: updated}}, "data": {"status": status}}


@pytest.mark.parametrize("text", [YAML, TEXT])
def test_both_formats_name_the_groups_and_their_sizes(text: str) -> None:
    found = parse(config_map(text)).groups
    assert set(found) == {"web-a", "web-b"}
    assert (found["web-a"].target, found["web-a"].min, found["web-a"].max) == (2, 1, 10)


def test_what_a_group_does_not_say_is_not_invented() -> None:
    assert parse(config_map(YAML)).groups["web-b"] == GroupStatus(name="web-b")
    assert parse(config_map(YAML)).groups["web-a"].scale_up == "Backoff"
    assert parse(config_map(TEXT)).groups["web-b"].max == 5


@pytest.mark.parametrize("text", ["", "nodeGroups:", "a: [", "- x", "Initializing"])
def test_a_status_that_is_not_complete_is_not_taken_for_one_without_groups(text: str) -> None:
    status = parse(config_map(text))
    assert not status.running
    assert "only just started" in late(status, datetime(2026, 11, 21, 2, tzinfo=UTC))


@pytest.mark.parametrize("text", ["Cluster-wide:\n", "autoscalerStatus: Running"])
def test_an_autoscaler_may_know_no_group_at_all(text: str) -> None:
    status = parse(config_map(text))
    assert (status.running, status.groups) == (True, {})
    assert late(status, datetime(2026, 11, 21, 2, tzinfo=UTC)) == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (
            "2026-11-21 03:00:00.123456789 +0000 UTC",
            datetime(2026, 11, 21, 3, 0, 0, 123456, tzinfo=UTC),
        ),
        ("2026-11-21 03:00:00 +0000 UTC", datetime(2026, 11, 21, 3, tzinfo=UTC)),
        ("2026-11-21 05:30:00.5 +0230 X", datetime(2026, 11, 21, 3, 0, 0, 500000, tzinfo=UTC)),
        ("2026-11-20 22:00:00 -0500 EST", datetime(2026, 11, 21, 3, tzinfo=UTC)),
        (
            "2026-11-21 03:00:00.5 +0000 UTC m=+12.5",
            datetime(2026, 11, 21, 3, 0, 0, 500000, tzinfo=UTC),
        ),
        ("", None),
        ("yesterday", None),
    ],
)
def test_go_times_are_read(text: str, moment: datetime | None) -> None:
    assert parse_time(text) == moment


def test_a_status_without_a_time_has_none() -> None:
    assert parse({"metadata": {}, "data": {"status": YAML}}).updated is None
