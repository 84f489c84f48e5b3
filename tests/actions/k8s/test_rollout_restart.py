from __future__ import annotations

import pytest

from sopctl.actions.k8s.rollout_restart import ACTION, Params
from tests import laws
from tests.actions.k8s.stage import effect, plan, send
from tests.fakes.workloads import deployment

WEB = Params(names=("web",))


@pytest.fixture
def shop(stage):
    stage.cluster.create("deployments", deployment("web", 3))
    stage.run(20)
    return stage


def test_restarting_keeps_the_laws(shop):
    laws.prove(ACTION, shop, WEB)


def test_it_is_seen_when_all_pods_are_new(shop):
    old = {each["metadata"]["uid"] for each in shop.pods()}
    (change,) = plan(shop, ACTION, WEB)
    send(shop, ACTION, change)
    assert effect(shop, ACTION, WEB, [change]).detail == "still rolling out: shop/web"
    shop.run(60)
    assert effect(shop, ACTION, WEB, [change]).ok
    assert not old & {each["metadata"]["uid"] for each in shop.pods("Running")}


def test_what_was_restarted_a_moment_ago_is_not_restarted_again(shop):
    send(shop, ACTION, *plan(shop, ACTION, WEB))
    assert plan(shop, ACTION, WEB) == []
    shop.local.watch.sleep(601)
    assert len(plan(shop, ACTION, WEB)) == 1


def test_what_somebody_else_wrote_there_counts_as_no_restart(shop):
    made = shop.cluster.get("deployments", "web", "shop")
    key = "kubectl.kubernetes.io/restartedAt"
    made["spec"]["template"]["metadata"]["annotations"] = {key: "yesterday"}
    shop.cluster.update("deployments", made)
    assert len(plan(shop, ACTION, WEB)) == 1


def test_one_that_is_paused_is_left_alone(stage):
    stage.cluster.create("deployments", deployment("web", 3, paused=True))
    chosen = ACTION.select(stage.clients, WEB)
    assert chosen.ids == ()
    assert "paused" in chosen.notes[0]
