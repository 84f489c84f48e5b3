from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sopctl.actions.aws import asg_tags
from sopctl.actions.aws.asg_tags import ACTION, Params, Select, TagState
from sopctl.core.action import Change, ReceiptKind, Seen
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Observed, ResourceId
from tests.laws import call, prove, run
from tests.local import ENABLED, OWNED, Local, local_world

REMOVE = Params(select=Select(zone="us-east-1a"), remove=(ENABLED,))


def changes(local: Local, params: Params = REMOVE) -> list[Change[TagState]]:
    ids = ACTION.select(local.world, params).ids
    seen = ACTION.observe(local.world, params, ids)
    return [Change(i, seen[i], ACTION.desire(params, i, seen[i])) for i in ids]


def test_the_laws_hold_when_a_discovery_key_is_removed(local: Local) -> None:
    proof = prove(ACTION, local, REMOVE)
    assert [each.name for each in proof.selection.ids] == ["spot-a", "web-a"]
    assert all(each.state is ABSENT for each in proof.settled.values())


def test_the_laws_hold_when_tags_are_added_and_overwritten(local: Local) -> None:
    local.cloud.set_tag("web-b", "policy", "old", True)
    proof = prove(ACTION, local, Params(add={"policy": "new", OWNED: ""}))
    states = {(i.name, i.part): each.state for i, each in proof.settled.items()}
    assert states["web-b", "policy"] == TagState(value="new", propagate=True)
    assert states["web-a", "policy"] == TagState(value="new", propagate=False)
    assert states["web-a", OWNED] == TagState(value="", propagate=False)


@pytest.mark.parametrize(
    "tag", [("true", True), ("true", False), ("", True), ("no: 'quotes' {}", False)]
)
def test_value_and_propagation_come_back_exactly(local: Local, tag: tuple[str, bool]) -> None:
    local.cloud.set_tag("web-a", ENABLED, *tag)
    prove(ACTION, local, REMOVE)
    assert local.cloud.group("web-a").tags[ENABLED] == tag


def test_a_zone_id_selects_what_its_name_selects(local: Local) -> None:
    zone = local.world.facts.zone("us-east-1a")
    by_id = Params(select=Select(zone=zone.id), remove=(ENABLED,))
    assert ACTION.select(local.world, by_id) == ACTION.select(local.world, REMOVE)


def test_groups_over_several_zones_are_noted_and_not_touched(local: Local) -> None:
    selection = ACTION.select(local.world, REMOVE)
    assert "all" not in {each.name for each in selection.ids}
    assert any(note.startswith("all: left alone") for note in selection.notes)


def test_the_population_is_every_group_of_the_cluster_and_no_other(local: Local) -> None:
    assert ACTION.select(local.world, REMOVE).population == 7


def test_groups_that_the_autoscaler_is_given_by_name_are_noted(local: Local) -> None:
    local.cluster.delete("deployments", "cluster-autoscaler", "kube-system")
    local.autoscaler(
        f"--node-group-auto-discovery=asg:tag={ENABLED}", "--nodes=1:10:web-a", "--nodes=1:3:x:y"
    )
    selection = ACTION.select(local.world, REMOVE)
    assert [each.name for each in selection.ids] == ["spot-a"]
    assert any("web-a: left alone" in note and "--nodes" in note for note in selection.notes)


def test_groups_that_are_not_discovered_any_more_are_not_selected(local: Local) -> None:
    run(ACTION, local.world, changes(local))
    local.connect()
    assert ACTION.select(local.world, REMOVE).ids == ()


def test_a_key_that_the_autoscaler_does_not_look_for_is_refused(local: Local) -> None:
    wrong = Params(select=Select(zone="us-east-1a"), remove=("k8s.io/autoscaler",))
    with pytest.raises(RefusedError, match="does not look for") as refusal:
        ACTION.select(local.world, wrong)
    assert ENABLED in refusal.value.hint


def test_a_zone_that_is_not_there_is_refused_with_the_one_that_was_meant(local: Local) -> None:
    with pytest.raises(RefusedError) as refusal:
        ACTION.select(local.world, Params(select=Select(zone="us-east-1z"), remove=(ENABLED,)))
    assert "Did you mean us-east-1" in refusal.value.hint


def test_tags_of_several_groups_travel_in_one_call(local: Local) -> None:
    everywhere = Params(remove=(ENABLED,))
    found = changes(local, everywhere)
    assert len(found) == 7
    run(ACTION, local.world, found)
    assert local.sent("DeleteTags") == 1


