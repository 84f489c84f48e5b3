"""Which target is meant, and that nothing is made before it is needed."""

from __future__ import annotations

import pytest

from sopctl.app.composition import App, new_run
from sopctl.app.settings import Settings
from sopctl.core.errors import UsageError
from sopctl.core.target import Target


@pytest.fixture
def app(tmp_path):
    environ = {"AWS_REGION": "eu-west-1", "KUBECONFIG": "/my/kubeconfig"}
    made = App(Settings(config=tmp_path / "c", state=tmp_path / "s", environ=environ))
    yield made
    made.close()


def test_with_nothing_configured_it_is_what_is_current(app):
    found = app.target()

    assert (found.name, found.region, found.kubeconfig) == (
        "current",
        "eu-west-1",
        "/my/kubeconfig",
    )


def test_the_only_configured_one_is_meant(app):
    app.targets.add(Target(name="east"))

    assert app.target().name == "east"


def test_what_is_current_can_still_be_named(app):
    app.targets.add(Target(name="east"))

    assert app.target("current").name == "current"


def test_of_several_one_has_to_be_named(app):
    app.targets.add(Target(name="east"))
    app.targets.add(Target(name="west"))

    with pytest.raises(UsageError, match="no target is named") as caught:
        app.target()
    assert caught.value.hint == "Give --target with one of east, west, sandbox."


def test_nothing_is_written_before_it_is_needed(app, tmp_path):
    app.library.names()
    app.targets.all()

    assert list(tmp_path.iterdir()) == []


def test_run_ids_are_many_and_sort_by_time():
    ids = [new_run() for _ in range(50)]

    assert len(set(ids)) == 50
    assert ids[0][:8] <= ids[-1][:8]
