"""What came of a test: its parts, and in each what was expected and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field

from sopctl.core.codec import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """*what* is a sentence; *expected* and *found* are empty where it says everything."""

    what: str
    expected: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that was looked at. *skipped* is the reason why it was not; *detail* how much."""

    name: str
    differences: tuple[Difference, ...] = ()
    skipped: str = ""
    detail: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test. *seconds* are of this machine."""

    runbook: str
    file: str
    name: str
    why: str = ""
    parts: tuple[Part, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts)

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)


def data(result: Result) -> Json:
    """The result as `-o json` prints it."""
    return {
        "schema": "sopctl.test/1",
        "runbook": result.runbook,
        "file": result.file,
        "test": result.name,
        "ok": result.ok,
        "seconds": round(result.seconds, 3),
        "parts": [
            {
                "part": part.name,
                "ok": part.ok,
                "skipped": part.skipped,
                "detail": part.detail,
                "seconds": round(part.seconds, 3),
                "differences": [
                    {"what": each.what, "expected": each.expected, "found": each.found}
                    for each in part.differences
                ],
            }
            for part in result.parts
        ],
    }
