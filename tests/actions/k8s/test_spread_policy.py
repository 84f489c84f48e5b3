from __future__ import annotations

import pytest

from sopctl.actions.k8s.spread_policy import ACTION, NAMESPACE, PARAMETERS, POLICY, Params
from sopctl.core.action import ReceiptKind
from sopctl.sandbox.k8s.cluster import Cluster
from tests import laws
from tests.actions.k8s.stage import Stage, apply, inverse, plan, send
from tests.local import Local

P = Params()


def test_it_keeps_the_laws(stage):
    proof = laws.prove(ACTION, stage, P)
    assert set(proof.receipts) == {NAMESPACE, PARAMETERS, POLICY}


def test_it_is_inert_until_something_binds_it(stage):
    apply(stage, ACTION, plan(stage, ACTION, P))
    assert stage.cluster.list("mutatingadmissionpolicybindings") == []
    policy = stage.cluster.get("mutatingadmissionpolicies", "sopctl-relax-spread")
    assert policy["spec"]["failurePolicy"] == "Ignore"


def test_the_namespace_comes_first_and_goes_last(stage):
    changes = plan(stage, ACTION, P)
    made = [each.resource for (each,) in ACTION.order(changes)]
    assert made == [NAMESPACE, PARAMETERS, POLICY]
    apply(stage, ACTION, changes)
    gone = [each.resource for (each,) in ACTION.order(inverse(stage, ACTION, changes))]
    assert gone == [POLICY, PARAMETERS, NAMESPACE]


def test_a_second_time_there_is_nothing_to_do(stage):
    apply(stage, ACTION, plan(stage, ACTION, P))
    assert plan(stage, ACTION, P) == []


def test_other_keys_change_only_the_parameters_and_come_back(stage):
    apply(stage, ACTION, plan(stage, ACTION, P))
    original = stage.dump()
    changes = plan(stage, ACTION, Params(keys=("rack",)))
    assert [each.resource for each in changes] == [PARAMETERS]
    apply(stage, ACTION, changes)
    assert stage.cluster.get("configmaps", "sopctl-relax-spread", "sopctl-system")["data"] == {
        "topologyKeys": "rack"
    }
    apply(stage, ACTION, inverse(stage, ACTION, changes))
    assert stage.dump() == original


@pytest.mark.parametrize("kind", ["configmaps", "pods"])
def test_a_namespace_that_somebody_else_uses_is_not_deleted(stage, kind):
    changes = plan(stage, ACTION, P)
    apply(stage, ACTION, changes)
    theirs = {"metadata": {"name": "theirs", "namespace": "sopctl-system"}}
    if kind == "pods":
        theirs["spec"] = {"containers": [{"name": "c", "image": "i"}]}
    stage.cluster.create(kind, theirs)
    (namespace,) = (e for e in inverse(stage, ACTION, changes) if e.resource == NAMESPACE)
    (receipt,) = send(stage, ACTION, namespace).values()
    assert receipt.kind is ReceiptKind.REJECTED
    assert "theirs" in receipt.why


def test_an_older_api_server_gets_nothing_and_a_note(tmp_path, monkeypatch):
    monkeypatch.setattr("sopctl.testing.local.Cluster", lambda now: Cluster(now, "1.34"))
    local = Local(tmp_path)
    try:
        selection = ACTION.select(Stage(local).clients, P)
    finally:
        local.close()
    assert selection.ids == ()
    assert "1.36" in selection.notes[0]
