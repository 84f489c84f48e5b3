from __future__ import annotations

import pytest

from sopctl.actions.k8s.rollout_pause import ACTION, Params
from tests import laws
from tests.actions.k8s.stage import plan
from tests.fakes.workloads import deployment


@pytest.mark.parametrize("more", [{}, {"paused": False}], ids=["absent", "false"])
def test_pausing_keeps_the_laws(stage, more):
    stage.cluster.create("deployments", deployment("web", 3, **more))
    laws.prove(ACTION, stage, Params(labels={"app": "web"}))


def test_one_that_is_paused_stays_as_it_is(stage):
    stage.cluster.create("deployments", deployment("web", 3, paused=True))
    assert plan(stage, ACTION, Params(names=("web",))) == []
