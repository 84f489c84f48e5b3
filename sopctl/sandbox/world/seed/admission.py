"""Who decides spread at admission besides the API server: Kyverno, or a webhook of one's own.

With the webhook there are two templates of constraints, ``hard`` and ``soft``, and one object that
binds the hard one. Both run as Deployments, on which nothing depends here.
Source: the Kyverno chart; Ctrip, "Spot on EKS", 2.4.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from sopctl.sandbox.scenario.inhabitants import WorldShape
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.seed.definition import OPEN, definition
from sopctl.sandbox.world.seed.system import deployment
from sopctl.sandbox.world.seed.workloads import Written

KYVERNO = "policies.kyverno.io"
WEBHOOK = "scheduling.sandbox.local"
_ZONE = "topology.kubernetes.io/zone"
_ANY: Obj = {"type": "object", "properties": {"spec": OPEN, "status": OPEN}}


def objects(world: WorldShape) -> Iterator[Written]:
    """What the world says; nothing for most."""
    if "kyverno" in world.admission:
        yield from kyverno()
    if "webhook" in world.admission:
        yield from webhook()


def kyverno() -> Iterator[Written]:
    """The definition of its policies, and its admission controller."""
    mutating = definition(KYVERNO, "MutatingPolicy", "mutatingpolicies", _ANY)
    yield "customresourcedefinitions", mutating
    yield "deployments", _runs("kyverno-admission-controller", "ghcr.io/kyverno/kyverno:v1.17.0", 3)


def webhook() -> Iterator[Written]:
    """Definitions, both templates, and the binding of the hard one."""
    for kind, plural in (
        ("PolicyTemplate", "policytemplates"),
        ("PolicyBinding", "policybindings"),
    ):
        yield "customresourcedefinitions", definition(WEBHOOK, kind, plural, _ANY)
    yield "deployments", _runs("sched-webhook", "registry.sandbox.local/sched-webhook:1.0.0", 3)
    for name, rule in (("hard", "DoNotSchedule"), ("soft", "ScheduleAnyway")):
        zone = {"maxSkew": 1, "topologyKey": _ZONE, "whenUnsatisfiable": rule}
        template = {"metadata": {"name": name}, "spec": {"topologySpreadConstraints": [zone]}}
        yield f"policytemplates.{WEBHOOK}", template
    binding = {"metadata": {"name": "default"}, "spec": {"template": "hard"}}
    yield f"policybindings.{WEBHOOK}", binding


def _runs(name: str, image: str, replicas: int) -> Obj:
    container = {
        "name": name,
        "image": image,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    labels = {"app.kubernetes.io/name": name}
    return deployment(name, replicas, labels, {"containers": [container]})
