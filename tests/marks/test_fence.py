from __future__ import annotations

import pytest

from sopctl.core.action import ReceiptKind
from sopctl.core.errors import ConflictError
from sopctl.core.resource import ResourceId
from sopctl.marks import fence
from sopctl.providers import json_patch, k8s_writes
from tests import laws
from tests.local import local_world


@pytest.fixture
def local(tmp_path):
    with local_world(tmp_path) as local:
        local.cluster.create("nodes", {"metadata": {"name": "n", "annotations": {"a": "b"}}})
        yield local


def node(local):
    return local.cluster.get("nodes", "n")


def test_touching_moves_the_version_and_nothing_else(local):
    before = node(local)
    resource = ResourceId("k8s.node", "n", before["metadata"]["uid"], "spec.unschedulable")
    dump = local.dump()
    fence.touch(laws.call(), local.clients, [resource])
    assert local.dump() == dump
    assert node(local)["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]


def test_a_write_decided_before_the_touch_does_not_land_after_it(local):
    seen = node(local)["metadata"]
    resource = ResourceId("k8s.node", "n", seen["uid"])
    late = json_patch.same_object(seen["uid"], seen["resourceVersion"])
    late.append(json_patch.add("/spec/unschedulable", True))
    fence.touch(laws.call(), local.clients, [resource])
    receipt = k8s_writes.patch(laws.call(), local.clients.k8s, resource, late)
    assert receipt.kind is ReceiptKind.CONFLICT
    assert "unschedulable" not in node(local)["spec"]


def test_an_object_is_touched_once_however_many_of_its_parts_are(local):
    parts = [ResourceId("k8s.node", "n", "", part) for part in ("one", "two")]
    fence.touch(laws.call(), local.clients, parts)
    assert local.mutations() == 2


def test_what_is_gone_needs_no_fence(local):
    fence.touch(laws.call(), local.clients, [ResourceId("k8s.node", "gone", "uid")])


def test_another_object_of_that_name_is_left_alone(local):
    dump = local.dump()
    with pytest.raises(ConflictError):
        fence.touch(laws.call(), local.clients, [ResourceId("k8s.node", "n", "another-uid")])
    assert local.dump() == dump
