from __future__ import annotations

from sopctl.actions.k8s.controllers_move import Params
from tests.fakes.workloads import deployment

AWAY = Params(zone="us-east-1a")


def controller(stage, name="dns", replicas=1):
    made = deployment(name, replicas)
    made["metadata"]["namespace"] = "kube-system"
    stage.cluster.create("deployments", made)


def only_in_a(stage):
    """Controllers are placed while only zone a takes pods."""
    cordon(stage, "b0", "b1", "c0", "c1")
    controller(stage)
    stage.run()
    for name in ("b0", "b1", "c0", "c1"):
        stage.cluster.patch("nodes", name, {"spec": {"unschedulable": None}})


def cordon(stage, *names):
    for name in names:
        stage.cluster.patch("nodes", name, {"spec": {"unschedulable": True}})
