from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.actions import catalog as actions
from sopctl.app.doctor import proof
from sopctl.app.place import Catalogs
from sopctl.core.plan import Allowed, Permission
from sopctl.core.readiness import State
from sopctl.core.resource import ABSENT
from tests.fakes.workloads import node


@pytest.fixture
def proved(local, desk, library):
    """Proves one runbook on nodes in three zones; nothing is written, and no journal is left."""
    for zone in "abc":
        local.cluster.create("nodes", node(f"{zone}0", f"us-east-1{zone}"))

    def prove(name):
        before, writes = local.dump(), local.mutations()
        found = proof.prove(desk, [library.load(name)])
        assert local.dump() == before
        assert local.mutations() - writes == sum(_review(each) for each in local.kube.calls)
        assert not desk.place.store.runs()
        return found

    return prove


def _review(call):
    """Questions about what one may do are asked by POST, and change nothing."""
    return call.mutating and "reviews" in call.path


def test_a_runbook_is_carried_out_in_memory_and_taken_back(proved):
    rights, found = proved("scale-down-freeze")
    assert rights.check == "ready.rights"
    assert found.check == "runbook.scale-down-freeze"
    assert found.state is State.READY
    assert int(found.detail.split()[0]) > 3
    assert found.detail.endswith("changes found, and taken back in memory")


def test_each_zone_is_tried(proved):
    _, found = proved("zonal-traffic-shift")
    assert found.detail.endswith("(zone us-east-1a; zone us-east-1b; zone us-east-1c)")


def test_what_would_not_be_taken_back_is_named(proved, desk):
    def blind(wanted, seen):
        """A cordoned node is as it should be, whatever was wanted."""
        return wanted == seen or seen is not ABSENT

    cordon = replace(actions.CATALOG["k8s.node.cordon"], satisfies=blind)
    broken = {**actions.CATALOG, cordon.id: cordon}
    catalogs = Catalogs(actions=broken, checks=desk.place.catalogs.checks)
    desk.place = replace(desk.place, catalogs=catalogs)
    _, found = proved("rebalance-recommendation")
    assert found.state is State.NOT_READY
    (row,) = found.rows
    assert row.startswith("node a0: k8s.node a0")
    assert row.endswith("would not be as before (k8s.node.cordon)")


def test_without_anything_to_try_it_with_it_is_not_here(local, desk, library):
    _, found = proof.prove(desk, [library.load("spot-interruption")])
    assert found.state is State.NOT_HERE


def test_a_target_that_does_not_answer_is_unknown(local, desk, library):
    local.kube.stop()
    rights, found = proof.prove(desk, [library.load("scale-down-freeze")])
    assert (rights.state, found.state) == (State.UNKNOWN, State.UNKNOWN)
    assert "no answer from Kubernetes" in found.detail


class Denying:
    """A desk whose plans say that something is denied, and something else cannot be asked."""

    def __init__(self, desk):
        self._desk = desk
        self.place, self.identify, self.rehearse = desk.place, desk.identify, desk.rehearse

    def plan(self, wish):
        verdicts = (("a", Allowed.DENIED), ("b", Allowed.UNKNOWN), ("c", Allowed.ALLOWED))
        told = tuple(
            Permission(right=f"k8s:patch {r}", steps=("s",), verdict=v) for r, v in verdicts
        )
        return replace(self._desk.plan(wish), permissions=told)


def test_what_is_denied_is_named_with_who_needs_it(local, desk, library):
    books = [library.load(name) for name in ("scale-down-freeze", "prepare")]
    rights, *_ = proof.prove(Denying(desk), books)
    assert rights.state is State.NOT_READY
    assert rights.detail == "1 permissions are there, 1 are denied, 1 could not be asked"
    assert rights.rows == (
        "k8s:patch a: denied (prepare, scale-down-freeze)",
        "k8s:patch b: cannot be asked (prepare, scale-down-freeze)",
    )
