from __future__ import annotations

import json

import jsonschema
import yaml

from sopctl.runbook import loader as runbooks
from sopctl.runbook import schema
from sopctl.runbook.trials import loader
from sopctl.runbook.trials.model import TITLE, TrialFileShape


def test_the_packaged_tests_fit_the_schema_that_is_printed_for_editors():
    found = json.loads(schema.text(TrialFileShape, TITLE))
    assert found["title"] == TITLE
    files = loader.available([runbooks.packaged()])
    assert files
    for path in files.values():
        jsonschema.validate(yaml.safe_load(path.read_text()), found)


def test_the_schema_refuses_what_the_loader_refuses():
    found = json.loads(schema.text(TrialFileShape, TITLE))
    wrong = {"apiVersion": "sopctl/v1", "kind": "RunbookTest", "runbook": "x", "testz": []}
    assert not jsonschema.Draft202012Validator(found).is_valid(wrong)
