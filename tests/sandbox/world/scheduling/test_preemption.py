"""DefaultPreemption, on nodes of four CPUs and in a small world."""

from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.scheduling.preemption import Budget, Preemption, may_preempt, preempt
from sopctl.sandbox.world.scheduling.scheduler import search
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Subject, place, subject
from tests.fakes.workloads import node, pod, pod_spec, spread
from tests.fakes.worlds import SmallWorld


def made(name: str, cpu: str, priority: int = 0, started: str = "", **fields: object) -> Subject:
    raw = pod(name, pod_spec(cpu, priority=priority, **fields), app=name.rstrip("0123456789"))
    raw["status"] = {"startTime": started}
    return subject(raw)


def cluster(**sitting: list[Subject]) -> Snapshot:
    return Snapshot(Seat(place(node(name)), guests) for name, guests in sitting.items())


def chosen(guest: Subject, snapshot: Snapshot, *budgets: Budget) -> Preemption | None:
    found = search(guest, snapshot)
    assert found.best is None, "pick a case in which the pod does not fit"
    return preempt(guest, snapshot, found.refusals, lambda: budgets)


def victims(found: Preemption | None) -> list[str]:
    assert found is not None
    return sorted(each.name for each in found.victims)


def guard(app: str, allowed: int) -> Budget:
    return Budget(namespace="shop", selector={"matchLabels": {"app": app}}, allowed=allowed)


def test_as_few_pods_go_as_the_newcomer_needs():
    snapshot = cluster(one=[made("a", "1"), made("b", "1"), made("c", "2")])

    assert victims(chosen(made("new", "2", 10), snapshot)) == ["c"]


def test_equal_and_higher_priorities_stay():
    snapshot = cluster(one=[made("a", "4", 10)], two=[made("b", "4", 20)])

    assert chosen(made("new", "1", 10), snapshot) is None


def test_the_lower_priority_goes_first():
    snapshot = cluster(one=[made("a", "2", 5), made("b", "2", 1)])

    assert victims(chosen(made("new", "2", 10), snapshot)) == ["b"]


def test_a_node_without_a_broken_budget_is_preferred():
    snapshot = cluster(one=[made("a", "4")], two=[made("b", "4", 5)])

    found = chosen(made("new", "4", 10), snapshot, guard("a", 0))
    assert (found.node, found.broken) == ("two", 0)


def test_on_a_node_those_go_whose_budget_lets_them():
    snapshot = cluster(one=[made("a", "2"), made("b", "2", 5)])

    found = chosen(made("new", "2", 10), snapshot, guard("a", 0))
    assert (victims(found), found.broken) == (["b"], 0)


def test_a_budget_is_broken_when_nothing_else_helps():
    """PDBs are respected as best effort only (docs: Pod Priority and Preemption)."""
    snapshot = cluster(one=[made("a", "4")])

    assert chosen(made("new", "4", 10), snapshot, guard("a", 0)).broken == 1


def test_a_budget_counts_what_it_lets_go():
    snapshot = cluster(one=[made("a1", "2"), made("a2", "2")])

    assert chosen(made("new", "4", 10), snapshot, guard("a", 1)).broken == 1
    assert chosen(made("new", "4", 10), snapshot, guard("a", 2)).broken == 0


def test_among_equals_the_node_with_the_youngest_victims_is_taken():
    old, young = "2026-11-01T01:00:00Z", "2026-11-01T02:00:00Z"
    snapshot = cluster(one=[made("a", "4", started=old)], two=[made("b", "4", started=young)])

    assert chosen(made("new", "4", 10), snapshot).node == "two"


def test_lower_victims_are_preferred_to_fewer():
    snapshot = cluster(one=[made("a", "4", 5)], two=[made("b", "2"), made("c", "2")])

    assert chosen(made("new", "4", 10), snapshot).node == "two"


def test_what_the_node_itself_refuses_is_not_helped_by_victims():
    snapshot = cluster(one=[made("a", "4")])
    guest = made("new", "1", 10, nodeSelector={"zone": "nowhere"})

    assert chosen(guest, snapshot) is None


def test_a_spread_pod_may_push_out_what_skews_it():
    """A victim that the constraint counts makes room in its domain too."""
    snapshot = Snapshot(
        [
            Seat(place(node("one", "us-east-1a")), [made("web1", "1"), made("web2", "1")]),
            Seat(place(node("two", "us-east-1b", cpu="500m"))),
        ]
    )
    raw = pod("new", pod_spec("1", priority=10, topologySpreadConstraints=[spread("web")]))
    raw["metadata"]["labels"] = {"app": "web"}
    found = chosen(subject(raw), snapshot)

    assert found is not None
    assert (found.node, len(found.victims)) == ("one", 2)


def test_trying_leaves_the_snapshot_as_it_was():
    snapshot = cluster(one=[made("a", "2"), made("b", "2", 5)])
    before = [each.name for each in snapshot.seats["one"].sitting]
    chosen(made("new", "2", 10), snapshot)

    assert [each.name for each in snapshot.seats["one"].sitting] == before


def test_policy_never_and_victims_on_their_way_out_forbid_to_preempt():
    leaving = made("a", "4")
    raw = pod("b", pod_spec("4"))
    raw["metadata"]["deletionTimestamp"] = "2026-11-01T03:00:00Z"

    assert may_preempt(made("new", "1", 10), Seat(place(node("one")), [leaving]))
    assert not may_preempt(made("new", "1", 10), Seat(place(node("one")), [subject(raw)]))
    assert not may_preempt(made("new", "1", 10, preemptionPolicy="Never"), None)


def headroom_world() -> tuple[SmallWorld, Obj]:
    """Pause pods fill every node; a pod of the workload arrives."""
    world = SmallWorld(nodes_per_zone=1)
    low = {"metadata": {"name": "headroom"}, "value": -5}
    world.cluster.create("priorityclasses", low)
    for number in range(3):
        spec = pod_spec("3500m", priorityClassName="headroom")
        world.cluster.create("pods", pod(f"pause{number}", spec, app="pause"))
    world.run(10)
    made_ = pod("web", pod_spec("3"), app="web")
    world.cluster.create("pods", made_)
    return world, made_


def test_headroom_gives_way_to_a_workload_and_says_so():
    world, _ = headroom_world()
    world.settle()
    waiting = world.cluster.get("pods", "web", "shop")
    assert waiting is not None
    nominated = waiting["status"]["nominatedNodeName"]
    world.run(10)

    web = world.cluster.get("pods", "web", "shop")
    assert web is not None
    assert web["spec"]["nodeName"] == nominated
    assert len(world.pods("pause")) == 2
    events = [e for e in world.cluster.list("events") if e["reason"] == "Preempted"]
    assert [e["message"] for e in events] == [
        f"Preempted by pod {web['metadata']['uid']} on node {nominated}"
    ]


def test_the_room_of_a_nominated_pod_is_not_taken_by_a_lower_one():
    world, _ = headroom_world()
    world.cluster.create("pods", pod("sneaky", pod_spec("3", priority=-5), app="sneaky"))
    world.run(15)

    assert world.zone_of(world.cluster.get("pods", "web", "shop") or {}) != ""
    assert "nodeName" not in (world.cluster.get("pods", "sneaky", "shop") or {})["spec"]
