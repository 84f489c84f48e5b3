from __future__ import annotations

import pytest

from sopctl.actions.aws.asg_desired import ACTION, Params, TrimState
from sopctl.core.action import Change, Receipt, ReceiptKind
from sopctl.core.resource import Observed, ResourceId
from sopctl.facts.choice import Where
from tests.laws import run
from tests.local import Local

ZONE = Params(select=Where(zone="us-east-1a"))


@pytest.fixture
def failed(local: Local) -> Local:
    """The zone is dead: instances there are on their way out, and none can be launched."""
    local.group("kept", "us-east-1a", min=2, desired=3)
    local.cloud.launchable = lambda zone: zone != "us-east-1a"
    local.cloud.fail_instances("us-east-1a")
    pass_time(local)
    return local


def pass_time(local: Local) -> None:
    for _ in range(20):
        local.watch.sleep(10)
        local.cloud.tick()


def tries(local: Local) -> int:
    """Launches that failed, but for those of the group that is a stranger's."""
    failed = (e for e in local.cloud.history() if e["StatusCode"] == "Failed")
    return sum(each["AutoScalingGroupName"] != "stranger" for each in failed)


def seen(local: Local, name: str) -> tuple[ResourceId, Observed[TrimState]]:
    ids = {i.name: i for i in ACTION.select(local.world, ZONE).ids}
    return ids[name], ACTION.observe(local.world, ZONE, [ids[name]])[ids[name]]


def trim(local: Local, name: str) -> tuple[Receipt, Observed[TrimState], ResourceId]:
    resource, before = seen(local, name)
    change = Change(resource, before, ACTION.desire(ZONE, resource, before))
    return run(ACTION, local.world, [change])[resource], before, resource


def test_a_group_that_lost_its_zone_stops_trying(failed: Local) -> None:
    before = tries(failed)
    for name in ("web-a", "spot-a", "kept"):
        answer, _, _ = trim(failed, name)
        assert answer.kind is ReceiptKind.DONE
    assert (failed.cloud.group("kept").min, failed.cloud.group("kept").desired) == (0, 0)
    pass_time(failed)
    assert tries(failed) == before


def test_the_minimum_comes_back_exactly_and_the_wish_is_left_to_others(failed: Local) -> None:
    _, before, resource = trim(failed, "kept")
    now = ACTION.observe(failed.world, ZONE, [resource])[resource]
    assert ACTION.desire(ZONE, resource, now) == now.state
    run(ACTION, failed.world, [Change(resource, now, before.state)], "back")
    assert failed.cloud.group("kept").min == 2
    _, then = seen(failed, "kept")
    assert ACTION.satisfies(before.state, then.state)


def test_where_everything_runs_nothing_is_changed(local: Local) -> None:
    resource, now = seen(local, "web-a")
    assert now.state == TrimState(min=0, trimmed=True)
    assert ACTION.desire(ZONE, resource, now) == now.state
    run(ACTION, local.world, [Change(resource, now, now.state)])
    assert local.mutations() == 0


def test_reading_changes_nothing(failed: Local) -> None:
    selection = ACTION.select(failed.world, ZONE)
    assert [i.name for i in selection.ids] == ["kept", "spot-a", "web-a"]
    ACTION.observe(failed.world, ZONE, selection.ids)
    assert failed.mutations() == 0


def test_instances_that_stay_are_never_more_than_the_wish(failed: Local) -> None:
    """What came back between the plan and the write must not be chosen to go."""
    resource, before = seen(failed, "web-a")
    after = ACTION.desire(ZONE, resource, before)
    failed.cloud.launchable = lambda _: True
    failed.cloud.heal_instances("us-east-1a")
    pass_time(failed)
    assert len(failed.cloud.group("web-a").instances) == 2
    run(ACTION, failed.world, [Change(resource, before, after)])
    assert failed.cloud.group("web-a").desired == 2


def test_what_lost_more_meanwhile_is_looked_at_again(local: Local) -> None:
    local.group("kept", "us-east-1a", min=2, desired=2)
    resource, now = seen(local, "kept")
    after = TrimState(min=2, trimmed=True)
    before = Observed(TrimState(min=3, trimmed=False), evidence=now.evidence)
    local.cloud.launchable = lambda _: False
    local.cloud.fail_instances("us-east-1a")
    pass_time(local)
    answer = run(ACTION, local.world, [Change(resource, before, after)])[resource]
    assert answer.kind is ReceiptKind.CONFLICT
