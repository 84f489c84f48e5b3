from __future__ import annotations

from sopctl.checks.ready.workloads.requests import CHECK, Params
from tests.checks.ready.placing import container
from tests.fakes.workloads import deployment


def test_what_a_container_does_not_ask_for_is_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.cluster.create("deployments", deployment("web", 2))
    assert CHECK.look(stage.clients, Params()).holds
    half = container(resources={"requests": {"cpu": "1"}})
    stage.cluster.create("deployments", deployment("half", 1, half))
    stage.cluster.create("deployments", deployment("none", 1, container(resources={})))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == (
        "shop/half asks for no memory",
        "shop/none asks for no cpu and no memory",
    )
