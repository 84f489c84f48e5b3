"""Cases of kubernetes/pkg/controller/podautoscaler/replica_calculator_test.go, by its names."""

from __future__ import annotations

import pytest

from sopctl.sandbox.world.controllers.replica_count import Count, count, proposal


@pytest.mark.parametrize(
    ("name", "current", "pods", "usage", "goal", "wanted"),
    [
        ("scale up", 3, Count(ready=3, unready=0, missing=0), 50, 30, 5),
        ("scale down", 5, Count(ready=5, unready=0, missing=0), 28, 50, 3),
        ("tolerance", 3, Count(ready=3, unready=0, missing=0), 102, 100, 3),
        ("no metrics at all", 3, Count(ready=0, unready=0, missing=3), 0, 50, 3),
        # TestReplicaCalcScaleUpUnreadyLessScale: an unready pod counts as idle when growing.
        ("unready, less scale-up", 3, Count(ready=2, unready=1, missing=0), 60, 30, 4),
        # TestReplicaCalcMissingMetrics: missing pods are idle when growing ...
        ("missing, no growth", 2, Count(ready=1, unready=0, missing=1), 100, 50, 2),
        ("missing, less growth", 3, Count(ready=2, unready=0, missing=1), 100, 50, 4),
        # ... and busy when shrinking: a dead zone does not make the rest shrink.
        ("missing, no shrinking", 6, Count(ready=4, unready=0, missing=2), 30, 60, 6),
        ("missing, against the first sign", 3, Count(ready=2, unready=0, missing=1), 45, 50, 3),
    ],
)
def test_replicas(name, current, pods, usage, goal, wanted):
    assert proposal(current, pods, usage, goal) == wanted


def test_pods_are_grouped_by_what_is_heard_of_them():
    def pod(phase: str = "Running", ready: str = "True", node: str = "here", **meta: str) -> dict:
        status = {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]}
        return {"metadata": meta, "spec": {"nodeName": node}, "status": status}

    found = [
        pod(),
        pod(ready="False"),
        pod("Pending", "False"),
        pod(node="dead", ready="False"),
        pod("Failed"),
        pod(deletionTimestamp="2026-11-01T03:00:00Z"),
    ]
    assert count(found, lambda node: node != "dead") == Count(ready=1, unready=2, missing=1)
