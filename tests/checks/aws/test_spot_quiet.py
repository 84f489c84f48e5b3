from __future__ import annotations

from pathlib import Path

from sopctl.checks.aws.spot_quiet import CHECK, Params
from sopctl.sandbox.aws.supply import Pool
from tests.local import local_world


def test_interruptions_are_counted_by_pool_for_as_long_as_is_asked(tmp_path: Path) -> None:
    with local_world(tmp_path) as local:
        local.fleet()
        local.autoscaler()
        assert CHECK.look(local.world, Params(below=1)).holds
        first = local.cloud.group("spot-a").instances[0]
        local.cloud.reclaim(Pool(zone=first.zone, type=first.type, market="spot"), 1)
        for _ in range(20):
            local.watch.sleep(10)
            local.cloud.tick()
        verdict = CHECK.look(local.world, Params(below=1))
        assert not verdict.holds
        assert verdict.detail == "1 spot instances were interrupted within 10 minutes"
        assert verdict.rows == (f"us-east-1a {first.type}: 1 interrupted",)
        assert CHECK.look(local.world, Params(below=2)).holds
        local.watch.sleep(600)
        assert CHECK.look(local.world, Params(below=1)).holds
        assert local.mutations() == 0


def test_what_was_ended_on_purpose_or_is_a_strangers_does_not_count(tmp_path: Path) -> None:
    with local_world(tmp_path) as local:
        local.fleet()
        local.autoscaler()
        theirs = {"x": ("y", False)}
        local.group("theirs", "us-east-1a", spot=True, tags=theirs, instance_types=("c5.large",))
        lost = local.cloud.group("theirs").instances[0]
        local.cloud.reclaim(Pool(zone=lost.zone, type=lost.type, market="spot"))
        local.cloud.terminate(local.cloud.group("spot-b").instances[0].id)
        for _ in range(20):
            local.watch.sleep(10)
            local.cloud.tick()
        assert CHECK.look(local.world, Params(below=1)).holds
