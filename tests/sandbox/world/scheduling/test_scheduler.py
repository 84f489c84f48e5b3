from __future__ import annotations

from typing import Any

import pytest

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.scheduling.filters import Filter
from sopctl.sandbox.world.scheduling.quantities import Amount, amount, quantity, requests
from sopctl.sandbox.world.scheduling.scheduler import choose, search
from sopctl.sandbox.world.scheduling.scoring import balanced
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import place, subject
from sopctl.sandbox.world.scheduling.tolerations import tolerates
from tests.fakes.workloads import ZONE_KEY, node, pod, pod_spec, spread
from tests.fakes.worlds import SmallWorld

BATCH: Obj = {"key": "dedicated", "value": "batch", "effect": "NoSchedule"}


def cluster(*nodes: Obj) -> Snapshot:
    return Snapshot(Seat(place(each)) for each in nodes)


def put(snapshot: Snapshot, where: str, made: Obj) -> None:
    snapshot.bind(subject(made), where)


def chosen(made: Obj, snapshot: Snapshot) -> str:
    found = choose(subject(made), snapshot)
    return found if isinstance(found, str) else found.place.name


def anti(app: str, key: str = ZONE_KEY) -> Obj:
    term = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def test_the_message_counts_every_reason_as_the_real_scheduler_does():
    cordoned = node("cordoned")
    cordoned["spec"]["unschedulable"] = True
    dedicated = node("dedicated")
    dedicated["spec"]["taints"] = [BATCH]
    elsewhere = node("elsewhere", "us-east-1b")
    snapshot = cluster(cordoned, dedicated, elsewhere, node("full", cpu="1"), node("skewed"))
    put(snapshot, "skewed", pod("one", app="web"))
    put(snapshot, "full", pod("big", pod_spec("950m")))
    spec = pod_spec(
        nodeSelector={ZONE_KEY: "us-east-1a"},
        topologySpreadConstraints=[spread("web", minDomains=2)],
    )

    assert chosen(pod("new", spec, app="web"), snapshot) == (
        "0/5 nodes are available: 1 Insufficient cpu, "
        "1 node(s) didn't match Pod's node affinity/selector, "
        "1 node(s) didn't match pod topology spread constraints, "
        "1 node(s) had untolerated taint {dedicated: batch}, 1 node(s) were unschedulable. "
        "preemption: 0/5 nodes are available: "
        "2 No preemption victims found for incoming pod, "
        "3 Preemption is not helpful for scheduling."
    )


def test_a_cluster_without_nodes_says_so():
    assert chosen(pod("new"), cluster()) == "no nodes available to schedule pods"


