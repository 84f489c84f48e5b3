"""PodTopologySpread, case by case, on three zones whose pods are counted in the test's name."""

from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.spread import NO_LABEL, SKEWED, Spread
from sopctl.sandbox.world.scheduling.subject import Subject, place, subject
from tests.fakes.workloads import ZONE_KEY, node, pod, pod_spec, spread

CORDON: Obj = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def newcomer(*constraints: Obj, app: str = "web", **fields: object) -> Subject:
    made = pod("new", pod_spec(topologySpreadConstraints=list(constraints), **fields), app=app)
    return subject(made)


def zones(**counts: int) -> Snapshot:
    """One node for each zone, with so many pods of the app web."""
    seats = []
    for name, count in counts.items():
        sitting = [subject(pod(f"{name}{number}", app="web")) for number in range(count)]
        seats.append(Seat(place(node(name, name)), sitting))
    return Snapshot(seats)


def open_zones(guest: Subject, snapshot: Snapshot) -> set[str]:
    asked = Spread(guest, snapshot)
    return {n for n, seat in snapshot.seats.items() if asked.refusal(seat.place) is None}


def tainted(snapshot: Snapshot, *names: str) -> Snapshot:
    for name in names:
        old = snapshot.seats[name]
        taint = {**node(name, name)}
        taint["spec"] = {"taints": [CORDON], "unschedulable": True}
        snapshot.seats[name] = Seat(place(taint), old.sitting)
    return snapshot


def test_the_emptiest_zones_are_open():
    assert open_zones(newcomer(spread("web")), zones(a=3, b=3, c=2)) == {"c"}
    assert open_zones(newcomer(spread("web")), zones(a=2, b=2, c=2)) == {"a", "b", "c"}


def test_a_wider_skew_opens_more_zones():
    assert open_zones(newcomer(spread("web", maxSkew=2)), zones(a=4, b=3, c=2)) == {"b", "c"}


def test_a_cordoned_zone_still_counts_by_default():
    snapshot = tainted(zones(a=0, b=3, c=3), "a")
    assert open_zones(newcomer(spread("web")), snapshot) == {"a"}


def test_a_cordoned_zone_is_no_domain_when_taints_are_honoured():
    snapshot = tainted(zones(a=0, b=3, c=3), "a")
    constraint = spread("web", nodeTaintsPolicy="Honor")
    assert open_zones(newcomer(constraint), snapshot) >= {"b", "c"}


def test_honouring_taints_does_not_help_when_domains_are_demanded():
    snapshot = tainted(zones(a=0, b=3, c=3), "a")
    constraint = spread("web", nodeTaintsPolicy="Honor", minDomains=3)
    assert open_zones(newcomer(constraint), snapshot) & {"b", "c"} == set()


def test_too_few_domains_count_as_an_empty_one():
    snapshot = zones(a=1, b=1)
    assert open_zones(newcomer(spread("web")), snapshot) == {"a", "b"}
    assert open_zones(newcomer(spread("web", minDomains=3)), snapshot) == set()


def test_a_node_selector_takes_zones_out_of_the_count():
    guest = newcomer(spread("web"), nodeSelector={"topology.kubernetes.io/zone": "b"})
    assert "b" in open_zones(guest, zones(a=0, b=5, c=0))


def test_a_node_selector_is_ignored_when_the_constraint_says_so():
    guest = newcomer(
        spread("web", nodeAffinityPolicy="Ignore"),
        nodeSelector={"topology.kubernetes.io/zone": "b"},
    )
    assert "b" not in open_zones(guest, zones(a=0, b=5, c=0))


def test_terminating_pods_and_other_namespaces_do_not_count():
    snapshot = zones(a=1, b=1, c=1)
    leaving = pod("leaving", app="web")
    leaving["metadata"]["deletionTimestamp"] = "2026-11-01T03:00:00Z"
    foreign = pod("foreign", app="web")
    foreign["metadata"]["namespace"] = "elsewhere"
    for each in (leaving, foreign):
        snapshot.bind(subject(each), "a")

    assert open_zones(newcomer(spread("web")), snapshot) == {"a", "b", "c"}


def test_a_null_selector_counts_nothing_and_refuses_nothing():
    guest = newcomer(spread("web", labelSelector=None))
    assert open_zones(guest, zones(a=9, b=0, c=0)) == {"a", "b", "c"}


def test_a_pod_that_does_not_match_its_own_selector_adds_nothing():
    guest = newcomer(spread("web"), app="other")
    assert open_zones(guest, zones(a=1, b=0, c=0)) == {"a", "b", "c"}
    assert open_zones(guest, zones(a=2, b=0, c=0)) == {"b", "c"}


def test_match_label_keys_count_each_revision_for_itself():
    snapshot = zones(a=3, b=3, c=3)
    for number in range(2):
        snapshot.bind(subject(pod(f"n{number}", app="web", rev="2")), "a")
    constraint = spread("web", matchLabelKeys=["rev"])
    made = pod("new", pod_spec(topologySpreadConstraints=[constraint]), app="web", rev="2")

    assert open_zones(subject(made), snapshot) == {"b", "c"}


def test_soft_constraints_refuse_nothing_but_prefer_the_empty():
    guest = newcomer(spread("web", whenUnsatisfiable="ScheduleAnyway"))
    snapshot = zones(a=3, b=0, c=1)
    asked = Spread(guest, snapshot)

    assert open_zones(guest, snapshot) == {"a", "b", "c"}
    scores = asked.scores([seat.place for seat in snapshot.seats.values()])
    # scoring.go: count * ln(3 zones + 2), rounded to 5, 0 and 2, then 100 * (5 + 0 - s) / 5.
    assert scores == [0, 100, 60]


def test_nodes_without_the_key_are_refused_for_another_reason():
    snapshot = zones(a=0, b=0)
    bare = node("bare")
    del bare["metadata"]["labels"][ZONE_KEY]
    snapshot.add(Seat(place(bare)))
    asked = Spread(newcomer(spread("web")), snapshot)

    assert asked.refusal(snapshot.seats["bare"].place) == NO_LABEL


def test_all_hard_constraints_must_hold():
    host = {**spread("web"), "topologyKey": "kubernetes.io/hostname"}
    snapshot = zones(a=1, b=1, c=1)
    snapshot.add(Seat(place(node("a2", "a"))))
    guest = newcomer(spread("web"), host)

    assert open_zones(guest, snapshot) == {"a2"}


def test_noting_a_pod_is_the_same_as_counting_again():
    snapshot = zones(a=1, b=1, c=1)
    guest = newcomer(spread("web"))
    asked = Spread(guest, snapshot)
    for number, where in enumerate("abca"):
        other = subject(pod(f"x{number}", app="web"))
        snapshot.bind(other, where)
        asked.note(other, snapshot.seats[where].place)

    fresh = Spread(guest, snapshot)
    assert [d.counts for d in asked.hard] == [d.counts for d in fresh.hard]
    assert asked.refusal(snapshot.seats["a"].place) == SKEWED
