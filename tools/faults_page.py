"""The reference page of what goes wrong: what is done then, what holds it, and what was played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from scoreboard_page import exists, today


def faults_page(reference: Path) -> Iterator[str]:
    """Every fault with what sopctl does, its test, and the figure of its campaign."""
    yield "# When something goes wrong\n"
    yield "What sopctl does when the world, the network, the process or a colleague does what"
    yield "it should not, the test that holds it, and the figure of the campaign that plays it."
    yield "Rehearse each bad answer in the sandbox: `sopctl sandbox fault brownout --help`.\n"
    for part in yaml.safe_load((reference / "faults.yaml").read_text(encoding="utf-8")):
        yield f"## {part['about']}\n"
        yield "| fault | what is done | held by | played |\n|---|---|---|---|"
        for row in part["rows"]:
            exists(row["test"])
            yield f"| {row['fault']} | {row['does']} | `{row['test']}` | {_played(row)} |"
        yield ""


def _played(row: Mapping[str, Any]) -> str:
    if "campaign" not in row:
        return ""
    return f"[{row['campaign']}](scoreboard.md): {today(row)}"
