"""What a disk keeps of what was not synced."""

from __future__ import annotations

import random

import pytest

from campaigns.calls import Call, Did
from campaigns.disk import SECTOR, Disk, Loss

OLD, NEW = b"o" * (2 * SECTOR), b"n" * (2 * SECTOR)
SYNCED = (
    Call(Did.LINK, "f"),
    Call(Did.WRITE, "f", 0, OLD),
    Call(Did.SYNC, "f"),
    Call(Did.SYNC_NAMES),
)
UNSYNCED = (Call(Did.WRITE, "f", 0, NEW), Call(Did.WRITE, "f", len(NEW), NEW))


def left(loss, calls=(*SYNCED, *UNSYNCED), draws=200, **more):
    """Every state that is drawn."""
    disk = Disk().after(calls, **more)
    return [disk.left(loss, random.Random(draw)) for draw in range(draws)]


def test_what_is_synced_is_there_whatever_is_lost():
    for loss in Loss:
        assert left(loss, SYNCED, draws=3) == [{"f": OLD}] * 3


def test_all_or_nothing_of_the_rest():
    assert left(Loss.NOTHING_CAME, draws=1) == [{"f": OLD}]
    assert left(Loss.ALL_CAME, draws=1) == [{"f": NEW + NEW}]


def test_a_beginning_never_has_a_later_write_without_the_earlier():
    assert {state["f"] for state in left(Loss.BEGINNING)} == {OLD, NEW}


def test_a_part_may_have_a_later_write_without_the_earlier():
    assert {"f": OLD + NEW} in left(Loss.PART)


def test_a_torn_write_has_a_beginning_of_its_sectors():
    torn = NEW[:SECTOR] + OLD[SECTOR:]
    assert {"f": torn} in left(Loss.TORN)
    assert {"f": NEW + NEW[:SECTOR]} in left(Loss.TORN)


def test_any_sector_may_be_missing():
    assert {"f": OLD[:SECTOR] + NEW[SECTOR:]} in left(Loss.SECTORS)


def test_a_file_may_have_its_size_and_not_its_data():
    assert any(state["f"].endswith(bytes(SECTOR)) for state in left(Loss.SIZES))
    assert all(len(state["f"]) == len(NEW + NEW) for state in left(Loss.SIZES))


def test_rubbish_is_neither_old_nor_new():
    found = left(Loss.RUBBISH)
    assert any({*state["f"]} - {*b"on"} for state in found)


@pytest.mark.parametrize("loss", Loss)
def test_without_a_sync_of_the_directory_a_name_may_be_missing(loss):
    states = left(loss, SYNCED[:3])
    assert ({} in states) == (loss not in (Loss.ALL_CAME, Loss.SIZES, Loss.RUBBISH))
    if loss is not Loss.NOTHING_CAME and loss not in (Loss.BEGINNING, Loss.TORN):
        assert {"f": OLD} in states


def test_a_removed_file_may_come_back_with_what_it_held():
    calls = (*SYNCED, Call(Did.UNLINK, "f"), Call(Did.LINK, "f"), Call(Did.WRITE, "f", 0, b"2nd"))
    states = left(Loss.PART, calls)
    assert {"f": OLD} in states
    assert {"f": b"2nd"} in states
    assert {"f": b""} in states


def test_what_was_cut_off_may_come_back():
    calls = (*SYNCED, Call(Did.CUT, "f", SECTOR))
    assert {state["f"] for state in left(Loss.PART, calls)} == {OLD, OLD[:SECTOR]}


def test_a_sync_that_does_nothing_keeps_nothing():
    assert left(Loss.NOTHING_CAME, SYNCED, draws=1, syncs=False) == [{}]