def test_one_bad_tag_does_not_take_its_batch_along(local: Local) -> None:
    found = changes(local)
    gone = ResourceId("aws.asg", "gone", "arn:gone", ENABLED)
    bad = Change(gone, Observed(TagState(value="true", propagate=True)), ABSENT)
    receipts = dict(ACTION.converge(call(), local.world, [bad, *found]))
    assert receipts[gone].kind is not ReceiptKind.UNKNOWN
    assert {receipts[each.resource].kind for each in found} == {ReceiptKind.DONE}
    assert all(each.state is ABSENT for each in _observe(local, found).values())


def test_a_group_of_that_name_with_another_arn_is_gone(local: Local) -> None:
    other = ResourceId("aws.asg", "web-a", "arn:of:an:earlier:one", ENABLED)
    assert ACTION.observe(local.world, REMOVE, [other])[other] == Observed(ABSENT, gone=True)


@pytest.mark.parametrize("text", [False, True])
def test_the_effect_is_that_the_autoscaler_dropped_the_groups(local: Local, text: bool) -> None:
    everything = [each.name for each in local.cloud.groups()]
    local.write_status(*everything, text=text)
    found = changes(local)
    run(ACTION, local.world, found)
    changed_at = local.watch.now()
    assert not _look(local, found, changed_at).ok, "the status is older than the change"
    local.watch.sleep(30)
    local.write_status(*everything, text=text)
    assert "still knows spot-a, web-a" in _look(local, found, changed_at).detail
    local.watch.sleep(30)
    local.write_status("web-b", "all", text=text)
    seen = _look(local, found, changed_at)
    assert seen.ok
    assert seen.detail == "the autoscaler dropped 2"


def test_a_status_from_before_the_change_says_nothing_even_if_it_lacks_the_groups(
    local: Local,
) -> None:
    local.write_status("web-b")
    found = changes(local)
    run(ACTION, local.world, found)
    assert "last wrote its status" in _look(local, found, local.watch.now()).detail
    local.watch.sleep(0.5)
    local.write_status("web-b")
    assert _look(local, found, local.watch.now() - timedelta(seconds=0.5)).ok


def test_the_effect_on_the_way_back_is_that_it_took_them_up_again(local: Local) -> None:
    found = changes(local)
    run(ACTION, local.world, found)
    settled = _observe(local, found)
    back = [Change(e.resource, settled[e.resource], e.before.state) for e in found]
    run(ACTION, local.world, back, "back")
    changed_at = local.watch.now()
    local.watch.sleep(70)
    local.write_status("web-a")
    assert "does not know spot-a yet" in _look(local, back, changed_at).detail
    local.write_status("web-a", "spot-a")
    assert _look(local, back, changed_at).ok


def test_tags_that_the_autoscaler_does_not_discover_by_have_no_effect_to_wait_for(
    local: Local,
) -> None:
    found = changes(local, Params(add={"team": "web"}))
    assert _look(local, found, local.watch.now()).ok


def test_without_a_status_nobody_can_see_the_effect(local: Local) -> None:
    seen = _look(local, changes(local), local.watch.now())
    assert not seen.ok
    assert "no status" in seen.detail


def _look(local: Local, found: list[Change[TagState]], changed_at: datetime) -> Seen:
    return asg_tags.look(local.world, REMOVE, found, changed_at)


def _observe(local: Local, found: list[Change[TagState]]) -> dict[ResourceId, Observed[TagState]]:
    return dict(ACTION.observe(local.world, REMOVE, [each.resource for each in found]))


def test_without_an_autoscaler_there_is_nobody_to_hide_from(tmp_path: Path) -> None:
    with local_world(tmp_path) as local:
        local.fleet()
        selection = ACTION.select(local.world, Params(remove=(ENABLED,)))
    assert selection.ids == ()
    assert selection.notes == ("no cluster autoscaler runs here: nobody would look for the tags.",)


def test_two_autoscalers_have_both_dropped_the_group_before_it_counts(local: Local) -> None:
    """A sharded cluster: what one of them still knows is not gone."""
    args = (
        f"--node-group-auto-discovery=asg:tag={ENABLED},{OWNED}",
        "--status-config-map-name=second",
    )
    local.autoscaler(*args, name="second")
    world = local.connect()
    params = Params(select=Select(groups=("web-a",)), remove=(ENABLED,))
    (resource,) = ACTION.select(world, params).ids
    seen = ACTION.observe(world, params, [resource])[resource]
    change = Change(resource, seen, ABSENT)
    run(ACTION, world, [change])
    assert ACTION.effect is not None
    changed_at = local.watch.now()
    local.watch.sleep(70)
    local.write_status("web-b")
    first_only = ACTION.effect.look(world, params, [change], changed_at)
    assert not first_only.ok
    local.write_status("web-b", name="second")
    assert ACTION.effect.look(world, params, [change], changed_at).ok
