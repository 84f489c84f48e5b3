"""Runbook tests on the screen, and as JUnit XML for those who collect tests.

The XML is four kinds of elements, written by the standard library: the packages for it either are
no longer kept or merge files that others wrote.
Source: the schema of Jenkins' xUnit plugin, junit-10.xsd.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from sopctl.runbook.trials.outcome import Difference, Part, Result
from sopctl.views.lines import Line, line

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def one(result: Result) -> list[Line]:
    """One test as it ended; what is wrong in full, the rest in a line."""
    sign = ("passed", "good") if result.ok else ("failed", "bad")
    head = line(
        sign, "  ", (result.runbook, "strong"), f" / {result.name}", (_time(result), "quiet")
    )
    rows = [head]
    for part in result.parts:
        if part.differences:
            rows += _part(part)
        elif part.skipped or part.detail:
            text = f"not proved: {part.skipped}" if part.skipped else part.detail
            rows.append(line((f"{part.name}: {text}", "quiet"), indent=4))
    return rows


def recorded(path: str, result: Result) -> list[Line]:
    """Where a recorded test is, and whether it is worth keeping as it is."""
    rows = [line("The test is in ", (path, "strong"), ".")]
    if not result.ok:
        text = "What happened then does not happen again: look at `given` in it, then at the rest."
        rows.append(line((text, "warn")))
    return rows


def _part(part: Part) -> list[Line]:
    rows = [line((part.name, "bad"), indent=4)]
    for each in part.differences:
        rows.append(line(each.what, indent=6))
        if each.expected or each.found:
            rows.append(line(("expected ", "quiet"), (each.expected, "add"), indent=8))
            rows.append(line(("found    ", "quiet"), (each.found, "remove"), indent=8))
    return rows


def _time(result: Result) -> str:
    return f"  {result.seconds:.1f} s"


def summary(results: Sequence[Result]) -> list[Line]:
    """How many, in one line."""
    failed = [result for result in results if not result.ok]
    text = f"{len(results)} tests" if len(results) != 1 else "1 test"
    if failed:
        return [line(f"{text}, ", (f"{len(failed)} failed", "bad"), ".")]
    return [line(f"{text}, ", ("all passed", "good"), ".")]


def junit(results: Sequence[Result]) -> str:
    """The results as JUnit XML: a suite for each runbook, a case for each part of a test."""
    root = ET.Element("testsuites", name="sopctl test")
    for runbook in dict.fromkeys(result.runbook for result in results):
        mine = [result for result in results if result.runbook == runbook]
        parts = [part for result in mine for part in result.parts]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=runbook,
            tests=str(len(parts)),
            failures=str(sum(not part.ok for part in parts)),
            skipped=str(sum(bool(part.skipped) for part in parts)),
            time=f"{sum(part.seconds for part in parts):.3f}",
        )
        for result in mine:
            for part in result.parts:
                _case(suite, result, part)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, result: Result, part: Part) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"{result.runbook}.{result.name}",
        name=part.name,
        file=result.file,
        time=f"{part.seconds:.3f}",
    )
    if part.skipped:
        ET.SubElement(case, "skipped", message=_clean(part.skipped))
    if part.differences:
        failure = ET.SubElement(
            case, "failure", message=_clean(part.differences[0].what), type="difference"
        )
        failure.text = _clean("\n".join(map(_difference, part.differences)))


def _difference(each: Difference) -> str:
    if not each.expected and not each.found:
        return each.what
    return f"{each.what}\n  expected {each.expected}\n  found    {each.found}"


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
