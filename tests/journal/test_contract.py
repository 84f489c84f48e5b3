"""The contract of every store: leases, compare-and-set, fencing, locks, import."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from sopctl.core.errors import AuditBrokenError, AuditUnavailableError, FencedError
from sopctl.core.journal import GENESIS, Entry, Head, Holder, Lease
from sopctl.journal import leases
from sopctl.journal.chain import Tail, check, seal
from sopctl.journal.redact import Scrubber
from sopctl.journal.verify import verify
from tests.journal.contract import AT, LATER, Kit, entries, entry, numbers, started


def test_a_run_is_created_once(kit: Kit):
    store = kit.open()
    assert store.create("R", target="t", runbook="b", at=AT) is True
    assert store.create("R", target="other", runbook="b", at=LATER) is False
    assert store.runs() == (
        Head(run="R", target="t", runbook="b", created=AT, seq=-1, hash=GENESIS),
    )
    assert store.read("R") == ()


def test_runs_are_listed_oldest_first(kit: Kit):
    store = kit.open()
    store.create("B", target="t", runbook="b", at=LATER)
    store.create("C", target="t", runbook="b", at=AT)
    store.create("A", target="t", runbook="b", at=LATER)
    assert [head.run for head in store.runs()] == ["C", "A", "B"]


def test_what_append_returns_is_what_every_opening_reads(kit: Kit):
    store = kit.open()
    lease = started(store)
    odd = {"f": 0.1, "t": (1, 2), "u": "zone ü \x00 \u202e", "n": None, "deep": {"a": [{"b": 1}]}}
    first = store.append(lease, -1, [Entry(kind="start", data=odd)], AT)
    second = store.append(lease, 0, entries(1, 2), LATER)
    assert kit.open().read("R") == first + second
    assert [record.seq for record in first + second] == [0, 1, 2]
    assert first[0].data["t"] == [1, 2]
    assert {record.epoch for record in first + second} == {lease.epoch}
    assert [record.at for record in first + second] == [AT, LATER, LATER]
    assert check(first + second) == ()
    head = store.runs()[0]
    assert (head.seq, head.hash) == (2, second[-1].hash)


def test_reading_after_a_seq_gives_the_rest(kit: Kit):
    store = kit.open()
    store.append(started(store), -1, entries(0, 1, 2, 3), AT)
    assert numbers(store.read("R", after=1)) == [2, 3]
    assert store.read("R", after=3) == ()
    assert store.read("R", after=99) == ()
    assert store.read("UNKNOWN") == ()


def test_an_append_of_nothing_appends_nothing_and_still_fences(kit: Kit):
    store = kit.open()
    lease = started(store)
    assert store.append(lease, -1, [], AT) == ()
    with pytest.raises(FencedError):
        store.append(lease, 3, [], AT)
    assert store.read("R") == ()


def test_a_run_without_a_journal_cannot_be_claimed(kit: Kit):
    store = kit.open()
    for attempt in (
        lambda: store.claim("R", "w", 1.0),
        lambda: store.takeover("R", "w", 1.0),
        lambda: store.append(Lease(run="R", worker="w", epoch=1, ttl=1.0), -1, entries(1), AT),
    ):
        with pytest.raises(AuditUnavailableError, match="there is no journal of run R"):
            attempt()


# --- leases ----------------------------------------------------------------------


def test_a_held_run_says_who_holds_it_and_how_long(kit: Kit):
    store = kit.open()
    started(store, worker="alice@host:1", ttl=10.0)
    kit.seconds += 4.0
    held = kit.open().claim("R", "bob@host:2", 10.0)
    assert isinstance(held, Holder)
    assert (held.run, held.worker, held.expires_in) == ("R", "alice@host:1", 6.0)
    assert held.since


def test_the_same_worker_cannot_claim_twice(kit: Kit):
    store = kit.open()
    started(store, worker="w1")
    assert isinstance(store.claim("R", "w1", 10.0), Holder)


def test_an_expired_lease_is_claimed_with_a_higher_epoch_and_fences_the_old_one(kit: Kit):
    store = kit.open()
    old = started(store, ttl=10.0)
    store.append(old, -1, entries(1), AT)
    kit.seconds += 10.0
    new = kit.open().claim("R", "w2", 10.0)
    assert isinstance(new, Lease)
    assert new.epoch > old.epoch
    with pytest.raises(FencedError, match="w1 lost run R: w2 took it"):
        store.append(old, 0, entries(66), AT)
    assert store.renew(old) is False
    assert numbers(store.read("R")) == [1]
    assert numbers(store.append(new, 0, entries(2), AT)) == [2]


def test_renewing_keeps_a_lease_beyond_its_first_life(kit: Kit):
    store = kit.open()
    lease = started(store, ttl=10.0)
    for _ in range(5):
        kit.seconds += 9.0
        assert store.renew(lease) is True
        assert isinstance(kit.open().claim("R", "w2", 10.0), Holder)
    kit.seconds += 10.0
    assert isinstance(kit.open().claim("R", "w2", 10.0), Lease)


def test_an_expired_lease_that_nobody_took_still_appends_and_renews(kit: Kit):
    store = kit.open()
    lease = started(store, ttl=10.0)
    kit.seconds += 3600.0  # the laptop slept
    assert numbers(store.append(lease, -1, entries(1), AT)) == [1]
    assert store.renew(lease) is True
    assert isinstance(store.claim("R", "w2", 10.0), Holder)


def test_a_released_run_is_free_and_its_lease_is_void(kit: Kit):
    store = kit.open()
    old = started(store)
    store.release(old)
    with pytest.raises(FencedError, match="no longer holds run R"):
        store.append(old, -1, entries(1), AT)
    assert store.renew(old) is False
    new = store.claim("R", "w1", 10.0)
    assert isinstance(new, Lease)
    assert new.epoch > old.epoch


def test_releasing_a_lost_lease_leaves_the_new_one_alone(kit: Kit):
    store = kit.open()
    old = started(store)
    new = store.takeover("R", "w2", 10.0)
    store.release(old)
    assert isinstance(store.claim("R", "w3", 10.0), Holder)
    store.append(new, -1, entries(1), AT)


def test_a_takeover_takes_a_live_lease(kit: Kit):
    store = kit.open()
    old = started(store, ttl=1000.0)
    new = kit.open().takeover("R", "w2", 10.0)
    assert new.epoch > old.epoch
    with pytest.raises(FencedError):
        store.append(old, -1, entries(66), AT)
    assert numbers(store.append(new, -1, entries(1), AT)) == [1]


def test_leases_of_two_runs_do_not_touch_each_other(kit: Kit):
    store = kit.open()
    one, two = started(store, "R1"), started(store, "R2")
    store.takeover("R1", "w9", 10.0)
    store.append(two, -1, entries(1), AT)
    with pytest.raises(FencedError):
        store.append(one, -1, entries(1), AT)


# --- compare and set --------------------------------------------------------------


def test_an_append_after_the_wrong_seq_is_fenced_and_appends_nothing(kit: Kit):
    store = kit.open()
    lease = started(store)
    store.append(lease, -1, entries(1, 2), AT)
    before = store.read("R")
    for wrong in (-1, 0, 2, 99):
        with pytest.raises(FencedError, match="ends at record 1"):
            store.append(lease, wrong, entries(66, 67), AT)
    assert store.read("R") == before
    assert verify(store).sound


def test_a_batch_is_appended_whole_or_not_at_all(kit: Kit):
    store = kit.open()
    lease = started(store)
    bad = [*entries(1, 2), Entry(kind="note", data={"n": float("nan")})]
    with pytest.raises(ValueError, match="Out of range"):
        store.append(lease, -1, bad, AT)
    assert kit.open().read("R") == ()
    assert numbers(store.append(lease, -1, entries(1), AT)) == [1]


def test_two_legs_with_the_same_lease_append_each_seq_once(kit: Kit):
    store = kit.open()
    lease = started(store)
    stores = [kit.open() for _ in range(4)]
    barrier = threading.Barrier(4)

    def leg(index: int) -> int:
        done = 0
        barrier.wait()
        for seq in range(-1, 24):
            try:
                stores[index].append(lease, seq, [entry(index)], AT)
                done += 1
            except FencedError:
                pass
        return done

    with ThreadPoolExecutor(4) as pool:
        total = sum(pool.map(leg, range(4)))
    records = store.read("R")
    assert len(records) == total
    assert [record.seq for record in records] == list(range(total))
    assert verify(store).sound


def test_concurrent_claims_of_threads_have_one_winner(kit: Kit):
    kit.open().create("R", target="t", runbook="b", at=AT)
    stores = [kit.open() for _ in range(8)]
    barrier = threading.Barrier(8)

    def claim(index: int) -> Lease | Holder:
        barrier.wait()
        return stores[index].claim("R", f"w{index}", 10.0)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(claim, range(8)))
    winners = [answer for answer in answers if isinstance(answer, Lease)]
    assert len(winners) == 1
    assert {a.worker for a in answers if isinstance(a, Holder)} == {winners[0].worker}


def test_one_opening_serves_many_threads(kit: Kit):
    store = kit.open()

    def whole_run(index: int) -> int:
        lease = started(store, f"R{index}")
        for seq in range(-1, 9):
            store.append(lease, seq, [entry(seq)], AT)
        store.release(lease)
        return len(store.read(f"R{index}"))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(whole_run, range(6))) == [10] * 6
    assert verify(store).sound


# --- teeth: each protection is needed --------------------------------------------


def test_without_the_epoch_check_a_zombie_writes(kit: Kit, monkeypatch: pytest.MonkeyPatch):
    store = kit.open()
    zombie = started(store)
    kit.seconds += 11.0
    assert isinstance(store.claim("R", "w2", 10.0), Lease)
    with pytest.raises(FencedError):
        store.append(zombie, -1, entries(66), AT)
    monkeypatch.setattr("sopctl.journal.leases.lost", lambda seat, lease: "")
    store.append(zombie, -1, entries(66), AT)
    assert numbers(store.read("R")) == [66]


def test_without_the_seq_check_a_zombie_writes(kit: Kit, monkeypatch: pytest.MonkeyPatch):
    store = kit.open()
    lease = started(store)
    store.append(lease, -1, entries(1, 2), AT)
    with pytest.raises(FencedError):
        store.append(lease, -1, entries(66), AT)
    monkeypatch.setattr("sopctl.journal.leases.grown", lambda run, seq, expected: "")
    store.append(lease, -1, entries(66), AT)
    assert numbers(store.read("R")) == [1, 2, 66]


def test_without_growing_epochs_two_legs_are_taken_for_one(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
):
    store = kit.open()
    honest = leases.seated
    monkeypatch.setattr(
        "sopctl.journal.leases.seated",
        lambda seat, worker, ttl, now: replace(honest(seat, worker, ttl, now), epoch=1),
    )
    zombie = started(store, worker="w", ttl=10.0)
    kit.seconds += 11.0
    assert isinstance(store.claim("R", "w", 10.0), Lease)
    store.append(zombie, -1, entries(66), AT)
    assert numbers(store.read("R")) == [66]


# --- targets ----------------------------------------------------------------------


def test_a_target_is_held_by_one_run(kit: Kit):
    store = kit.open()
    one, two = started(store, "R1", "alice"), started(store, "R2", "bob")
    assert store.lock_target("prod", one, AT) is None
    held = kit.open().lock_target("prod", two, LATER)
    assert held is not None
    assert (held.run, held.worker, held.since, held.expires_in) == ("R1", "alice", AT, 10.0)
    assert store.lock_target("staging", two, AT) is None
    assert store.lock_target("prod", one, LATER) is None  # again, by the same run


def test_a_target_is_free_again_after_unlock_release_or_expiry(kit: Kit):
    store = kit.open()
    one, two = started(store, "R1"), started(store, "R2")
    assert store.lock_target("prod", one, AT) is None
    store.unlock_target("prod", one)
    assert store.lock_target("prod", two, AT) is None
    store.release(two)
    assert store.lock_target("prod", one, AT) is None
    kit.seconds += 11.0
    three = started(store, "R3")
    assert store.lock_target("prod", three, AT) is None


def test_renewing_the_lease_keeps_the_target(kit: Kit):
    store = kit.open()
    one, two = started(store, "R1"), started(store, "R2")
    assert store.lock_target("prod", one, AT) is None
    for _ in range(3):
        kit.seconds += 9.0
        assert store.renew(one)
        assert store.renew(two)
        assert store.lock_target("prod", two, AT) is not None


def test_unlocking_a_target_of_another_run_or_leg_is_harmless(kit: Kit):
    store = kit.open()
    old, two = started(store, "R1"), started(store, "R2")
    store.lock_target("prod", old, AT)
    store.unlock_target("prod", two)
    assert store.lock_target("prod", two, AT) is not None
    new = store.takeover("R1", "w9", 10.0)
    assert store.lock_target("prod", new, AT) is None
    store.unlock_target("prod", old)  # the zombie's
    assert store.lock_target("prod", two, AT) is not None
    store.unlock_target("nowhere", two)


def test_a_zombie_cannot_take_a_target(kit: Kit):
    store = kit.open()
    old = started(store)
    store.takeover("R", "w2", 10.0)
    with pytest.raises(FencedError):
        store.lock_target("prod", old, AT)


def test_concurrent_locks_of_one_target_have_one_winner(kit: Kit):
    store = kit.open()
    held = [started(store, f"R{index}") for index in range(6)]
    stores = [kit.open() for _ in range(6)]
    barrier = threading.Barrier(6)

    def lock(index: int) -> Holder | None:
        barrier.wait()
        return stores[index].lock_target("prod", held[index], AT)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lock, range(6)))
    assert answers.count(None) == 1


# --- import -----------------------------------------------------------------------


def exported(count: int, fork_at: int | None = None, epoch: int = 3):
    """A run as another journal has it; with *fork_at* its records differ from there on."""
    datas = [
        {"n": -number if fork_at is not None and number >= fork_at else number}
        for number in range(1, count + 1)
    ]
    made = [Entry(kind="note", data=data) for data in datas]
    records = seal(Tail("R"), made, epoch=epoch, at=AT, scrub=Scrubber().json)
    last = records[-1]
    head = Head(
        run="R", target="t", runbook="b", created=AT, seq=last.seq, hash=last.hash
    )  # fmt: skip
    return head, records


def test_an_imported_run_is_the_exported_one_and_the_second_import_adds_nothing(kit: Kit):
    store = kit.open()
    head, records = exported(5)
    assert store.import_run(head, iter(records)) == 5
    assert store.read("R") == records
    assert store.runs() == (head,)
    assert store.import_run(head, records) == 0
    assert verify(store).sound


def test_an_import_adds_only_what_is_new_and_the_next_epoch_is_higher(kit: Kit):
    store = kit.open()
    store.import_run(*exported(3))
    assert store.import_run(*exported(5)) == 2
    assert store.import_run(*exported(4)) == 0
    lease = store.claim("R", "w", 10.0)
    assert isinstance(lease, Lease)
    assert lease.epoch == 4
    store.append(lease, 4, entries(6), AT)
    assert verify(store).sound


def test_a_leg_that_works_during_an_import_is_fenced(kit: Kit):
    store = kit.open()
    store.import_run(*exported(3, epoch=1))
    lease = store.claim("R", "w", 10.0)
    assert isinstance(lease, Lease)
    assert store.import_run(*exported(5, epoch=1)) == 2
    with pytest.raises(FencedError):
        store.append(lease, 2, entries(66), AT)
    with pytest.raises(FencedError):
        store.append(lease, 4, entries(66), AT)


def test_a_fork_is_refused_and_named(kit: Kit):
    store = kit.open()
    store.import_run(*exported(5))
    before = store.read("R")
    with pytest.raises(AuditBrokenError, match="run R forks at record 2"):
        store.import_run(*exported(6, fork_at=3))
    assert store.read("R") == before


def test_a_broken_import_is_refused_and_adds_nothing(kit: Kit):
    store = kit.open()
    head, records = exported(5)
    broken = {
        "record 2": [*records[:2], replace(records[2], data={"n": 7}), *records[3:]],
        "record 3": [*records[:2], *records[3:]],
        "records 3 to 4 are missing at the end": records[:3],
        "run OTHER": [replace(record, run="OTHER").sealed() for record in records],
    }
    for place, bad in broken.items():
        with pytest.raises(AuditBrokenError, match=place):
            store.import_run(head, bad)
    with pytest.raises(AuditBrokenError, match="is not that of the last record"):
        store.import_run(replace(head, hash="f" * 64), records)
    assert store.runs() == ()


def test_another_run_of_the_same_id_is_refused(kit: Kit):
    store = kit.open()
    head, records = exported(5)
    store.import_run(head, records)
    with pytest.raises(AuditBrokenError, match="is another run here"):
        store.import_run(replace(head, target="elsewhere"), records)


# --- the ledger and redaction -----------------------------------------------------


def test_every_creation_and_append_is_a_row_of_the_ledger(kit: Kit):
    store = kit.open()
    lease = started(store)
    store.append(lease, -1, [entry(0, "start"), entry(1)], AT)
    store.append(lease, 1, [entry(2, "end")], LATER)
    rows, end = store.ledger()
    assert [(row.n, row.run, row.seq, row.at) for row in rows] == [
        (0, "R", -1, AT),
        (1, "R", 1, AT),
        (2, "R", 2, LATER),
    ]
    assert rows[0].prev == GENESIS
    assert all(after.prev == before.hash for before, after in pairwise(rows))
    assert (end.n, end.hash) == (2, rows[-1].hash)
    assert rows[-1].head == store.runs()[0].hash


def test_a_registered_secret_is_not_in_what_is_returned_or_read(kit: Kit):
    kit.scrubber.register("hunter2-hunter2")
    store = kit.open()
    lease = started(store)
    made = store.append(lease, -1, [Entry(kind="x", data={"why": "tried hunter2-hunter2"})], AT)
    assert made[0].data == {"why": "tried [redacted registered]"}
    assert store.read("R") == made
