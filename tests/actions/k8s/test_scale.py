from __future__ import annotations

import pytest

from sopctl.actions.k8s.scale import ACTION, Params
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.stage import effect, plan, send
from tests.fakes.workloads import deployment

UP = Params(replicas=5, names=("web",))


@pytest.fixture
def shop(stage):
    stage.cluster.create("deployments", deployment("web", 3))
    return stage


def scaler(stage):
    aim = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    body = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"scaleTargetRef": aim, "minReplicas": 2, "maxReplicas": 9},
    }
    stage.cluster.create("horizontalpodautoscalers", body)


@pytest.mark.parametrize("replicas", [0, 1, 5])
def test_scaling_keeps_the_laws(shop, replicas):
    laws.prove(ACTION, shop, Params(replicas=replicas, names=("web",)))


@pytest.mark.parametrize(
    ("replicas", "only", "changes"),
    [(5, "up", 1), (2, "up", 0), (3, "up", 0), (2, "down", 1), (5, "down", 0), (3, "", 0)],
)
def test_it_goes_only_the_way_that_is_meant(shop, replicas, only, changes):
    wanted = Params(replicas=replicas, only=only, names=("web",))
    assert len(plan(shop, ACTION, wanted)) == changes


def test_what_an_autoscaler_keeps_is_left_alone_but_for_none_at_all(shop):
    scaler(shop)
    chosen = ACTION.select(shop.clients, UP)
    assert chosen.ids == ()
    assert "an autoscaler keeps its replicas" in chosen.notes[0]
    assert len(plan(shop, ACTION, Params(replicas=0, names=("web",)))) == 1


def test_the_effect_is_ready_replicas(shop):
    shop.run(20)
    (change,) = plan(shop, ACTION, UP)
    send(shop, ACTION, change)
    assert effect(shop, ACTION, UP, [change]).detail == "shop/web has 3 of 5"
    shop.run(20)
    assert effect(shop, ACTION, UP, [change]).ok


def test_fewer_than_none_and_all_of_everything_are_refused():
    with pytest.raises(RefusedError, match="-1 replicas"):
        Params(replicas=-1, names=("web",))
    with pytest.raises(RefusedError, match="no object was named"):
        Params(replicas=1)
