"""One stage for the tests of a worker: a world in this process, led by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopctl.app.library import Library
from sopctl.app.trials import planting, stage, suite
from sopctl.app.trials.case import Case, Script
from sopctl.app.trials.faults.crew import catalogs
from sopctl.cli.trial_commands import invoke
from sopctl.facts.snapshot import SHAPES
from sopctl.runbook.lint import Known
from sopctl.runbook.trials.model import CaseShape

BOOK = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: freeze, title: Hold the groups of a zone}
parameters:
  zone: {type: zone, required: true}
guardrails:
  max_objects: {aws.asg: {count: 9, percent: 100}, k8s.hpa: {count: 9, percent: 100}}
steps:
  - {id: pods, uses: k8s.hpa.scale_down, why: They are needed.}
  - id: groups
    uses: aws.asg.capacity
    with: {select: {zone: "${{ params.zone }}", spot: true}}
    why: They are reclaimed.
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A stage with the small world."""
    built = stage.build(tmp_path_factory.mktemp("stage"), planting.planter(suite.SMALL))
    yield built
    built.close()


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """The packaged runbooks, and one of two steps."""
    folder = tmp_path_factory.mktemp("books")
    (folder / "freeze.yaml").write_text(BOOK)
    found = catalogs()
    known = Known(actions=found.actions, checks=found.checks, facts=SHAPES)
    return Library([folder], lambda: known)


@pytest.fixture
def case_of(make_case):
    return make_case


@pytest.fixture(scope="session")
def make_case(made, library):
    """Makes a case of the small runbook, from the fields of its test."""

    def make(name="freeze", **fields):
        fields.setdefault("run", {"parameters": {"zone": "us-east-1a"}})
        shape = CaseShape.model_validate({"name": "one", **fields})
        path = library.path(name)
        script = Script(
            case=shape,
            book=library.load(name),
            file=Path("one.test.yaml"),
            path=path,
            path_of=library.path,
        )
        return Case(made, script, invoke)

    return make
