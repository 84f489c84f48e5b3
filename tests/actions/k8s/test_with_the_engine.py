"""The actions in the hands of the real engine, while the world misbehaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.actions.catalog import CATALOG
from sopctl.core.runbook import Guardrail, Runbook, Step, StepKind
from sopctl.engine import records
from sopctl.engine.control import all_runs, load, open_run
from sopctl.engine.holdings import holdings
from sopctl.engine.leg import Done, leg
from sopctl.engine.planner import Order, make_plan
from sopctl.engine.ports import Deps
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import RunEnd
from sopctl.journal.memory import MemoryStore
from sopctl.sandbox.k8s.http import FaultRule
from tests.engine.toys import NoFacts, Plain, SerialPool
from tests.fakes.workloads import deployment

KINDS = ("k8s.node", "k8s.hpa", "k8s.pod", "k8s.spread_binding", "k8s.spread_policy")
ZONE = {"zone": "us-east-1a"}
RUN = "run-1"


class Moving:
    """The stage's clock; while somebody waits, its controllers work."""

    def __init__(self, stage):
        self.stage = stage
        self.waited = []

    def now(self):
        return self.stage.local.watch.now()

    def sleep(self, seconds):
        self.waited.append(seconds)
        self.stage.run(max(1, int(seconds)))


class Engine:
    def __init__(self, stage):
        clock = Moving(stage)
        self.stage, self.said = stage, []
        self.deps = Deps(
            store=MemoryStore(clock_seconds=lambda: clock.now().timestamp()),
            clock=clock,
            clients=stage.clients,
            actions=CATALOG,
            checks={},
            language=Plain(),
            facts=NoFacts(),
            pool=SerialPool(),
            worker="w1",
            seconds=lambda: clock.now().timestamp(),
            ttl=1e9,
            on_wait=self.said.append,
        )

    def run(self, *steps):
        guardrails = {kind: Guardrail(count=100, percent=100) for kind in KINDS}
        made = tuple(Step(id=i, kind=StepKind.ACTION, uses=u, params=p) for i, u, p in steps)
        book = Runbook(name="b", title="B", steps=made, guardrails=guardrails, digest="d")
        plan = make_plan(Order(runbook=book, params={}, target={"name": "stage"}), self.deps)
        return self._go(RUN, plan)

    def roll_back(self):
        asked = Return(
            source=load(RUN, self.deps),
            way_back=(),
            target={"name": "stage"},
            held=holdings(all_runs(self.deps)),
        )
        return self._go("run-2", plan_return(asked, self.deps))

    def _go(self, run, plan):
        consent = records.consent("tester", "yes", plan.hash)
        open_run(run, plan, {"by": "tester"}, consent, self.deps)
        return leg(run, self.deps)


CORDON = ("cordon", "k8s.node.cordon", ZONE)
DRAIN = ("drain", "k8s.node.drain", ZONE)


def evictions(stage):
    return [c for c in stage.local.kube.calls if c.path.endswith("/eviction")]


def test_a_zone_is_cordoned_marked_and_given_back_as_it_was(stage):
    original = stage.dump()
    engine = Engine(stage)
    assert engine.run(CORDON) == Done(RunEnd.DONE)
    node = stage.cluster.get("nodes", "a0")
    assert node["spec"]["unschedulable"] is True
    assert node["metadata"]["annotations"] == {"sopctl.io/held-by.cordon": RUN}
    assert engine.roll_back() == Done(RunEnd.UNDONE)
    assert stage.dump() == original


@pytest.mark.parametrize("kind", ["lost_reply", "reset"])
def test_after_a_lost_reply_it_looks_and_does_nothing_twice(stage, kind):
    engine = Engine(stage)  # the first is for the mark, the second for the cordon
    fault = FaultRule(method="PATCH", path_regex="/nodes/a0", kind=kind, count=2)
    stage.local.kube.faults.append(fault)
    assert engine.run(CORDON) == Done(RunEnd.DONE)
    assert stage.cluster.get("nodes", "a0")["spec"]["unschedulable"] is True
    assert engine.roll_back() == Done(RunEnd.UNDONE)
    assert "unschedulable" not in stage.cluster.get("nodes", "a0")["spec"]


def test_a_budget_that_says_not_now_is_waited_for(stage):
    stage.cluster.create("deployments", deployment("web", 6))
    stage.run()
    spec = {"minAvailable": 6, "selector": {"matchLabels": {"app": "web"}}}
    budget = stage.cluster.create(
        "poddisruptionbudgets", {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    )

    def allow(count):
        budget["status"] = {
            "disruptionsAllowed": count,
            "currentHealthy": 6,
            "desiredHealthy": 6 - count,
            "expectedPods": 6,
            "observedGeneration": budget["metadata"]["generation"],
        }
        current = stage.cluster.get("poddisruptionbudgets", "web", "shop")
        current["status"] = budget["status"]
        stage.cluster.update("poddisruptionbudgets", current, subresource="status")

    allow(0)
    engine = Engine(stage)

    def waiting(text):
        if [c.status for c in evictions(stage)].count(429) > 2:
            allow(6)

    engine.deps = replace(engine.deps, on_wait=waiting)
    assert engine.run(CORDON, DRAIN) == Done(RunEnd.DONE)
    assert {c.status for c in evictions(stage)} == {429, 201}
    assert [p for p in stage.pods() if stage.zone_of(p) == "us-east-1a"] == []
    assert len(stage.pods("Running")) == 6


def test_a_node_that_somebody_else_cordoned_stays_cordoned_after_the_way_back(stage):
    stage.cluster.patch("nodes", "a0", {"spec": {"unschedulable": True}})
    engine = Engine(stage)
    assert engine.run(CORDON) == Done(RunEnd.DONE)
    assert engine.roll_back() == Done(RunEnd.UNDONE)
    assert stage.cluster.get("nodes", "a0")["spec"]["unschedulable"] is True
    assert "unschedulable" not in stage.cluster.get("nodes", "a1")["spec"]


def test_drained_pods_are_left_to_their_owners_by_the_way_back(stage):
    stage.cluster.create("deployments", deployment("web", 6))
    stage.run()
    engine = Engine(stage)
    assert engine.run(CORDON, DRAIN) == Done(RunEnd.DONE)
    pods = {each["metadata"]["uid"] for each in stage.pods()}
    assert engine.roll_back() == Done(RunEnd.UNDONE)
    assert {each["metadata"]["uid"] for each in stage.pods()} == pods


def test_a_second_run_of_the_same_finds_nothing_to_do(stage):
    Engine(stage).run(CORDON)
    count = stage.mutations()
    assert Engine(stage).run(CORDON) == Done(RunEnd.DONE)
    assert stage.mutations() == count
