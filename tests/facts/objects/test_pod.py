from __future__ import annotations

from decimal import Decimal

from sopctl.facts.objects import pod
from sopctl.facts.objects.pod import requests


def asking(cpu, **fields):
    return {"resources": {"requests": {"cpu": cpu}}, **fields}


def test_containers_are_asked_for_together():
    assert requests({"containers": [asking("1"), asking("500m")]})["cpu"] == Decimal("1.5")


def test_the_largest_init_container_counts_only_if_it_is_larger():
    spec = {"containers": [asking("1")], "initContainers": [asking("3"), asking("2")]}
    assert requests(spec)["cpu"] == 3
    assert requests({**spec, "containers": [asking("4")]})["cpu"] == 4


def test_sidecars_run_beside_the_containers():
    spec = {"containers": [asking("1")], "initContainers": [asking("1", restartPolicy="Always")]}
    assert requests(spec)["cpu"] == 2


def test_overhead_comes_on_top_and_every_pod_is_one():
    spec = {"containers": [asking("1")], "overhead": {"cpu": "250m"}}
    assert requests(spec) == {"cpu": Decimal("1.25"), "pods": 1}


def pending(message, **spec):
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
    }
    return {
        "metadata": {"name": "p", "namespace": "shop", "uid": "u"},
        "spec": {"containers": [], **spec},
        "status": {"phase": "Pending", "conditions": [condition]},
    }


SPREAD = "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints."


def test_a_pod_is_blocked_if_the_scheduler_names_a_spread_constraint():
    assert pod.read(pending(SPREAD)).blocked
    assert not pod.read(pending("0/3 nodes are available: 3 Insufficient cpu.")).blocked


def test_a_pod_that_was_placed_is_not_blocked_whatever_was_said_before():
    assert not pod.read(pending(SPREAD, nodeName="n")).blocked


def test_a_pod_without_status_is_pending_and_owned_by_nobody():
    seen = pod.read({"metadata": {"name": "p", "namespace": "shop"}, "spec": {"containers": []}})
    assert (seen.phase, seen.owner, seen.ready, seen.node) == ("Pending", None, False, "")
