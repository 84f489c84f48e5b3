from __future__ import annotations

import pytest

from sopctl.actions.k8s.autoscaler_scale_down import ACTION, DISABLED, TAGS, Params, Via
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.resource import ABSENT, ResourceId
from tests import laws
from tests.actions.k8s.stage import apply, effect, inverse, look, plan, send

ANNOTATIONS = Params(enabled=False)
BY_TAGS = Params(enabled=False, via=Via.TAGS)
BY_FLAG = Params(enabled=False, via=Via.FLAG)


@pytest.fixture
def scaled(stage):
    """A fleet, and a cluster autoscaler that knows it."""
    stage.local.fleet()
    stage.local.autoscaler()
    return stage


def annotation(stage, node):
    return stage.cluster.get("nodes", node)["metadata"].get("annotations", {}).get(DISABLED)


def command(stage):
    found = stage.cluster.get("deployments", "cluster-autoscaler", "kube-system")
    return found["spec"]["template"]["spec"]["containers"][0]["command"]


@pytest.mark.parametrize("params", [ANNOTATIONS, BY_TAGS, BY_FLAG], ids=list(Via))
def test_it_keeps_the_laws(scaled, params):
    laws.prove(ACTION, scaled, params)


def test_every_node_is_annotated_with_the_exact_word(scaled):
    apply(scaled, ACTION, plan(scaled, ACTION, ANNOTATIONS))
    nodes = [each["metadata"]["name"] for each in scaled.cluster.list("nodes")]
    assert {annotation(scaled, each) for each in nodes} == {"true"}
    assert len(nodes) == 6


def test_an_annotation_that_eks_set_is_not_ours_to_remove(scaled):
    theirs = {"metadata": {"annotations": {DISABLED: "true"}}}
    scaled.cluster.patch("nodes", "a0", theirs)
    changes = plan(scaled, ACTION, ANNOTATIONS)
    assert "a0" not in {each.resource.name for each in changes}
    apply(scaled, ACTION, changes)
    apply(scaled, ACTION, inverse(scaled, ACTION, changes))
    assert annotation(scaled, "a0") == "true"
    assert annotation(scaled, "a1") is None


def test_another_value_is_put_back_as_it_was(scaled):
    scaled.cluster.patch("nodes", "a0", {"metadata": {"annotations": {DISABLED: "false"}}})
    changes = plan(scaled, ACTION, ANNOTATIONS)
    apply(scaled, ACTION, changes)
    assert annotation(scaled, "a0") == "true"
    apply(scaled, ACTION, inverse(scaled, ACTION, changes))
    assert annotation(scaled, "a0") == "false"


def test_a_node_somebody_changed_since_is_a_conflict(scaled):
    (change, *_) = plan(scaled, ACTION, ANNOTATIONS)
    scaled.cluster.patch("nodes", change.resource.name, {"metadata": {"labels": {"x": "y"}}})
    (receipt,) = send(scaled, ACTION, change).values()
    assert receipt.kind is ReceiptKind.CONFLICT


def tags(stage, group):
    return {key: stage.local.cloud.group(group).tags.get(key) for key in TAGS}


def test_only_groups_the_autoscaler_discovers_are_tagged(scaled):
    apply(scaled, ACTION, plan(scaled, ACTION, BY_TAGS))
    assert tags(scaled, "web-a") == dict.fromkeys(TAGS, ("8760h", False))
    assert tags(scaled, "stranger") == dict.fromkeys(TAGS)


def test_an_old_tag_comes_back_with_its_value_and_its_propagation(scaled):
    scaled.local.cloud.set_tag("web-a", TAGS[0], "10m", propagate=True)
    original = scaled.dump()
    changes = plan(scaled, ACTION, BY_TAGS)
    apply(scaled, ACTION, changes)
    apply(scaled, ACTION, inverse(scaled, ACTION, changes))
    assert scaled.dump() == original


def test_many_tags_are_one_call(scaled):
    changes = plan(scaled, ACTION, BY_TAGS)
    send(scaled, ACTION, *changes)
    assert len(changes) == 14
    assert scaled.local.sent("CreateOrUpdateTags") == 1


def test_a_group_of_the_same_name_but_another_arn_is_gone(scaled):
    change = plan(scaled, ACTION, BY_TAGS)[0]
    other = ResourceId("aws.asg", change.resource.name, "arn:other", change.resource.part)
    assert look(scaled, ACTION, Change(other, change.before, change.after)) == {}


def test_groups_given_by_name_are_told_not_to_read_tags(stage):
    stage.local.fleet()
    stage.local.autoscaler("--nodes=0:9:web-a")
    selection = ACTION.select(stage.clients, BY_TAGS)
    assert selection.ids == ()
    assert "web-a is given by name" in selection.notes[0]


