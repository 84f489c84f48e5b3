from __future__ import annotations

import pytest

from sopctl.core.action import ReceiptKind
from sopctl.core.errors import FencedError
from sopctl.core.resource import ResourceId
from sopctl.providers import json_patch, k8s_writes
from sopctl.sandbox.k8s.http import FaultRule
from tests import laws
from tests.local import local_world

CALL = laws.call()
SETTINGS = ResourceId("k8s.configmap", "default/settings")
BODY = {"metadata": {"name": "settings"}, "data": {"a": "1"}}


@pytest.fixture
def local(tmp_path):
    with local_world(tmp_path) as local:
        yield local


def made(local):
    """The ConfigMap, as it is stored."""
    return local.cluster.create(
        "configmaps", {"metadata": {"name": "settings", "namespace": "default"}, "data": {"a": "1"}}
    )["metadata"]


def stored(local):
    return local.cluster.get("configmaps", "settings", "default")


def test_a_write_that_was_done_has_the_id_of_its_audit_record(local):
    receipt = k8s_writes.create(CALL, local.clients.k8s, SETTINGS, BODY)
    assert receipt.kind is ReceiptKind.DONE
    assert receipt.requests == (local.kube.calls[-1].audit_id,)
    assert stored(local)["data"] == {"a": "1"}


def test_what_exists_already_is_a_conflict(local):
    made(local)
    receipt = k8s_writes.create(CALL, local.clients.k8s, SETTINGS, BODY)
    assert receipt.kind is ReceiptKind.CONFLICT


def test_a_patch_lands_on_what_was_seen(local):
    seen = made(local)
    operations = json_patch.same_object(seen["uid"], seen["resourceVersion"])
    operations += [json_patch.test("/data/a", "1"), json_patch.replace("/data/a", "2")]
    receipt = k8s_writes.patch(CALL, local.clients.k8s, SETTINGS, operations)
    assert receipt.kind is ReceiptKind.DONE
    assert stored(local)["data"] == {"a": "2"}


def test_a_test_that_fails_is_a_conflict(local):
    made(local)
    operations = [json_patch.test("/data/a", "9"), json_patch.remove("/data/a")]
    receipt = k8s_writes.patch(CALL, local.clients.k8s, SETTINGS, operations)
    assert receipt.kind is ReceiptKind.CONFLICT
    assert stored(local)["data"] == {"a": "1"}


def test_an_object_that_would_be_invalid_is_rejected_and_not_a_conflict(local):
    made(local)
    operations = [json_patch.replace("/data/a", 7)]
    receipt = k8s_writes.patch(CALL, local.clients.k8s, SETTINGS, operations)
    assert receipt.kind is ReceiptKind.REJECTED


def test_a_patch_of_what_is_gone_is_a_conflict_so_that_it_is_looked_at(local):
    receipt = k8s_writes.patch(CALL, local.clients.k8s, SETTINGS, [json_patch.remove("/data")])
    assert receipt.kind is ReceiptKind.CONFLICT


@pytest.mark.parametrize("wrong", ["uid", "resourceVersion"])
def test_only_the_very_object_is_deleted(local, wrong):
    seen = {**made(local), wrong: "999"}
    receipt = k8s_writes.delete(
        CALL, local.clients.k8s, SETTINGS, uid=seen["uid"], version=seen["resourceVersion"]
    )
    assert receipt.kind is ReceiptKind.CONFLICT
    assert stored(local)


def test_deleting_what_is_gone_is_done(local):
    seen = made(local)
    for _ in range(2):
        receipt = k8s_writes.delete(
            CALL, local.clients.k8s, SETTINGS, uid=seen["uid"], version=seen["resourceVersion"]
        )
        assert receipt.kind is ReceiptKind.DONE
    assert stored(local) is None


def test_a_lost_reply_is_an_unknown_outcome(local):
    local.kube.faults.append(
        FaultRule(method="POST", path_regex="/configmaps", kind="lost_reply", count=1)
    )
    receipt = k8s_writes.create(CALL, local.clients.k8s, SETTINGS, BODY)
    assert receipt.kind is ReceiptKind.UNKNOWN
    assert stored(local)


def test_a_lost_lease_stops_everything(local):
    def lost():
        raise FencedError("the lease is lost")

    with pytest.raises(FencedError):
        k8s_writes.create(laws.call(guard=lost), local.clients.k8s, SETTINGS, BODY)
    assert stored(local) is None
