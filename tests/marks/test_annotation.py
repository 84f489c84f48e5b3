from __future__ import annotations

import pytest

from sopctl.core.action import Change, Mark
from sopctl.core.errors import ConflictError
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.marks.annotation import MARKER, AnnotationMarker
from tests.laws import call
from tests.local import Local


def node(local: Local, name: str = "node-1", part: str = "") -> ResourceId:
    found = local.cluster.get("nodes", name)
    assert found is not None
    return ResourceId("k8s.node", name, found["metadata"]["uid"], part)


def mark(resource: ResourceId, what: str = "cordon") -> Mark:
    return AnnotationMarker(what).name(Change(resource, Observed(ABSENT), ABSENT), "RUN")


def annotations(local: Local, name: str = "node-1") -> dict[str, str]:
    found = local.cluster.get("nodes", name)
    assert found is not None
    return found["metadata"].get("annotations") or {}


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("", "sopctl.io/held-by"),
        ("spec.unschedulable", "sopctl.io/held-by.spec.unschedulable"),
        (
            "cluster-autoscaler.kubernetes.io/x",
            "sopctl.io/held-by.cluster-autoscaler.kubernetes.io_x",
        ),
        ("/spec/behavior", "sopctl.io/held-by.spec_behavior"),
        ("p" * 90, "sopctl.io/held-by." + "p" * 55),
    ],
)
def test_the_key_says_what_is_held_and_is_a_valid_name(part: str, key: str) -> None:
    resource = ResourceId("k8s.node", "n", "uid", part)
    made = MARKER.name(Change(resource, Observed(ABSENT), ABSENT), "RUN")
    assert made.key == key
    assert len(key.partition("/")[2]) <= 63
    assert made.resource == ResourceId("k8s.node", "n", "uid")


def test_two_actions_can_hold_one_object(local: Local) -> None:
    both = [mark(node(local), "cordon"), mark(node(local), "scale_down")]
    AnnotationMarker().write(call(), local.world, both)
    assert annotations(local) == {each.key: "RUN" for each in both}
    AnnotationMarker().remove(call(), local.world, both[:1])
    assert annotations(local) == {both[1].key: "RUN"}


def test_marks_are_set_read_and_taken_off(local: Local) -> None:
    wanted = [mark(node(local, name)) for name in ("node-1", "node-2")]
    assert set(MARKER.read(local.world, wanted).values()) == {None}
    MARKER.write(call(), local.world, wanted)
    assert MARKER.read(local.world, wanted) == dict.fromkeys(wanted, "RUN")
    MARKER.remove(call(), local.world, wanted)
    assert annotations(local) == {}


def test_a_mark_that_became_somebody_else_s_is_left(local: Local) -> None:
    ours = mark(node(local))
    local.cluster.patch("nodes", "node-1", {"metadata": {"annotations": {ours.key: "THEIRS"}}})
    with pytest.raises(ConflictError):  # the engine looks again, and sees that it is not ours
        MARKER.remove(call(), local.world, [ours])
    assert annotations(local) == {ours.key: "THEIRS"}


def test_a_later_object_of_the_same_name_is_neither_read_nor_marked(local: Local) -> None:
    earlier = mark(ResourceId("k8s.node", "node-1", "an-earlier-uid"))
    with pytest.raises(ConflictError):
        MARKER.write(call(), local.world, [earlier])
    assert annotations(local) == {}
    local.cluster.patch("nodes", "node-1", {"metadata": {"annotations": {earlier.key: "RUN"}}})
    assert MARKER.read(local.world, [earlier]) == {earlier: None}


def test_an_object_that_is_gone_needs_no_mark(local: Local) -> None:
    gone = mark(ResourceId("k8s.node", "gone", "uid"))
    MARKER.write(call(), local.world, [gone])
    MARKER.remove(call(), local.world, [gone])
    assert MARKER.read(local.world, [gone]) == {gone: None}


def test_many_marks_are_read_as_one_list_and_a_few_one_by_one(local: Local) -> None:
    names = [f"node-{number}" for number in range(1, 3)]
    wanted = [mark(node(local, name), what) for name in names for what in ("cordon", "drain")]
    for number in range(3, 9):
        local.cluster.create("nodes", {"metadata": {"name": f"node-{number}"}})
        wanted.append(mark(node(local, f"node-{number}")))
    MARKER.write(call(), local.world, wanted)
    local.kube.calls.clear()
    assert set(MARKER.read(local.world, wanted).values()) == {"RUN"}
    assert [each.path for each in local.kube.calls] == ["/api/v1/nodes"]
    local.kube.calls.clear()
    assert set(MARKER.read(local.world, wanted[:2]).values()) == {"RUN"}
    assert [each.path for each in local.kube.calls] == ["/api/v1/nodes/node-1"]
