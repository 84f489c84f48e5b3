from __future__ import annotations

import re
from datetime import date

import pytest

from sopctl.actions.catalog import CATALOG as ACTIONS
from sopctl.checks.catalog import CATALOG as CHECKS
from sopctl.core.errors import UsageError
from sopctl.facts.snapshot import SHAPES
from sopctl.runbook import lint, new

KNOWN = lint.Known(actions=ACTIONS, checks=CHECKS, facts=SHAPES)
TODAY = date(2026, 11, 22)


def test_a_new_runbook_lints_clean(tmp_path):
    path = tmp_path / "my-runbook.yaml"
    path.write_text(new.skeleton("my-runbook", today=TODAY))
    assert lint.lint(path, KNOWN) == ()
    assert lint.load(path, KNOWN).reviewed == "2026-11-22"


@pytest.mark.parametrize(
    "odd", ["a: b", "'", '"', "# no comment", "${{ x }}", "é🙂", "- a", "true"]
)
def test_any_title_and_owner_arrive_as_they_are(odd):
    found = lint.load(new.skeleton("a", today=TODAY, title=odd, owner=odd), KNOWN)
    assert (found.title, found.owner) == (odd, odd)


def test_no_schema_is_named_unless_there_is_one():
    modeline = re.compile(r"^# *yaml-language-server", re.MULTILINE)
    assert not modeline.search(new.skeleton("a", today=TODAY))
    assert "sopctl runbook schema > runbook.schema.json" in new.skeleton("a", today=TODAY)
    named = new.skeleton("a", today=TODAY, schema="../s.json")
    assert "# yaml-language-server: $schema=../s.json" in named.splitlines()


@pytest.mark.parametrize("name", ["", "A", "../a", "a/b", "a b", "x" * 65, "-a"])
def test_a_name_that_no_file_should_have_is_refused(name):
    with pytest.raises(UsageError, match="cannot be the name"):
        new.skeleton(name, today=TODAY)
