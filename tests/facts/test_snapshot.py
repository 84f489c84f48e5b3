from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sopctl.core.codec import Json
from sopctl.core.errors import PermissionDeniedError, RefusedError, TemporaryError, UnreachableError
from sopctl.facts.groups import Group
from sopctl.facts.snapshot import SHAPES, Snapshot
from sopctl.sandbox.aws.faults import FaultRule
from sopctl.sandbox.k8s.faults import FaultRule as KubeFault
from tests.laws import call
from tests.local import ENABLED, QUICK, TOKEN, Local

TYPES = {"string": str, "string?": (str, type(None)), "int": int, "bool": bool, "float": float}
FLEET = ["all", "spot-a", "spot-b", "spot-c", "web-a", "web-b", "web-c"]


def names(snapshot: Snapshot) -> list[str]:
    return [each.name for each in snapshot.groups()]


def group(local: Local, name: str) -> Group:
    return next(each for each in local.world.facts.groups() if each.name == name)


def named_kubeconfig(local: Local, name: str) -> None:
    config = local.kubeconfig({"token": TOKEN})
    arn = f"arn:aws:eks:us-east-1:123456789012:cluster/{name}"
    config["contexts"][0]["context"]["cluster"] = config["clusters"][0]["name"] = arn
    Path(local.target.kubeconfig).write_text(json.dumps(config))
    local.connect()


