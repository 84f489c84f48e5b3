"""The lock in the cluster: seen from every laptop, and never in the way of an incident."""

from __future__ import annotations

import pytest

from sopctl.app.lease import DURATION, ClusterLease, LeasePolicy
from sopctl.core.clock import SystemClock
from sopctl.core.errors import LockedError
from sopctl.sandbox.k8s.faults import FaultRule


class Machine:
    """Time passes only when somebody waits; *meanwhile* is called then."""

    def __init__(self, meanwhile=lambda: None):
        self.at = 0.0
        self.meanwhile = meanwhile

    def seconds(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds
        self.meanwhile()


@pytest.fixture
def lease(connect):
    """A function that makes the lock of a worker."""
    made = []

    def make(worker, machine=None, **policy):
        warnings = []
        lock = ClusterLease(
            connect(),
            worker,
            policy=LeasePolicy(**{"patience": 20.0, **policy}),
            clock=SystemClock(),
            warn=warnings.append,
            machine=machine or Machine(),
        )
        lock.warnings = warnings
        made.append(lock)
        return lock

    yield make
    for each in made:
        each.close()


def stored(kube):
    return kube.cluster.get("leases", "sopctl-east", "kube-system")["spec"]


def test_a_free_lock_is_taken_and_given_back(kube, lease):
    lock = lease("ana@laptop/1")

    assert lock.acquire("R1") == ""
    assert '"run": "R1"' in stored(kube)["holderIdentity"]
    assert stored(kube)["leaseDurationSeconds"] == DURATION
    lock.release("R1")
    assert not stored(kube).get("holderIdentity")


def test_a_lock_that_was_given_back_is_taken_again(kube, lease):
    first, second = lease("ana@laptop/1"), lease("bob@desk/2")
    first.acquire("R1")
    first.release("R1")

    assert second.acquire("R2") == ""


def test_a_holder_that_is_alive_is_named(kube, lease):
    holder_machine = Machine()
    holder = lease("ana@laptop/1", holder_machine)
    holder.acquire("R1")

    def renewed():
        holder_machine.at += DURATION
        holder.renew("R1")
        if holder._renewal is not None:
            holder._renewal.result(timeout=5)

    other = lease("bob@desk/2", Machine(renewed))

    assert other.acquire("R2") == "ana@laptop/1 for run R1"
    assert '"run": "R1"' in stored(kube)["holderIdentity"]


def test_a_holder_that_keeps_silent_is_overtaken(kube, lease):
    lease("ana@laptop/1").acquire("R1")
    machine = Machine()
    other = lease("bob@desk/2", machine)

    assert other.acquire("R2") == ""
    assert machine.at >= DURATION, "not before it was silent for as long as its lease lasts"


def test_the_same_run_takes_its_lock_at_once_after_a_crash(kube, lease):
    lease("ana@laptop/1").acquire("R1")
    machine = Machine()

    assert lease("ana@laptop/2", machine).acquire("R1") == ""
    assert machine.at == 0.0


def test_a_person_can_force_it(kube, lease):
    lease("ana@laptop/1").acquire("R1")

    assert lease("bob@desk/2", force=True).acquire("R2") == ""


def test_what_was_taken_over_is_not_given_back_by_the_old_holder(kube, lease):
    first = lease("ana@laptop/1")
    first.acquire("R1")
    lease("bob@desk/2", force=True).acquire("R2")

    first.release("R1")

    assert '"run": "R2"' in stored(kube)["holderIdentity"]


def test_a_cluster_that_does_not_answer_costs_a_warning_not_the_run(kube, lease):
    kube.stop()
    lock = lease("ana@laptop/1")

    assert lock.acquire("R1") == ""
    assert lock.warnings == [
        "no lock in the cluster, going on without: the cluster does not answer in time"
    ]
    lock.renew("R1")
    lock.release("R1")


def test_a_cluster_that_is_slow_costs_a_warning_not_the_run(kube, lease):
    kube.faults.append(
        FaultRule(method="*", path_regex="leases", kind="delay", value=0.5, count=None)
    )
    lock = lease("ana@laptop/1", patience=0.05)

    assert lock.acquire("R1") == ""
    assert "does not answer in time" in lock.warnings[0]


def test_a_cluster_that_errs_costs_a_warning_not_the_run(kube, lease):
    rule = FaultRule(method="*", path_regex="leases", kind="status", value=500, count=None)
    kube.faults.append(rule)
    lock = lease("ana@laptop/1")

    assert lock.acquire("R1") == ""
    assert "going on without" in lock.warnings[0]


def test_where_the_lock_is_required_there_is_no_run_without(kube, lease):
    kube.stop()

    with pytest.raises(LockedError, match="cannot be taken"):
        lease("ana@laptop/1", required=True).acquire("R1")


def test_a_lock_that_was_taken_after_we_gave_up_is_not_left_behind(kube, lease):
    slow = FaultRule(method="POST", path_regex="leases", kind="delay", value=2.0, count=1)
    kube.faults.append(slow)
    lock = lease("ana@laptop/1", patience=1.0)
    lock._k8s.get("/version")  # connected

    lock.acquire("R1")
    lock._policy = LeasePolicy(patience=20.0)
    lock.release("R1")

    assert not stored(kube).get("holderIdentity")


def test_who_loses_the_race_for_a_new_lock_is_told_who_won(kube, lease):
    """Both have seen that there is none; the second one's POST is refused."""
    winner, loser = lease("ana@laptop/1"), lease("bob@laptop/2")
    read, seen = loser._read, []

    def read_and_be_overtaken():
        seen.append(read())
        if len(seen) == 1:
            assert winner.acquire("R1") == ""
        return seen[-1]

    loser._read = read_and_be_overtaken
    assert "ana@laptop/1" in loser.acquire("R2")
    assert seen[0] is None
    assert loser.warnings == []
    assert '"run": "R1"' in stored(kube)["holderIdentity"]
