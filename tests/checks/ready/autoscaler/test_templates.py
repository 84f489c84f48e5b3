from __future__ import annotations

from sopctl.checks.ready.autoscaler.templates import CHECK, Params
from tests.checks.ready.placing import label
from tests.fakes.workloads import deployment, node, pod_spec
from tests.local import ENABLED, OWNED

LABEL = "k8s.io/cluster-autoscaler/node-template/label/"
OURS = {ENABLED: ("true", True), OWNED: ("owned", False)}


def _group(stage, name, **tags):
    """A group with one node, d0."""
    named = {f"{LABEL}{key}": (value, True) for key, value in tags.items()}
    stage.local.group(name, "us-east-1a", desired=1, tags=OURS | named)
    instance = next(iter(stage.local.cloud.group(name).instances)).id
    body = node("d0")
    body["spec"]["providerID"] = f"aws:///us-east-1a/{instance}"
    stage.cluster.create("nodes", body)


def test_a_label_that_workloads_ask_for_has_to_be_said(stage):
    stage.local.autoscaler()
    assert not CHECK.look(stage.clients, Params()).applies
    _group(stage, "a")
    label(stage, "d0", pool="web")
    assert CHECK.look(stage.clients, Params()).holds
    asks = pod_spec(nodeSelector={"pool": "web"})
    stage.cluster.create("deployments", deployment("web", 2, asks))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("a does not say pool=web, which workloads ask for",)


def test_a_tag_that_its_nodes_do_not_have_is_named(stage):
    stage.local.autoscaler()
    _group(stage, "a", pool="web")
    label(stage, "d0", pool="batch")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("a says pool=web, its nodes have batch",)


def test_a_group_without_a_node_cannot_be_compared(stage):
    stage.local.autoscaler()
    stage.local.group("empty", "us-east-1a", desired=0)
    assert CHECK.look(stage.clients, Params()).holds
