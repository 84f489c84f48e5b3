from __future__ import annotations

import pytest

from sopctl.app.doctor import verified, whole
from sopctl.app.settings import Settings
from sopctl.checks import catalog
from sopctl.core.readiness import State
from tests.fakes.workloads import node

ZONES = [catalog.CATALOG["ready.zones"]]


@pytest.fixture
def settings(tmp_path):
    return Settings(config=tmp_path / "config", state=tmp_path / "state")


@pytest.fixture
def examined(local, desk, library, settings):
    local.cluster.create("nodes", node("a0"))

    def examine(*only, runbooks=True, checks=ZONES):
        asked = whole.Asked(only=only, runbooks=runbooks)
        found = whole.examine(desk, asked, checks, library, settings)
        return {each.check: each.state for each in found}

    return examine


def test_everything_is_examined_and_kept(examined, library, settings):
    found = examined()
    assert {"ready.zones", "ready.rights", "ready.drilled", "ready.residue"} < set(found)
    assert {f"runbook.{name}" for name in library.names()} < set(found)
    kept = verified.last(settings.state, "local")
    assert kept is not None
    assert kept.critical == sum(
        state is State.NOT_READY and (name == "ready.zones" or name.startswith("runbook."))
        for name, state in found.items()
    )


def test_a_part_of_it_is_not_kept(examined, settings):
    assert set(examined(runbooks=False)) == {"ready.zones", "ready.drilled", "ready.residue"}
    assert set(examined("ready.residue", checks=())) == {"ready.residue"}
    assert set(examined("OPS2", checks=())) == {"ready.drilled", "ready.residue"}
    assert set(examined("CC5", checks=())) == {"ready.rights"}
    assert set(examined("runbook.prepare", checks=())) == {"runbook.prepare"}
    assert verified.last(settings.state, "local") is None


def test_one_of_somebodys_own_that_is_wrong_is_left_out(examined, tmp_path):
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "mine.yaml").write_text("name: mine\n")
    assert examined("runbook.mine", checks=()) == {}


def test_what_can_be_asked_for_besides_checks_is_known(library):
    found = whole.names(library)
    assert found["ready.rights"] == "CC5"
    assert found["runbook.az-failure"] == "runbook"
