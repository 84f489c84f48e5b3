"""The hash chain of one run: every kind of tampering is reported at its place."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.core.journal import GENESIS, Entry, Head, Record
from sopctl.journal.chain import Part, Tail, check, check_head, raw, seal
from sopctl.journal.redact import Scrubber

AT = "2026-11-21T03:00:00.000000Z"


def sealed(count: int, run: str = "R", tail: Tail | None = None) -> tuple[Record, ...]:
    entries = [Entry(kind="note", data={"n": n, "text": f"entry {n}"}) for n in range(count)]
    return seal(tail or Tail(run), entries, epoch=1, at=AT, scrub=Scrubber().json)


def places(records: tuple[Record, ...] | list[Record]) -> list[tuple[int, str]]:
    return [(found.seq, found.what) for found in check(records)]


def resealed(records: list[Record]) -> list[Record]:
    """The records with prev and hash computed anew, as a forger would."""
    prev, out = GENESIS, []
    for seq, record in enumerate(records):
        out.append(replace(record, seq=seq, prev=prev).sealed())
        prev = out[-1].hash
    return out


def test_sealed_records_follow_each_other_from_genesis():
    records = sealed(5)
    assert [record.seq for record in records] == [0, 1, 2, 3, 4]
    assert records[0].prev == GENESIS
    assert all(after.prev == before.hash for before, after in pairwise(records))
    assert check(records) == ()
    assert check(map(raw, records)) == ()
    assert check(()) == ()


def test_sealing_in_two_goes_gives_the_same_chain_as_in_one():
    one = sealed(4)
    entries = [Entry(kind=record.kind, data=record.data) for record in one]
    scrub = Scrubber().json
    first = seal(Tail("R"), entries[:2], epoch=1, at=AT, scrub=scrub)
    tail = Tail("R", first[-1].seq, first[-1].hash)
    assert first + seal(tail, entries[2:], epoch=1, at=AT, scrub=scrub) == one


@pytest.mark.parametrize(
    "change",
    [{"data": {"n": 7}}, {"kind": "other"}, {"at": "2026-01-01"}, {"epoch": 0}, {"hash": "f" * 64}],
)
def test_an_edited_field_is_reported_at_its_record(change):
    records = list(sealed(5))
    records[2] = replace(records[2], **change)
    found = places(records)
    assert found[0] == (2, "it was edited: its hash is not that of its content")
    if "hash" in change:
        assert found[1:] == [(3, "it does not follow record 2: that one was replaced or inserted")]
    else:
        assert found[1:] == []


def test_an_edit_with_its_own_hash_recomputed_breaks_at_the_next_record():
    records = list(sealed(5))
    records[2] = replace(records[2], data={"n": 7}).sealed()
    assert places(records) == [
        (3, "it does not follow record 2: that one was replaced or inserted")
    ]


def test_a_removed_record_is_reported_where_it_is_missing():
    records = list(sealed(6))
    assert places(records[:2] + records[4:]) == [(4, "records 2 to 3 before it are missing")]
    assert places(records[1:]) == [(1, "records 0 to 0 before it are missing")]


def test_swapped_records_are_both_reported():
    records = list(sealed(5))
    records[2], records[3] = records[3], records[2]
    assert places(records) == [(3, "it is out of order"), (2, "it is out of order")]


def test_a_duplicate_is_reported():
    records = list(sealed(4))
    assert places([*records[:3], records[2], *records[3:]]) == [(2, "it is there twice")]


def test_an_inserted_record_is_reported():
    records = list(sealed(4))
    forged = replace(records[2], data={"n": 99}).sealed()
    assert places([*records[:3], forged, *records[3:]]) == [
        (2, "a second record with this seq was inserted")
    ]


def test_a_record_of_another_run_is_reported():
    records = list(sealed(4))
    records[2] = replace(records[2], run="OTHER").sealed()
    assert places(records)[0] == (2, "it is of run OTHER")


def test_an_epoch_that_goes_back_is_the_trace_of_a_zombie():
    first = seal(Tail("R"), [Entry(kind="a", data={})], epoch=5, at=AT, scrub=Scrubber().json)
    tail = Tail("R", 0, first[0].hash)
    zombie = seal(tail, [Entry(kind="b", data={})], epoch=4, at=AT, scrub=Scrubber().json)
    assert places(first + zombie) == [(1, "its epoch is older than the one before")]


@pytest.mark.parametrize(
    "text", ['{"n": 1}', '{"n":1,"n":1}', '{"n":1.0e0}', "[1]", "{", "", "NaN", '{"n":NaN}']
)
def test_data_that_is_not_canonical_is_reported(text):
    rows = [raw(record) for record in sealed(3)]
    rows[1] = replace(rows[1], data=text)
    assert [(found.seq, found.what) for found in check(rows)] == [
        (1, "its data is not canonical JSON")
    ]


def test_checking_goes_on_after_the_first_break():
    records = list(sealed(9))
    records[2] = replace(records[2], data={})
    records[6] = replace(records[6], kind="x")
    assert [seq for seq, _ in places(records)] == [2, 6]


def test_a_cut_tail_and_a_rechained_tail_are_seen_by_the_head_only():
    records = sealed(5)
    head = Head(
        run="R", target="t", runbook="b", created=AT, seq=4, hash=records[4].hash
    )  # fmt: skip
    forged = resealed([*records[:4], replace(records[4], data={})])
    assert check(records[:3]) == () == check(forged)
    assert check_head(head, records) == ()
    found = check_head(head, records[:3])[0]
    assert (found.part, found.seq, found.what) == (
        Part.HEAD,
        4,
        "records 3 to 4 are missing at the end",
    )
    assert "hash" in check_head(head, forged)[0].what
    assert "0 to 4 are missing" in check_head(head, ())[0].what
    assert "goes on" in check_head(replace(head, seq=2, hash=records[2].hash), records)[0].what


def test_a_break_says_its_place():
    records = list(sealed(3))
    records[1] = replace(records[1], kind="x")
    assert str(check(records)[0]).startswith("run R, record 1: it was edited")


def test_a_huge_seq_is_reported_quickly():
    records = list(sealed(2))
    records[1] = replace(records[1], seq=10**18)
    assert places(records) == [(10**18, f"records 1 to {10**18 - 1} before it are missing")]


def test_entries_that_are_not_json_are_refused():
    with pytest.raises(ValueError, match="Out of range"):
        seal(
            Tail("R"),
            [Entry(kind="a", data={"x": float("nan")})],
            epoch=1,
            at=AT,
            scrub=Scrubber().json,
        )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), json_values, max_size=3), min_size=1, max_size=5))
def test_whatever_is_sealed_comes_back_equal_from_its_written_form(datas):
    entries = [Entry(kind="k", data=data) for data in datas]
    try:
        records = seal(Tail("R"), entries, epoch=1, at=AT, scrub=Scrubber().json)
    except ValueError:  # an infinity has no JSON form
        assert "inf" in repr(datas)
        return
    assert tuple(raw(record).record() for record in records) == records


@given(st.data(), st.integers(min_value=3, max_value=8))
def test_any_rearrangement_of_a_chain_is_reported(data, count):
    records = sealed(count)
    picked = data.draw(st.lists(st.sampled_from(range(count)), max_size=count + 2))
    changed = [records[index] for index in picked]
    sound = picked == list(range(len(picked)))  # a prefix: what only the head can see
    assert (check(changed) == ()) is sound
