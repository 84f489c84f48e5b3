from __future__ import annotations

from xml.etree import ElementTree as ET

from sopctl.runbook.trials.outcome import Difference, Part, Result, data
from sopctl.views import trials

BAD = Part(
    name="state",
    differences=(Difference(what="nodes n <x> & \x00", expected="true", found="absent"),),
    seconds=1.5,
)
GOOD = Part(name="faults", detail="12 cases, every call, 3.0 s")
SKIPPED = Part(name="idempotence", skipped="the run is parked")


def result(*parts, name="one"):
    return Result(runbook="az", file="az.test.yaml", name=name, parts=parts)


def text(rows):
    return "\n".join(" " * row.indent + row.text for row in rows)


def test_a_failed_test_shows_what_was_expected_and_what_was_found():
    shown = text(trials.one(result(BAD, GOOD)))
    assert shown.startswith("failed  az / one")
    assert "expected true" in shown
    assert "found    absent" in shown
    assert "12 cases" in shown


def test_a_passed_test_says_what_was_not_proved():
    shown = text(trials.one(result(SKIPPED)))
    assert shown.startswith("passed")
    assert "not proved: the run is parked" in shown


def test_the_last_line_counts():
    assert text(trials.summary([result(GOOD)])) == "1 test, all passed."
    assert text(trials.summary([result(GOOD), result(BAD)])) == "2 tests, 1 failed."


def test_the_xml_is_what_collectors_of_tests_read():
    found = ET.fromstring(trials.junit([result(BAD, SKIPPED), result(GOOD, name="two")]))
    suite = found.find("testsuite")
    assert suite.attrib["tests"] == "3"
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("1", "1")
    cases = {(c.attrib["classname"], c.attrib["name"]): c for c in suite.findall("testcase")}
    failure = cases["az.one", "state"].find("failure")
    assert "expected true" in failure.text
    assert "\x00" not in failure.attrib["message"]
    assert cases["az.one", "idempotence"].find("skipped") is not None
    assert cases["az.two", "faults"].find("failure") is None


def test_the_json_has_everything():
    found = data(result(BAD, SKIPPED))
    assert (found["ok"], found["seconds"]) == (False, 1.5)
    assert found["parts"][0]["differences"][0]["expected"] == "true"
    assert found["parts"][1]["skipped"] == "the run is parked"
