from __future__ import annotations

from sopctl.checks.ready.autoscaler.expander import CHECK, Params
from tests.checks.ready.placing import flagged

NAME = "cluster-autoscaler-priority-expander"


def _priorities(stage, text):
    body = {"metadata": {"name": NAME, "namespace": "kube-system"}, "data": {"priorities": text}}
    if stage.cluster.get("configmaps", NAME, "kube-system"):
        stage.cluster.delete("configmaps", NAME, "kube-system")
    stage.cluster.create("configmaps", body)


def test_another_expander_is_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler(*flagged("--expander=least-waste"))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("kube-system/cluster-autoscaler has the expander least-waste",)


def test_priorities_have_to_be_there_to_be_read_and_to_end_with_everything(stage):
    stage.local.autoscaler(*flagged("--expander=priority,least-waste"))
    who = "kube-system/cluster-autoscaler"
    assert CHECK.look(stage.clients, Params()).rows == (
        f"{who}: kube-system has no ConfigMap {NAME}",
    )
    for text in ("{", "10: [", "- a\n- b\n", "10:\n- '('\n", "", "10: 5\n"):
        _priorities(stage, text)
        verdict = CHECK.look(stage.clients, Params())
        assert verdict.rows == (f"{who}: the priorities in {NAME} cannot be read",), text
    _priorities(stage, "10:\n- .*spot.*\n")
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.rows == (f"{who}: no rule of {NAME} is for everything (.*)",)
    _priorities(stage, "10:\n- .*spot.*\n5:\n- .*\n")
    assert CHECK.look(stage.clients, Params()).holds
