"""The tests that lie beside the packaged runbooks, in a short setting: `make runbook-tests` is all.

``SOPCTL_FAULTS`` is how many of the calls of a test are struck here, ``SOPCTL_SEED`` chooses them.
"""

from __future__ import annotations

import os

import pytest

from sopctl.app.trials import suite
from sopctl.app.trials.case import Case
from sopctl.app.trials.faults import part
from sopctl.cli.trial_commands import invoke
from sopctl.runbook import loader as runbooks
from sopctl.runbook.trials import loader

FILES = loader.available([runbooks.packaged()])
TESTS = [(name, case.name) for name, path in FILES.items() for case in loader.load(path).tests]
DOSE = part.Dose(
    most=int(os.environ.get("SOPCTL_FAULTS", "5")), seed=int(os.environ.get("SOPCTL_SEED", "7"))
)
STRUCK = {("az-failure", "single-zone"), ("prepare", "fresh"), ("scale-down-freeze", "everything")}


def test_every_packaged_runbook_has_tests():
    assert set(FILES) == set(runbooks.available([runbooks.packaged()]))


@pytest.mark.parametrize(("name", "test"), TESTS, ids=["-".join(each) for each in TESTS])
def test_it_passes(made, library, name, test):
    asked = suite.Asked(files=(FILES[name],), pattern=test)
    case = Case(made, suite.scripts(library, asked)[0], invoke)
    start = case.begin()
    parts = list(case.play(start))
    if (name, test) in STRUCK:
        parts += part.faults(case, start, DOSE)
    assert [(each.name, each.differences) for each in parts if not each.ok] == []
