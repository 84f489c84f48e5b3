"""The node termination handler in a small world.

Rules: aws/aws-node-termination-handler, README, "IMDS Processor" and "Queue Processor".
"""

from __future__ import annotations

from sopctl.sandbox.aws.notices import INTERRUPTION, TERMINATE, Notice
from sopctl.sandbox.scenario.inhabitants import WorldShape
from sopctl.sandbox.world.addons.termination import INTERRUPTED, TERMINATING
from sopctl.sandbox.world.machines.machines import instance_id
from sopctl.sandbox.world.seed import staples
from tests.fakes.workloads import deployment
from tests.fakes.worlds import ABC, SmallWorld


def installed(mode):
    world = SmallWorld()
    shape = WorldShape(zones=ABC, termination_handler=mode)
    for resource, obj in staples.objects(shape, world.cloud):
        world.cluster.create(resource, obj)
    world.cluster.create("deployments", deployment("web", 6))
    world.run(30)
    return world


def loaded(world):
    """A node on which something runs, with its instance."""
    names = [each["spec"].get("nodeName") for each in world.pods("web")]
    node = world.cluster.get("nodes", names[0])
    return node["metadata"]["name"], instance_id(node)


def on(world, name):
    return [each for each in world.pods("web") if each["spec"].get("nodeName") == name]


def keys(world, name):
    node = world.cluster.get("nodes", name)
    return {each["key"] for each in node["spec"].get("taints") or ()}


def test_a_notice_in_the_queue_has_its_node_cordoned_tainted_and_emptied():
    world = installed("queue")
    name, instance = loaded(world)
    world.cloud.notices.waiting.append(Notice(about=INTERRUPTION, instance=instance))
    world.run(60)
    assert world.cluster.get("nodes", name)["spec"]["unschedulable"]
    assert INTERRUPTED in keys(world, name)
    assert on(world, name) == []
    assert sum(world.zones("web").values()) == 6


def test_an_instance_that_waits_for_its_hook_goes_on_once_its_node_is_empty():
    world = installed("queue")
    name, instance = loaded(world)
    notice = Notice(about=TERMINATE, instance=instance, token="t1")
    world.cloud.notices.waiting.append(notice)
    world.run(8)
    assert world.cloud.notices.proceeded == []
    world.run(60)
    assert TERMINATING in keys(world, name)
    assert on(world, name) == []
    assert world.cloud.notices.proceeded == ["t1"]


def test_a_daemon_hears_what_the_metadata_of_its_instance_says():
    world = installed("nodes")
    name, instance = loaded(world)
    world.cloud.interrupt(instance)
    world.run(60)
    assert INTERRUPTED in keys(world, name)
    assert on(world, name) == []


def test_nobody_drains_where_it_is_not_installed():
    world = installed("none")
    name, instance = loaded(world)
    world.cloud.interrupt(instance)
    world.cloud.notices.waiting.append(Notice(about=INTERRUPTION, instance=instance))
    world.run(60)
    assert on(world, name) != []
    assert world.cloud.notices.waiting != []
