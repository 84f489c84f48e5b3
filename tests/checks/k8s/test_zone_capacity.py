from __future__ import annotations

import pytest

from sopctl.checks.k8s.zone_capacity import CHECK, Params
from sopctl.sandbox.aws.front import FaultRule
from sopctl.sandbox.k8s.objects import clone
from tests.fakes.workloads import deployment, pod_spec, spread

ZONE = Params(zone="us-east-1a")
BARE = Params(zone="us-east-1a", growth=False)


@pytest.fixture
def loaded(stage):
    """Nine pods of one core over three zones of eight cores, three in each."""
    spec = pod_spec(cpu="1", topologySpreadConstraints=[spread("web")])
    stage.cluster.create("deployments", deployment("web", 9, spec))
    stage.run()
    return stage


def row(verdict, name):
    (found,) = (each for each in verdict.rows if each.startswith(f"{name}:"))
    return found


def test_what_fits_next_door_fits(loaded):
    verdict = CHECK.look(loaded.clients, BARE)
    assert verdict.holds
    assert row(verdict, "cpu") == "cpu: 3.0 needed, 10.0 free, 0.0 by growth: fits"
    assert row(verdict, "pods") == "pods: 3 needed, 226 free, 0 by growth: fits"


def test_what_does_not_fit_is_named_by_resource(stage):
    spec = pod_spec(cpu="2", topologySpreadConstraints=[spread("web")])
    stage.cluster.create("deployments", deployment("web", 9, spec))
    stage.run()
    verdict = CHECK.look(stage.clients, BARE)
    assert not verdict.holds
    assert verdict.detail == "the other zones lack cpu for what runs in us-east-1a"
    assert row(verdict, "cpu") == "cpu: 6.0 needed, 4.0 free, 0.0 by growth: does not fit"


def test_cordoned_nodes_offer_nothing(loaded):
    for name in ("b0", "b1", "c0", "c1"):
        loaded.cluster.patch("nodes", name, {"spec": {"unschedulable": True}})
    verdict = CHECK.look(loaded.clients, BARE)
    assert not verdict.holds
    assert "lack cpu, memory, pods for" in verdict.detail


def test_nodes_that_do_not_answer_offer_nothing(loaded):
    for name in ("b0", "b1", "c0", "c1"):
        node = loaded.cluster.get("nodes", name)
        node["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
        loaded.cluster.update("nodes", node, subresource="status")
    assert not CHECK.look(loaded.clients, BARE).holds


def test_pods_that_are_pending_need_a_place_too(loaded):
    loaded.cluster.create("deployments", deployment("big", 1, pod_spec(cpu="9")))
    loaded.run()
    verdict = CHECK.look(loaded.clients, BARE)
    assert not verdict.holds
    assert row(verdict, "cpu").startswith("cpu: 12.0 needed")


def test_daemons_of_the_zone_need_no_place(loaded):
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "u"}
    agent = {
        "metadata": {
            "name": "agent",
            "namespace": "shop",
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": {**pod_spec(cpu="4"), "nodeName": "a0"},
    }
    loaded.cluster.create("pods", agent)
    assert row(CHECK.look(loaded.clients, BARE), "cpu").startswith("cpu: 3.0 needed")


def grown(stage):
    """Groups in zones b and c with room for two more of the nodes that they have."""
    stage.local.autoscaler()
    for zone in ("us-east-1a", "us-east-1b", "us-east-1c"):
        stage.local.group(f"web-{zone[-1]}", zone, desired=2, max=4)
    for group in stage.local.cloud.groups():
        letter = group.name[-1]
        for number, instance in enumerate(group.instances):
            node = clone(stage.cluster.get("nodes", f"{letter}{number}"))
            stage.cluster.delete("nodes", node["metadata"]["name"])
            # The provider's id of a node cannot change, so the node is made anew.
            node["spec"]["providerID"] = f"aws:///{group.zones[0]}/{instance.id}"
            node["metadata"].pop("resourceVersion")
            stage.cluster.create("nodes", node)


def test_growth_counts_groups_outside_the_zone_by_the_size_of_their_nodes(loaded):
    grown(loaded)
    verdict = CHECK.look(loaded.clients, ZONE)
    assert row(verdict, "cpu") == "cpu: 3.0 needed, 10.0 free, 16.0 by growth: fits"


def test_a_group_that_also_spans_the_zone_is_not_counted(loaded):
    grown(loaded)
    loaded.local.group("all", "us-east-1a", "us-east-1b", desired=0, max=50)
    assert "16.0 by growth" in row(CHECK.look(loaded.clients, ZONE), "cpu")


def test_a_group_without_a_node_is_told_not_guessed(loaded):
    grown(loaded)
    loaded.local.group("new", "us-east-1b", desired=0, max=50)
    verdict = CHECK.look(loaded.clients, ZONE)
    assert "16.0 by growth" in row(verdict, "cpu")
    assert verdict.rows[-1] == "1 groups without a node are not counted"


def test_with_aws_out_of_reach_growth_is_not_known_and_that_is_said(loaded):
    grown(loaded)
    fault = FaultRule(service="autoscaling", operation="*", kind="throttle", count=99)
    loaded.local.front.faults.append(fault)
    verdict = CHECK.look(loaded.clients, ZONE)
    assert verdict.holds
    assert "0.0 by growth" in row(verdict, "cpu")
    assert verdict.rows[-1].startswith("growth is not known")
