from __future__ import annotations

from sopctl.facts.objects import node

NODE = {
    "metadata": {
        "name": "n",
        "labels": {
            "topology.kubernetes.io/zone": "us-east-1a",
            "topology.k8s.aws/zone-id": "use1-az6",
        },
    },
    "spec": {"providerID": "aws:///us-east-1a/i-0abc", "taints": [{"key": "t", "effect": "x"}]},
    "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]},
}


def test_a_node_that_stopped_answering_is_not_ready():
    seen = node.read(NODE)
    assert (seen.zone, seen.ready, seen.instance, seen.taints) == (
        "us-east-1a",
        False,
        "i-0abc",
        ("t",),
    )


def test_the_old_zone_label_is_known():
    old = {"failure-domain.beta.kubernetes.io/zone": "us-east-1b"}
    assert node.read({"metadata": {"name": "n", "labels": old}}).zone == "us-east-1b"


def test_a_zone_is_named_by_the_nodes_in_it_without_asking_anybody():
    nodes = [node.read(NODE)]

    def nobody():
        raise AssertionError("asked AWS")

    assert node.zone_name("us-east-1a", nodes, nobody) == "us-east-1a"
    assert node.zone_name("use1-az6", nodes, nobody) == "us-east-1a"


def test_a_zone_without_nodes_is_asked_for():
    assert node.zone_name("use1-az9", [], lambda: "us-east-1f") == "us-east-1f"
