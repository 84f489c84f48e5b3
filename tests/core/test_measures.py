"""What samples add up to."""

from __future__ import annotations

from dataclasses import replace

from sopctl.core.codec import decode, encode
from sopctl.core.measures import Happened, Outage, Sample, Series, outages, series

A, B = "us-east-1a", "us-east-1b"
WELL = Sample(
    at=0,
    nodes={f"{A}/spot": 1},
    ready={A: 5, B: 5},
    pending={},
    unready=0,
    replicas=10,
    launched={},
    failed={},
    terminated={},
    gone=0,
)
HAPPENED = (Happened(60.0, f"zone outage: {A}"), Happened(240.0, f"heal: {A}"))


def hurt(at, **more):
    return replace(WELL, at=at, ready={B: 5}, **more)


def test_time_is_counted_from_each_sample_to_the_next():
    found = series(
        [WELL, hurt(60, pending={"no room": 4}, unready=1), replace(WELL, at=150)], HAPPENED
    ).totals

    assert found.pending_minutes == 4 * 90 / 60
    assert found.unready_minutes == 1.5
    assert found.most_pending == 4


def test_launches_count_as_dead_in_the_failed_zone_while_it_was_failed():
    samples = [
        replace(WELL, failed={A: 1}),
        hurt(60, failed={A: 1}),
        hurt(120, failed={A: 4}, launched={A: 2, B: 7}),
        replace(WELL, at=240, failed={A: 5}, launched={A: 2, B: 7}),
        replace(WELL, at=300, failed={A: 9}, launched={A: 9, B: 7}),
    ]

    assert series(samples, HAPPENED).totals.dead_launches == 4 + 2


def test_an_outage_that_never_heals_lasts_to_the_end():
    said = (Happened(10.0, f"gray failure: {A}"), Happened(20.0, f"heal: {B}"))
    assert outages(said, 99.0) == (Outage(zone=A, start=10.0, end=99.0, gray=True),)


def test_recovered_is_from_when_on_all_was_well_for_a_while():
    def times(*states):
        samples = [
            replace(WELL, at=60.0 * n) if well else hurt(60.0 * n) for n, well in enumerate(states)
        ]
        return series(samples, HAPPENED).totals.recovered

    assert times(1, 1, 1, 1) is None  # nothing was ever amiss
    assert not series([WELL, replace(WELL, at=60)], HAPPENED).totals.hurt
    assert series([WELL, hurt(60)], HAPPENED).totals.hurt
    assert times(1, 0, 0) is None
    assert times(1, 0, 1, 0, 1, 1, 1, 1) == 240.0  # one good sample is no recovery


def test_fewer_replicas_wanted_are_no_loss_and_the_last_few_may_wait():
    def recovered(**after):
        later = [replace(WELL, at=120.0 + n, **after) for n in range(4)]
        return series([WELL, hurt(60), *later], HAPPENED).totals.recovered

    assert recovered(ready={B: 6}, replicas=6) == 120.0
    assert recovered(ready={B: 5}, replicas=6, pending={"zone spread": 1}) is None
    assert recovered(ready={B: 19}, replicas=20) == 120.0


def test_a_series_survives_the_record():
    found = series([WELL, hurt(60)], HAPPENED)
    assert decode(Series, encode(found)) == found
    assert series([], HAPPENED).totals.recovered is None
