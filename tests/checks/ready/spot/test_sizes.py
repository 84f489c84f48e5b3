from __future__ import annotations

from sopctl.checks.ready.spot.sizes import CHECK, Params


def test_types_of_one_size_hold_and_a_smaller_one_is_named(stage):
    stage.local.autoscaler()
    stage.local.group("plain", "us-east-1a")
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.group("same", "us-east-1a", instance_types=("m5.xlarge", "m5a.xlarge"))
    assert CHECK.look(stage.clients, Params()).holds
    stage.local.group("mixed", "us-east-1a", instance_types=("m5.xlarge", "m5.large"))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == (
        "mixed: m5.large has 2 vCPUs, m5.xlarge 4",
        "mixed: m5.large has 29 pods, m5.xlarge 58",
        "mixed: m5.large has 8192 MiB of memory, m5.xlarge 16384",
    )


def test_another_architecture_is_another_size(stage):
    stage.local.autoscaler()
    stage.local.group("two", "us-east-1a", instance_types=("m5.xlarge", "m6g.xlarge"))
    rows = CHECK.look(stage.clients, Params()).rows
    assert rows == ("two: m6g.xlarge has arm64 architectures, m5.xlarge x86_64",)
