from __future__ import annotations

import pytest

from sopctl.actions.k8s.patch import ACTION, Params
from sopctl.actions.k8s.patch_rules import Operation
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.stage import plan, send
from tests.fakes.workloads import deployment


def params(*operations, names=("web",), resource="deployments.apps", **more):
    ops = tuple(Operation(op=o, path=p, value=v) for o, p, v in operations)
    return Params(resource=resource, patch=ops, names=names, **more)


STRATEGY = ("add", "/spec/strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2}})
IMAGE = ("replace", "/spec/template/spec/containers/0/image", "registry.local/app:2")
NOTE = ("add", "/metadata/annotations/team.example~1note", "hold")
OTHER = ("add", "/metadata/annotations/team.example~1other", "hold")


@pytest.fixture
def shop(stage):
    stage.cluster.create("deployments", deployment("web", 3))
    stage.cluster.create("deployments", deployment("api", 3))
    return stage


@pytest.mark.parametrize(
    "operations", [(STRATEGY,), (IMAGE,), (NOTE, OTHER), (NOTE, IMAGE)], ids=str
)
def test_patches_keep_the_laws_with_the_defaults_of_the_server(shop, operations):
    laws.prove(ACTION, shop, params(*operations))


def test_the_plan_shows_what_the_server_will_store(shop):
    (change,) = plan(shop, ACTION, params(STRATEGY))
    assert change.after.value(("spec", "strategy")) == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 2, "maxUnavailable": "25%"},
    }


def test_several_members_and_objects_are_one_write_each(shop):
    before = shop.mutations()
    both = params(NOTE, OTHER, names=("web", "api"), namespace="shop")
    receipts = send(shop, ACTION, *plan(shop, ACTION, both))
    assert {each.kind for each in receipts.values()} == {ReceiptKind.DONE}
    assert shop.mutations() - before == 2


def test_members_of_any_kind_are_removed_and_come_back(shop):
    body = {"metadata": {"name": "settings", "namespace": "shop"}, "data": {"mode": "a", "b": "c"}}
    shop.cluster.create("configmaps", body)
    laws.prove(
        ACTION,
        shop,
        params(("remove", "/data/mode", None), names=("settings",), resource="configmaps"),
    )


def test_what_admission_says_against_it_is_told_at_the_plan(shop):
    with pytest.raises(RefusedError, match="web"):
        plan(shop, ACTION, params(("replace", "/spec/replicas", -1)))


def test_a_change_meanwhile_is_a_conflict(shop):
    (change,) = plan(shop, ACTION, params(NOTE))
    made = shop.cluster.get("deployments", "web", "shop")
    made["metadata"]["labels"]["new"] = "1"
    shop.cluster.update("deployments", made)
    assert send(shop, ACTION, change)[change.resource].kind is ReceiptKind.CONFLICT


def test_the_way_back_leaves_what_somebody_put_beside(shop):
    (change,) = plan(shop, ACTION, params(NOTE))
    send(shop, ACTION, change)
    made = shop.cluster.get("deployments", "web", "shop")
    made["metadata"]["annotations"]["theirs"] = "1"
    shop.cluster.update("deployments", made)
    seen = ACTION.observe(shop.clients, params(NOTE), [change.resource])[change.resource]
    send(shop, ACTION, Change(change.resource, seen, change.before.state))
    assert shop.cluster.get("deployments", "web", "shop")["metadata"]["annotations"] == {
        "theirs": "1"
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"resource": "gadgets.apps"}, "no resource gadgets.apps"),
        ({"resource": "gadgets.example.io"}, "no API group example.io"),
        ({"names": ("nobody",)}, "no deployments.apps nobody"),
        ({"namespace": "kube-system"}, "no deployments.apps web in kube-system"),
    ],
)
def test_what_is_not_there_is_named(shop, given, says):
    with pytest.raises(RefusedError, match=says):
        ACTION.select(shop.clients, params(NOTE, **given))


def test_secrets_and_patches_of_everything_are_refused():
    with pytest.raises(RefusedError, match="journal"):
        params(("add", "/data/x", "eA=="), resource="secrets")
    with pytest.raises(RefusedError, match="no object was named"):
        params(NOTE, names=())


def test_it_needs_what_a_role_has_to_allow():
    assert ACTION.needs({"resource": "deployments.apps"}) == (
        "k8s:list deployments.apps",
        "k8s:get deployments.apps",
        "k8s:patch deployments.apps",
    )
    assert ACTION.needs({"resource": "${{ params.what }}"}) == ()