def test_preemption_does_not_help_a_pod_that_is_bigger_than_the_node():
    assert chosen(pod("new", pod_spec("8")), cluster(node("one"))).endswith(
        "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    )


def asking(cpu: str, memory: str) -> Obj:
    spec = pod_spec(cpu)
    spec["containers"][0]["resources"]["requests"]["memory"] = memory
    return spec


@pytest.mark.parametrize(
    ("cpu", "memory", "score"), [("1", "4Gi", 100), ("3", "0", 62), ("4", "16Gi", 100)]
)
def test_a_node_is_balanced_if_its_cpu_and_memory_are_used_alike(cpu, memory, score):
    """The recording is without this score, whose formula has changed."""
    guest = subject(pod("new", asking(cpu, memory)))
    assert balanced(guest, Seat(place(node("one")))) == score


def test_only_a_pod_that_asks_for_something_looks_for_balance():
    """Otherwise all idle pods would gather on one node (kubernetes#129138)."""
    snapshot = cluster(node("alike"), node("lopsided"))
    put(snapshot, "alike", pod("half", asking("2", "9Gi")))
    put(snapshot, "lopsided", pod("busy", asking("4", "0")))
    idle = {"containers": [{"name": "main", "image": "registry.local/app:1"}]}

    assert chosen(pod("new", asking("0", "1Mi")), snapshot) == "alike"
    assert chosen(pod("new", idle), snapshot) == "lopsided"


def test_the_emptier_node_is_chosen():
    snapshot = cluster(node("one"), node("two"))
    put(snapshot, "one", pod("big", pod_spec("2")))

    assert chosen(pod("new"), snapshot) == "two"


def test_a_soft_constraint_beats_the_emptier_node():
    snapshot = cluster(node("one", "us-east-1a"), node("two", "us-east-1b"))
    put(snapshot, "one", pod("own", app="web"))
    put(snapshot, "two", pod("big", pod_spec("2")))
    spec = pod_spec(topologySpreadConstraints=[spread("web", whenUnsatisfiable="ScheduleAnyway")])

    assert chosen(pod("new", spec, app="web"), snapshot) == "two"


def test_a_soft_taint_repels_unless_it_is_tolerated():
    repelling = node("one")
    repelling["spec"]["taints"] = [{"key": "leaving", "effect": "PreferNoSchedule"}]
    snapshot = cluster(repelling, node("two"))
    put(snapshot, "two", pod("big", pod_spec("2")))

    assert chosen(pod("new"), snapshot) == "two"
    tolerant = pod_spec(tolerations=[{"operator": "Exists"}])
    assert chosen(pod("new", tolerant), snapshot) == "one"


def test_required_node_affinity_ors_its_terms():
    def term(zone: str) -> Obj:
        return {"matchExpressions": [{"key": ZONE_KEY, "operator": "In", "values": [zone]}]}

    required = {"nodeSelectorTerms": [term("nowhere"), term("us-east-1b"), {}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    snapshot = cluster(node("one", "us-east-1a"), node("two", "us-east-1b"))

    assert chosen(pod("new", pod_spec(affinity=affinity)), snapshot) == "two"


@pytest.mark.parametrize(("kind", "expected"), [("podAffinity", "b"), ("podAntiAffinity", "a")])
def test_a_pod_goes_where_it_would_rather_be(kind, expected):
    """plugins/interpodaffinity/scoring.go: the weight of a term for each pod in the domain."""
    snapshot = cluster(node("a", "us-east-1a"), node("b", "us-east-1b"))
    put(snapshot, "b", pod("one", pod_spec("1m"), app="web"))
    term = {"topologyKey": ZONE_KEY, "labelSelector": {"matchLabels": {"app": "web"}}}
    rather = {"weight": 100, "podAffinityTerm": term}
    affinity = {kind: {"preferredDuringSchedulingIgnoredDuringExecution": [rather]}}
    assert chosen(pod("two", pod_spec("1m", affinity=affinity), app="web"), snapshot) == expected


def test_anti_affinity_holds_in_both_directions():
    snapshot = cluster(node("one", "us-east-1a"), node("two", "us-east-1b"))
    put(snapshot, "one", pod("hermit", pod_spec(affinity=anti("web")), app="hermit"))

    assert chosen(pod("new", app="web"), snapshot) == "two"
    lonely = pod("new", pod_spec(affinity=anti("hermit")), app="other")
    assert chosen(lonely, snapshot) == "two"


def test_affinity_follows_its_friend_and_lets_the_first_of_a_kind_go_anywhere():
    term = {"topologyKey": ZONE_KEY, "labelSelector": {"matchLabels": {"app": "web"}}}
    near = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    snapshot = cluster(node("one", "us-east-1a"), node("two", "us-east-1b"))

    assert chosen(pod("new", pod_spec(affinity=near), app="web"), snapshot) == "one"
    assert "pod affinity rules" in chosen(pod("x", pod_spec(affinity=near), app="db"), snapshot)
    put(snapshot, "two", pod("friend", app="web"))
    assert chosen(pod("x", pod_spec(affinity=near), app="db"), snapshot) == "two"


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "dedicated", "operator": "Exists"}, True),
        ({"key": "dedicated", "value": "batch"}, True),
        ({"key": "dedicated", "value": "web"}, False),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_tolerations(toleration: Any, expected: bool):
    assert tolerates(toleration, BATCH) is expected


@pytest.mark.parametrize(
    ("text", "value"), [("250m", "0.25"), ("1.5", "1.5"), ("512Mi", "536870912"), ("2k", "2000")]
)
def test_quantities(text, value):
    assert str(quantity(text).normalize()) in {value, str(quantity(value).normalize())}


def test_a_pod_asks_for_its_containers_or_its_largest_init_container():
    def container(cpu: str, memory: str) -> Obj:
        return {"resources": {"requests": {"cpu": cpu, "memory": memory}}}

    spec = {
        "containers": [container("200m", "1Gi"), container("300m", "1Gi")],
        "initContainers": [container("100m", "4Gi")],
    }
    assert requests(spec) == Amount(cpu=500, memory=4 * 2**30, pods=1)
    assert amount({"cpu": "3920m", "pods": "58"}) == Amount(cpu=3920, pods=58)


def test_an_unschedulable_pod_gets_its_condition_and_one_event():
    world = SmallWorld()
    world.cluster.create("pods", pod("huge", pod_spec("40")))
    world.run(30)

    found = world.cluster.get("pods", "huge", "shop")
    assert found is not None
    condition = found["status"]["conditions"][0]
    assert (condition["type"], condition["status"], condition["reason"]) == (
        "PodScheduled",
        "False",
        "Unschedulable",
    )
    assert condition["message"].startswith("0/6 nodes are available: 6 Insufficient cpu.")
    events = [e for e in world.cluster.list("events") if e["reason"] == "FailedScheduling"]
    assert [(e["message"], e["count"]) for e in events] == [(condition["message"], 1)]


def test_a_pod_with_gates_or_another_scheduler_is_left_alone():
    world = SmallWorld()
    gated = pod_spec(schedulingGates=[{"name": "wait"}])
    world.cluster.create("pods", pod("gated", gated))
    world.cluster.create("pods", pod("foreign", pod_spec(schedulerName="other")))
    world.run(10)

    assert all("nodeName" not in each["spec"] for each in world.pods())


def test_the_higher_priority_is_served_first():
    world = SmallWorld(nodes_per_zone=1)
    for number in range(3):
        world.cluster.create("pods", pod(f"filler{number}", pod_spec("2500m")))
    world.run(10)
    patient = pod_spec("2500m", priority=1000, preemptionPolicy="Never")
    world.cluster.create("pods", pod("low", pod_spec("2500m")))
    world.cluster.create("pods", pod("high", patient))
    world.run(10)

    world.cluster.delete("pods", "filler0", "shop", grace=0)
    world.run(10)

    assert world.zone_of(world.cluster.get("pods", "high", "shop") or {}) != ""
    assert "nodeName" not in (world.cluster.get("pods", "low", "shop") or {})["spec"]


def test_of_a_pod_that_names_its_node_only_that_node_is_asked(monkeypatch):
    """NodeAffinity's PreFilterResult (plugins/nodeaffinity/node_affinity.go)."""
    asked = []
    takes = Filter.takes
    monkeypatch.setattr(
        Filter, "takes", lambda self, seat: (asked.append(seat.place.name), takes(self, seat))[1]
    )
    fields = [{"key": "metadata.name", "operator": "In", "values": ["n7"]}]
    required = {"nodeSelectorTerms": [{"matchFields": fields}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    snapshot = Snapshot(Seat(place(node(f"n{number}"))) for number in range(20))

    found = search(subject(pod("daemon", pod_spec(affinity=affinity))), snapshot)

    assert found.best is snapshot.seats["n7"]
    assert asked == ["n7"]


def test_why_a_node_is_refused_is_only_worked_out_when_none_takes_the_pod(monkeypatch):
    explained = []
    refusal = Filter.refusal
    monkeypatch.setattr(
        Filter,
        "refusal",
        lambda self, seat: (explained.append(seat.place.name), refusal(self, seat))[1],
    )
    small, large = node("small"), node("large")
    small["status"]["allocatable"]["cpu"] = "1"
    snapshot = Snapshot([Seat(place(small)), Seat(place(large))])

    assert search(subject(pod("p", pod_spec("2"))), snapshot).best is not None
    assert explained == []
    nowhere = search(subject(pod("q", pod_spec("200"))), snapshot)
    assert sorted(explained) == ["large", "small"] == sorted(nowhere.refusals)
