from __future__ import annotations

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


@pytest.mark.parametrize("name", ["", "A", "../a", "a/b", "a b", "x" * 65, "-a"])
def test_a_name_that_no_file_should_have_is_refused(name):
    with pytest.raises(UsageError, match="cannot be the name"):
        new.skeleton(name, today=TODAY)