@pytest.mark.parametrize("via", Via)
def test_where_no_autoscaler_runs_there_is_nothing_to_freeze(stage, via):
    selection = ACTION.select(stage.clients, Params(enabled=False, via=via))
    assert selection.ids == ()
    assert "no cluster autoscaler runs here" in selection.notes[0]


def test_each_of_two_autoscalers_has_to_go_through_a_loop(scaled):
    scaled.local.autoscaler("--status-config-map-name=other", name="second")
    changes = plan(scaled, ACTION, ANNOTATIONS)
    at = scaled.local.watch.now()
    scaled.local.watch.sleep(10)
    scaled.local.write_status()
    seen = ACTION.effect.look(scaled.clients, ANNOTATIONS, changes, at)
    assert not seen.ok
    assert "kube-system/second" in seen.detail


def test_the_flag_is_set_on_request_only_and_needs_consent(scaled):
    assert ACTION.consent(ANNOTATIONS) == ACTION.consent(BY_TAGS) == ""
    assert "restarts" in ACTION.consent(BY_FLAG)
    before = command(scaled)
    apply(scaled, ACTION, plan(scaled, ACTION, BY_FLAG))
    assert command(scaled) == [*before, "--scale-down-enabled=false"]


def test_a_flag_that_says_otherwise_is_replaced_and_put_back_in_its_place(stage):
    stage.local.fleet()
    stage.local.autoscaler("--scale-down-enabled=true", "--v=4")
    before = command(stage)
    changes = plan(stage, ACTION, BY_FLAG)
    apply(stage, ACTION, changes)
    assert command(stage)[-2:] == ["--v=4", "--scale-down-enabled=false"]
    assert "--scale-down-enabled=true" not in command(stage)
    apply(stage, ACTION, inverse(stage, ACTION, changes))
    assert command(stage) == before


def test_a_flag_that_is_off_already_is_left_alone(stage):
    stage.local.fleet()
    stage.local.autoscaler("-scale-down-enabled=false")
    assert plan(stage, ACTION, BY_FLAG) == []


@pytest.mark.parametrize("via", Via)
def test_enabling_takes_the_freeze_off(scaled, via):
    apply(scaled, ACTION, plan(scaled, ACTION, Params(enabled=False, via=via)))
    on = Params(enabled=True, via=via)
    changes = plan(scaled, ACTION, on)
    assert changes
    apply(scaled, ACTION, changes)
    assert plan(scaled, ACTION, Params(enabled=False, via=via))
    assert plan(scaled, ACTION, on) == []


def test_the_effect_waits_for_a_loop_that_saw_it(scaled):
    changes = plan(scaled, ACTION, ANNOTATIONS)
    apply(scaled, ACTION, changes)
    at = scaled.local.watch.now()
    scaled.local.write_status()
    assert not ACTION.effect.look(scaled.clients, ANNOTATIONS, changes, at).ok
    scaled.local.watch.sleep(10)
    scaled.local.write_status()
    assert ACTION.effect.look(scaled.clients, ANNOTATIONS, changes, at).ok


def test_tags_are_seen_a_minute_later_only(scaled):
    changes = plan(scaled, ACTION, BY_TAGS)
    at = scaled.local.watch.now()
    scaled.local.watch.sleep(30)
    scaled.local.write_status()
    assert not ACTION.effect.look(scaled.clients, BY_TAGS, changes, at).ok
    scaled.local.watch.sleep(40)
    scaled.local.write_status()
    assert ACTION.effect.look(scaled.clients, BY_TAGS, changes, at).ok


def removed(stage, node, at):
    name = f"{node}.1"
    event = {
        "metadata": {"name": name, "namespace": "default"},
        "involvedObject": {"kind": "Node", "name": node},
        "reason": "ScaleDown",
        "lastTimestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    stage.cluster.create("events", event)


def test_a_node_removed_since_is_told_and_one_removed_before_is_not(scaled):
    removed(scaled, "b1", scaled.local.watch.now())
    scaled.local.watch.sleep(60)
    changes = plan(scaled, ACTION, ANNOTATIONS)
    at = scaled.local.watch.now()
    scaled.local.watch.sleep(20)
    scaled.local.write_status()
    assert ACTION.effect.look(scaled.clients, ANNOTATIONS, changes, at).ok
    removed(scaled, "c1", scaled.local.watch.now())
    seen = ACTION.effect.look(scaled.clients, ANNOTATIONS, changes, at)
    assert not seen.ok
    assert "c1" in seen.detail
    undone = [Change(each.resource, each.before, ABSENT) for each in changes]
    assert ACTION.effect.look(scaled.clients, ANNOTATIONS, undone, at).ok


def test_without_a_status_the_effect_is_not_claimed(scaled):
    changes = plan(scaled, ACTION, ANNOTATIONS)
    assert not effect(scaled, ACTION, ANNOTATIONS, changes).ok
