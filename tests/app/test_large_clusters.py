"""What a plan asks of a cluster grows by pages and batches, not with every object."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from benchmarks import large
from sopctl.app.desk import Desk
from sopctl.app.library import Library
from sopctl.app.place import Place, Wish
from sopctl.app.trials import stage
from sopctl.app.trials.faults.crew import catalogs
from sopctl.facts.snapshot import SHAPES
from sopctl.journal.memory import MemoryStore
from sopctl.providers.k8s_pages import PAGE
from sopctl.runbook.lint import Known
from sopctl.sandbox.world.seed.plant import plant

ZONE = large.ZONES[0]
# All of both fits on one page of everything, and in one batch.
SMALL = large.Size(groups=24, nodes=24, workloads=24, pods=96)
TWICE = large.Size(groups=48, nodes=48, workloads=48, pods=192)


class Silent:
    def records(self, records): ...
    def waiting(self, why): ...
    def warn(self, text): ...


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    found = catalogs()
    known = Known(actions=found.actions, checks=found.checks, facts=SHAPES)
    return Library([tmp_path_factory.mktemp("books")], lambda: known).load("az-failure")


def asked(folder, book, size):
    """What a plan of az-failure asks: calls by operation or path, and how many it would change."""
    folder.mkdir()
    made = stage.build(folder, partial(plant, world=large.scenario(size).world))
    try:
        household = made.household
        household.advance(60)
        household.aws.calls.clear()
        household.kube.calls.clear()
        place = Place(
            target=made.target,
            connection=made.connection(made.target),
            store=MemoryStore(),
            catalogs=catalogs(),
        )
        with Desk(place, Silent()) as desk:
            plan = desk.plan(Wish(runbook=book, given={"zone": ZONE}))
        calls = Counter(
            f"{each.service}.{each.operation}"
            for each in household.aws.calls
            if stage.AGENT in each.user_agent
        )
        calls.update(
            f"{each.method} {each.path}"
            for each in household.kube.calls
            if stage.AGENT in each.user_agent
        )
        changes = {step.id: len(step.changes) for step in plan.steps}
        return calls, changes
    finally:
        made.close()


@pytest.fixture(scope="module")
def both(tmp_path_factory, book):
    folder = tmp_path_factory.mktemp("worlds")
    return asked(folder / "small", book, SMALL), asked(folder / "twice", book, TWICE)


def test_twice_the_objects_are_planned_with_the_same_calls(both):
    (calls, changes), (more_calls, more_changes) = both
    for step in ("freeze-pods", "remove-groups", "pause-spot", "cordon"):
        assert changes[step] > 1, step
        assert more_changes[step] > 1.5 * changes[step], step
    assert more_calls - calls == Counter()


def test_every_pod_is_read_once_for_a_plan(both):
    """Forty pages of them are two thirds of what a plan of a large cluster takes."""
    assert TWICE.pods < PAGE
    assert [calls["GET /api/v1/pods"] for calls, _ in both] == [1, 1]
