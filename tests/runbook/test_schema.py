from __future__ import annotations

import json

import pytest
import yaml

from sopctl.runbook import loader, schema
from tests.runbook.examples import swapped

try:
    import jsonschema
except ModuleNotFoundError:
    jsonschema = None

validates = pytest.mark.skipif(jsonschema is None, reason="jsonschema is not installed")
FILES = loader.available([loader.packaged()])


def test_the_schema_beside_the_runbooks_is_the_one_generated():
    written = (loader.packaged() / "runbook.schema.json").read_text()
    assert written == schema.text(), "write it again: sopctl runbook schema"


@validates
def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema.schema())


@validates
@pytest.mark.parametrize("name", sorted(FILES))
def test_every_runbook_is_valid(name):
    data = yaml.safe_load(FILES[name].read_text())
    data["metadata"]["reviewed"] = str(data["metadata"]["reviewed"])  # YAML 1.1 makes it a date
    jsonschema.validate(data, schema.schema())


@validates
@pytest.mark.parametrize(
    "broken",
    [
        swapped("title:", "titel:"),
        swapped("10m", "ten minutes"),
        swapped("gate: Go on?", "gate: Go on?\n    uses: toy.x"),
        swapped("canary: 1", "canary: 0"),
        swapped("sopctl/v1", "sopctl/v2"),
        swapped("[freeze]\nreturn", "freeze\nreturn"),
    ],
)
def test_what_the_loader_refuses_for_its_shape_the_schema_refuses_too(broken):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(broken), schema.schema())


def test_fields_have_the_names_of_the_file_and_no_titles_of_their_own():
    found = schema.schema()
    assert {"apiVersion", "steps", "return", "parameters"} <= found["properties"].keys()
    step = found["$defs"]["StepShape"]
    assert {"with", "uses", "needs", "select"} <= step["properties"].keys()
    assert "title" in found["$defs"]["Metadata"]["properties"]
    assert '"title": "Api' not in json.dumps(found)
