"""One more line, in order; a table that moved is not guessed at."""

from __future__ import annotations

import tomllib

import pytest

from sopctl.app.rooms import naming, tables
from sopctl.app.rooms.naming import Kind
from sopctl.core.errors import UsageError

HOLD = naming.room(Kind.ACTION, "k8s.web.hold", "")
FULL = naming.room(Kind.CHECK, "aws.zone.full", "")
THEIRS = naming.room(Kind.ACTION, "acme.web.hold", "")

ACTIONS = """\
from sopctl.actions.k8s import (
    scale,
    vpa_mode,
)
from sopctl.core import x

CATALOG: Mapping[str, AnyAction] = {
    "k8s.scale": scale.ACTION,
    "manual": manual.ACTION,
}
"""
CHECKS = """\
from sopctl.checks.aws import spot_quiet, zone_exists

CATALOG: Mapping[str, AnyCheck] = {
    "aws.zone.exists": zone_exists.CHECK,
}
"""


def test_the_catalog_stays_in_order():
    lines = tables.catalog(ACTIONS, HOLD).splitlines()
    assert lines[2:4] == ["    vpa_mode,", "    web_hold,"]
    assert lines[8:10] == ['    "k8s.scale": scale.ACTION,', '    "k8s.web.hold": web_hold.ACTION,']
    assert tables.catalog(tables.catalog(ACTIONS, HOLD), HOLD) == tables.catalog(ACTIONS, HOLD)


def test_an_import_on_one_line_stays_on_one_as_long_as_it_fits():
    assert "import spot_quiet, zone_exists, zone_full\n" in tables.catalog(CHECKS, FULL)
    long = naming.room(Kind.CHECK, "aws.the_longest_name_there.can_be_is_so", "")
    text = CHECKS.replace("spot_quiet", "spot_quiet, spot_quieter")
    assert "    the_longest_name_there_can_be_is_so,\n    zone_exists,\n)\n" in tables.catalog(
        text, long
    )


def test_a_catalog_that_is_written_otherwise_is_left_to_a_person():
    with pytest.raises(UsageError, match="not where it used to be"):
        tables.catalog("CATALOG = {}\n", HOLD)
    with pytest.raises(UsageError, match="not where it used to be"):
        tables.independence('modules = ["a"]\n', HOLD)


def test_an_entry_point_is_added_to_what_is_there():
    text = '[project]\nname = "acme"\n'
    once = tables.entry_point(text, THEIRS, "acme.acme_web_hold")
    other = naming.room(Kind.ACTION, "acme.more", "")
    found = tomllib.loads(tables.entry_point(once, other, "acme.acme_more"))
    assert found["project"]["entry-points"]["sopctl.actions"] == {
        "acme.more": "acme.acme_more:ACTION",
        "acme.web.hold": "acme.acme_web_hold:ACTION",
    }


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "a"\nentry-points = {"sopctl.actions" = {}}\n',
        '[project]\nname = "a"\n[project.entry-points.\'sopctl.actions\']\n"x" = "y:z"\n',
    ],
)
def test_a_project_that_cannot_take_it_is_left_to_a_person(text):
    with pytest.raises(UsageError, match="cannot be given an entry point") as caught:
        tables.entry_point(text, THEIRS, "acme.acme_web_hold")
    assert '"acme.web.hold" = "acme.acme_web_hold:ACTION"' in caught.value.hint
