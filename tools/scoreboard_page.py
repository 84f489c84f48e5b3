"""The reference page of reliability, from its table and the figures that campaigns kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "campaigns" / "figures"


def scoreboard_page(reference: Path) -> Iterator[str]:
    """Every figure with its target, what was seen last, and how to see it again."""
    yield "# Scoreboard\n"
    yield "What was measured, not what is hoped: a figure that was never measured says so."
    yield "`make campaign-NAME` plays a campaign for a minute; `ARGS` gives it a seed and time,"
    yield 'such as `make campaign-crash ARGS="--seed 7 --minutes 60 --keep"`.\n'
    for part in yaml.safe_load((reference / "scoreboard.yaml").read_text(encoding="utf-8")):
        yield f"## {part['about']}\n"
        yield "| figure | target | today | how |\n|---|---|---|---|"
        for row in part["rows"]:
            yield f"| {row['figure']} | {row['target']} | {today(row)} | {_how(row)} |"
        yield ""


def today(row: Mapping[str, Any]) -> str:
    if "campaign" not in row:
        exists(row["test"])
        return str(row.get("today", "held by the test"))
    path = FIGURES / f"{row['campaign']}.json"
    if not path.exists():
        return "not measured yet"
    kept = json.loads(path.read_text(encoding="utf-8"))
    if "says" in kept:
        return str(kept["says"])
    of = f", {kept['by cell'][row['of']]:,} of them {row['of']}" if "of" in row else ""
    return (
        f"{kept['cases']:,} cases{of}, {kept['violations']} violations; "
        f"{kept['cells']} kinds of cells; {kept['seconds']} s on {kept['cores']} cores, "
        f"seed {kept['seed']} ({kept['on']})"
    )


def _how(row: Mapping[str, Any]) -> str:
    if "how" in row:
        return f"`{row['how']}`"
    if "campaign" in row:
        return f"`make campaign-{row['campaign']}`"
    return f"`{row['test']}`"


def exists(test: str) -> None:
    file, _, name = test.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {name}" in text, test
