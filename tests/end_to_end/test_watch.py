"""A mitigation that is kept alive: a node that joins the failed zone later is cordoned too."""

from __future__ import annotations

import time

from tests.end_to_end.driver import PATHS, ZONE

ZONE_LABEL = "topology.kubernetes.io/zone"


def nodes_of(outside, zone):
    found = outside.get(PATHS["nodes"])["items"]
    return {n["metadata"]["name"]: n for n in found if n["metadata"]["labels"][ZONE_LABEL] == zone}


def test_a_node_that_joins_later_is_served_in_the_same_run_and_given_back_with_it(sopctl, outside):
    sopctl.run("prepare")
    sopctl.run("az-failure", "--zone", ZONE)
    before = nodes_of(outside, ZONE)
    group = outside.groups()["web-od-a"]
    outside.autoscaling.set_desired_capacity(
        AutoScalingGroupName="web-od-a", DesiredCapacity=group["DesiredCapacity"] + 1
    )
    for _ in range(100):
        fresh = nodes_of(outside, ZONE).keys() - before.keys()
        if fresh:
            break
        time.sleep(0.3)
    (newcomer,) = fresh

    said = sopctl("watch", "--once", "--target", "sandbox")

    assert "2 new resources" in said
    assert nodes_of(outside, ZONE)[newcomer]["spec"].get("unschedulable") is True
    assert "in place" in sopctl("watch", "--once", "--target", "sandbox")

    sopctl.roll_back("--latest", "az-failure")
    spec = nodes_of(outside, ZONE)[newcomer]["spec"]
    assert not spec.get("unschedulable")


def test_a_run_at_its_gate_is_rolled_back_in_stages(sopctl, outside):
    sopctl.run("prepare")
    sopctl.run("az-failure", "--zone", ZONE, "--evacuate", code=23)
    outside.ask("POST", "/fail-zone", {"zone": ZONE})

    said = sopctl.roll_back("--latest", "az-failure", code=21, timeout=200)

    assert "zone-is-back" in said
    assert all(n["spec"].get("unschedulable") for n in nodes_of(outside, ZONE).values())