def check(shape: Json, value: Json, where: str) -> None:
    if isinstance(shape, Mapping):
        assert isinstance(value, Mapping), where
        assert set(value) == set(shape), where
        for key, inner in shape.items():
            check(inner, value[key], f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for item in value:
            check(shape[0], item, f"{where}[]")
    else:
        assert isinstance(value, TYPES[str(shape)]), where
        assert isinstance(value, bool) == (shape == "bool"), where


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_fact_has_the_shape_it_promises_to_expressions(local: Local, name: str) -> None:
    value = local.world.facts.read(name)
    check(SHAPES[name], value, name)
    assert json.dumps(value)


def test_a_fact_that_there_is_not_is_refused(local: Local) -> None:
    with pytest.raises(RefusedError, match="no fact 'moon'"):
        local.world.facts.read("moon")


def test_the_discovery_keys_are_those_that_hide_a_group(local: Local) -> None:
    read = local.world.facts.read("autoscaler")
    assert isinstance(read, Mapping)
    assert read["discovery_keys"] == [ENABLED]


def test_facts_are_read_once_whoever_asks(local: Local) -> None:
    facts = local.world.facts
    threads = [threading.Thread(target=facts.groups) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    facts.groups()
    assert local.sent("DescribeAutoScalingGroups") == 1


def test_reading_facts_changes_nothing(local: Local) -> None:
    before = local.dump()
    facts = local.world.facts
    facts.warm("zones", "groups", "autoscaler", "nodes", "pods", "workloads", "hpas", "pdbs")
    facts.warm("policies")
    assert local.mutations() == 0
    assert local.dump() == before


def test_warming_up_does_not_fail_when_a_provider_is_down(local: Local) -> None:
    local.front.faults.append(FaultRule(kind="dead"))
    facts = local.world.facts
    facts.warm("zones", "groups", "nodes")
    with pytest.raises(Exception, match="describe_availability_zones"):
        facts.zones()
    assert facts.nodes() == ()


def test_groups_of_the_cluster_are_told_from_others_by_the_autoscaler_s_tags(local: Local) -> None:
    assert names(local.world.facts) == FLEET


def test_the_name_in_the_kubeconfig_says_which_groups_are_of_the_cluster(local: Local) -> None:
    named_kubeconfig(local, "other")
    local.cluster.delete("deployments", "cluster-autoscaler", "kube-system")
    assert local.world.facts.cluster_name() == "other"
    assert names(local.world.facts) == ["stranger"]


def test_groups_of_an_eks_cluster_of_another_name_are_not_ours(local: Local) -> None:
    named_kubeconfig(local, "sandbox")
    local.group("theirs", "us-east-1a", tags={"eks:cluster-name": ("other", True)})
    local.group("ours", "us-east-1a", tags={"eks:cluster-name": ("sandbox", True)})
    found = names(local.world.facts)
    assert "ours" in found
    assert "theirs" not in found


def test_groups_given_by_name_are_of_the_cluster_without_any_tag(local: Local) -> None:
    local.cluster.delete("deployments", "cluster-autoscaler", "kube-system")
    local.autoscaler(f"--node-group-auto-discovery=asg:tag={ENABLED}", "--nodes=1:2:plain")
    named_kubeconfig(local, "sandbox")
    local.group("plain", "us-east-1a", tags={})
    assert "plain" in names(local.world.facts)


def test_without_any_name_the_nodes_say_which_groups_are_theirs(local: Local) -> None:
    local.cluster.delete("deployments", "cluster-autoscaler", "kube-system")
    instance = local.cloud.group("web-b").instances[0]
    metadata = {"name": "node-1"}
    spec = {"providerID": instance.provider_id}
    local.cluster.create(
        "nodes", {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec}
    )
    assert local.world.facts.cluster_name() == ""
    assert names(local.world.facts) == ["web-b"]


def test_groups_are_typed_as_they_are(local: Local) -> None:
    local.cloud.set_tag("web-a", "team", "", True)
    found = group(local, "web-a")
    assert (found.zones, found.min, found.max, found.desired) == (("us-east-1a",), 0, 10, 2)
    assert (found.tags["team"].value, found.tags["team"].propagate) == ("", True)
    assert found.arn.startswith("arn:aws:autoscaling:")
    assert [each.state for each in found.instances] == ["InService", "InService"]
    assert found.staying == 2


def test_what_a_group_buys_follows_from_its_distribution(local: Local) -> None:
    local.group("half", "us-east-1a", spot=True, on_demand_percent=50)
    local.group("types", "us-east-1a", instance_types=("m5.large", "m5.xlarge"))
    kinds = {each.name: (each.spot, each.mixed) for each in local.world.facts.groups()}
    assert kinds["spot-a"] == (True, False)
    assert kinds["half"] == (False, True)
    assert kinds["types"] == (False, False)
    assert kinds["web-a"] == (False, False)


def test_a_launch_template_that_asks_for_spot_makes_a_spot_group(local: Local) -> None:
    aws = local.world.aws
    data = {"ImageId": "ami-1", "InstanceMarketOptions": {"MarketType": "spot"}}
    made = aws.write(
        call(), "ec2", "create_launch_template", LaunchTemplateName="s", LaunchTemplateData=data
    )
    template = {"LaunchTemplateId": made.data["LaunchTemplate"]["LaunchTemplateId"]}
    aws.write(
        call(),
        "autoscaling",
        "update_auto_scaling_group",
        AutoScalingGroupName="web-a",
        LaunchTemplate=template,
    )
    assert group(local, "web-a").spot
    assert not group(local, "web-b").spot


def test_a_label_for_new_nodes_says_spot_where_nothing_else_does(local: Local) -> None:
    key = "k8s.io/cluster-autoscaler/node-template/label/eks.amazonaws.com/capacityType"
    local.cloud.set_tag("web-a", key, "SPOT", False)
    assert group(local, "web-a").spot


def test_a_zone_is_found_by_name_and_by_id(local: Local) -> None:
    facts = local.world.facts
    by_name = facts.zone("us-east-1a")
    assert facts.zone(by_name.id) == by_name
    assert str(by_name) == f"us-east-1a ({by_name.id})"
    with pytest.raises(RefusedError, match="no zone 'us-east-9z'") as refusal:
        facts.zone("us-east-9z")
    assert str(by_name) in refusal.value.hint


def test_while_aws_does_not_answer_the_nodes_say_which_zones_there_are(local: Local) -> None:
    labels = {
        "topology.kubernetes.io/zone": "us-east-1a",
        "topology.k8s.aws/zone-id": "use1-az6",
    }
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "labels": labels}}
    local.cluster.create("nodes", node)
    local.front.faults.append(FaultRule(kind="dead"))
    facts = local.world.facts
    assert facts.zone("use1-az6") == facts.zone("us-east-1a")
    assert str(facts.zone("us-east-1a")) == "us-east-1a (use1-az6)"
    with pytest.raises(TemporaryError, match="describe_availability_zones"):
        facts.zone("us-east-1b")


def test_while_nothing_answers_the_error_is_that_of_aws(local: Local) -> None:
    local.front.faults.append(FaultRule(kind="dead"))
    local.kube.faults.append(KubeFault(value=503, count=None))
    with pytest.raises(TemporaryError, match="describe_availability_zones"):
        local.world.facts.zone("us-east-1a")


def test_an_unreachable_provider_is_said_to_be_so_and_not_asked_again_at_once(
    local: Local,
) -> None:
    local.kube.stop()
    facts = local.connect(limits=replace(QUICK, attempts=1)).facts
    for _ in range(2):
        with pytest.raises(UnreachableError):
            facts.nodes()


def test_a_server_without_the_policy_api_serves_none(local: Local) -> None:
    policies = local.world.facts.policies()
    assert policies.served == (local.world.facts.server_version() >= (1, 36))


def test_policies_that_may_not_be_seen_are_not_taken_for_absent(local: Local) -> None:
    """Found by a denial at every call: az-failure would rewrite each workload instead."""
    rule = KubeFault(path_regex="mutatingadmissionpolicies", value=403, count=None)
    local.kube.faults.append(rule)
    with pytest.raises(PermissionDeniedError):
        local.world.facts.policies()
