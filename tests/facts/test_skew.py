from __future__ import annotations

from typing import Any

import pytest

from sopctl.facts import skew
from sopctl.facts.objects import node, pod, workload
from tests.fakes import workloads as fakes

KEY = fakes.ZONE_KEY


def measured(
    counts: dict[str, int],
    *constraints: Any,
    soft: bool = False,
    cordoned: str = "",
    more: Any = None,
) -> skew.Skew | None:
    """A workload with so many pods in each zone, of one node each."""
    nodes = []
    for zone in counts:
        body = fakes.node(zone, zone)
        body["metadata"]["uid"] = zone
        body["spec"]["unschedulable"] = zone == cordoned
        nodes.append(node.read(body))
    pods = [
        _pod(f"web-{zone}-{number}", zone, app="web")
        for zone, count in counts.items()
        for number in range(count)
    ]
    spec = fakes.pod_spec(topologySpreadConstraints=list(constraints))
    made = fakes.deployment("web", 9, spec)
    read = workload.read("k8s.deployment", made)
    return skew.of(read, [*pods, *(more or ())], nodes, KEY, soft=soft)


def _pod(name: str, where: str, **labels: str) -> pod.Pod:
    return pod.read(fakes.pod(name, fakes.pod_spec(nodeName=where), **labels))


def surplus(counts: dict[str, int], **fields: Any) -> dict[str, int]:
    found = measured(counts, fakes.spread("web", **fields))
    assert found is not None
    return dict(skew.surplus(found))


@pytest.mark.parametrize(
    ("counts", "leaving"),
    [
        ({"a": 3, "b": 3, "c": 0}, {"a": 1, "b": 1}),
        ({"a": 6, "b": 0, "c": 0}, {"a": 4}),
        ({"a": 2, "b": 1, "c": 1}, {}),
        ({"a": 3, "b": 2, "c": 1}, {"a": 1}),
        ({"a": 5}, {}),
    ],
)
def test_as_many_leave_as_are_too_many(counts: dict[str, int], leaving: dict[str, int]) -> None:
    assert surplus(counts) == leaving


def test_what_the_constraint_allows_stays() -> None:
    assert surplus({"a": 3, "b": 1}, maxSkew=2) == {}
    assert surplus({"a": 4, "b": 1}, maxSkew=2) == {"a": 1}


def test_of_several_constraints_the_strictest_counts() -> None:
    loose = fakes.spread("web", maxSkew=5)
    found = measured({"a": 3, "b": 0}, loose, fakes.spread("web"))
    assert found is not None
    assert found.allowed == 1


def test_a_preferred_one_counts_when_asked_for() -> None:
    said = fakes.spread("web", whenUnsatisfiable="ScheduleAnyway")
    assert measured({"a": 3, "b": 0}, said) is None
    found = measured({"a": 3, "b": 0}, said, soft=True)
    assert found is not None
    assert found.uneven


def test_a_zone_that_takes_nothing_is_no_domain() -> None:
    found = measured({"a": 3, "b": 0}, fakes.spread("web"), cordoned="b")
    assert found is not None
    assert (found.counts, found.uneven) == ({"a": 3}, False)


def test_without_a_constraint_or_pods_there_is_no_skew() -> None:
    assert measured({"a": 3, "b": 0}) is None
    assert measured({"a": 0, "b": 0}, fakes.spread("web")) is None


def test_pods_of_others_that_it_selects_count_and_do_not_leave() -> None:
    others = [_pod(f"old-{n}", "b", app="web", track="old") for n in range(2)]
    found = measured({"a": 2, "b": 0}, fakes.spread("web"), more=others)
    assert found is not None
    assert found.counts == {"a": 2, "b": 2}


def test_with_labels_to_match_only_the_like_count() -> None:
    old = [_pod(f"old-{n}", "b", app="web", hash="1") for n in range(2)]
    found = measured({"a": 2, "b": 0}, fakes.spread("web", matchLabelKeys=["hash"]), more=old)
    assert found is not None
    assert found.counts == {"a": 2, "b": 0}


def test_it_is_told_zone_by_zone() -> None:
    found = measured({"b": 0, "a": 3}, fakes.spread("web"))
    assert str(found) == "shop/web: a 3, b 0"
