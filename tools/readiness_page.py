"""The reference page of readiness, from its table and the checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from sopctl.app.doctor.whole import OURS
from sopctl.checks.catalog import CATALOG as CHECKS
from sopctl.core.check import AnyCheck, Readiness

ROOT = Path(__file__).resolve().parents[1]


def readiness_page(reference: Path) -> Iterator[str]:
    """Every row of the practice with its check, its severity, its fix and its test."""
    yield "# Readiness\n"
    yield "What `sopctl doctor` asks, by the rows of the practice. It also proves each runbook:"
    yield "it is planned, carried out in memory, and taken back (`runbook.NAME`).\n"
    for part in yaml.safe_load((reference / "readiness.yaml").read_text(encoding="utf-8")):
        yield f"## {part['about']}\n"
        yield "| row | check | severity | what | why | fix | test |\n|---|---|---|---|---|---|---|"
        for row, more in part["rows"].items():
            for name, said, ready, test in answering(row):
                unseen = f" Not seen: {more['unseen']}" if more else ""
                yield (
                    f"| {row} | `{name}` | {ready.severity} | {said}{unseen} | {ready.why} "
                    f"| {ready.fix.replace('|', '/')} | `{test}` |"
                )
        yield ""


def answering(row: str) -> list[tuple[str, str, Readiness, str]]:
    """Each that answers *row* of the practice: its id, what it says, its readiness and its test."""
    found = [
        (name, check.summary, check.readiness, f"tests/{room_of(check)}")
        for name, check in sorted(CHECKS.items())
        if check.readiness is not None and row in check.readiness.row.split(", ")
    ]
    ours = "tests/app/doctor/"
    found += [(name, said, r, ours) for name, (said, r) in OURS.items() if r.row == row]
    assert found, row
    return found


def room_of(check: AnyCheck) -> str:
    """The test beside the room of a check, below `tests`."""
    *folders, room = check.look.__module__.split(".")[1:]
    path = Path(*folders, f"test_{room}.py")
    assert (ROOT / "tests" / path).exists(), path
    return path.as_posix()
