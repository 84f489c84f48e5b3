from __future__ import annotations

import json

import pytest

from sopctl.actions.k8s.cpa_params import ACTION, Params
from sopctl.core.action import ReceiptKind
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.stage import apply, plan
from tests.fakes.workloads import deployment, pod_spec

LINEAR = '{"coresPerReplica": 256,\n "nodesPerReplica": 16, "min": 2}'


def proportional(stage, text=LINEAR, mode="linear", args=("--configmap=dns",), name="dns"):
    """A proportional autoscaler with its parameters."""
    spec = pod_spec()
    spec["containers"][0]["image"] = "registry.k8s.io/cpa/cluster-proportional-autoscaler:v1.9.0"
    spec["containers"][0]["command"] = ["/cluster-proportional-autoscaler", *args]
    stage.cluster.create("deployments", deployment(f"{name}-scaler", 1, spec))
    meta = {"name": name, "namespace": "shop"}
    stage.cluster.create("configmaps", {"metadata": meta, "data": {mode: text}})


def said(stage, name="dns"):
    return json.loads(stage.cluster.get("configmaps", name, "shop")["data"]["linear"])


@pytest.mark.parametrize(
    "args",
    [
        ("--configmap=dns",),
        ("--namespace=shop", "--configmap", "dns"),
        ("-configmap=dns", "-namespace", "shop"),
    ],
)
def test_the_laws_hold_however_it_is_told_its_config_map(stage, args):
    proportional(stage, args=args)
    laws.prove(ACTION, stage, Params())


def test_cordoned_nodes_count_and_the_minimum_only_rises(stage):
    proportional(stage)
    apply(stage, ACTION, plan(stage, ACTION, Params(at_least=1)))
    assert said(stage) == {
        "coresPerReplica": 256,
        "nodesPerReplica": 16,
        "min": 2,
        "includeUnschedulableNodes": True,
    }
    laws.run(ACTION, stage.clients, plan(stage, ACTION, Params(at_least=5)))
    assert said(stage)["min"] == 5


def test_what_is_so_already_keeps_its_very_text(stage):
    proportional(stage, '{ "includeUnschedulableNodes" : true }')
    assert plan(stage, ACTION, Params()) == []


@pytest.mark.parametrize(
    ("text", "mode"), [("{}", "ladder"), ("nonsense", "linear"), ("[1]", "linear")]
)
def test_what_it_does_not_know_is_left(stage, text, mode):
    proportional(stage, text, mode)
    selection = ACTION.select(stage.clients, Params())
    assert selection.ids == ()
    assert "no linear mode that is JSON" in selection.notes[0]


def test_parameters_that_changed_meanwhile_are_a_conflict(stage):
    proportional(stage)
    changes = plan(stage, ACTION, Params())
    made = stage.cluster.get("configmaps", "dns", "shop")
    made["data"]["linear"] = '{"min": 7}'
    stage.cluster.update("configmaps", made)
    (receipt,) = laws.run(ACTION, stage.clients, changes).values()
    assert receipt.kind is ReceiptKind.CONFLICT
    assert said(stage) == {"min": 7}


def test_other_workloads_are_not_asked(stage):
    stage.cluster.create("deployments", deployment("web", 1))
    proportional(stage)
    assert [each.name for each in ACTION.select(stage.clients, Params()).ids] == ["shop/dns"]


def test_without_one_there_is_nothing_to_do_and_a_wrong_name_is_refused(stage):
    assert ACTION.select(stage.clients, Params()).ids == ()
    with pytest.raises(RefusedError, match="no ConfigMap shop/nobody"):
        ACTION.select(stage.clients, Params(config_maps=("shop/nobody",)))
