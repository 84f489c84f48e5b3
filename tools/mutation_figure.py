"""Keeps what `make mutation` found, for the scoreboard."""

from __future__ import annotations

import json
from pathlib import Path

from sopctl.core.clock import SystemClock

ROOT = Path(__file__).resolve().parents[1]
STATS = ROOT / "mutants" / "mutmut-cicd-stats.json"
FIGURE = ROOT / "campaigns" / "figures" / "mutation.json"


def main() -> None:
    """Write the figure and print it; a mutant that makes tests run for ever is noticed, too."""
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    noticed = stats["killed"] + stats["timeout"] + stats["suspicious"] + stats["segfault"]
    of = noticed + stats["survived"] + stats["no_tests"]
    today = f"{SystemClock().now():%Y-%m-%d}"
    says = f"{noticed:,} of {of:,} noticed ({100 * noticed / of:.1f} %; {today})"
    if left := stats["total"] - of - stats["skipped"]:
        says += f"; {left:,} not played"
    FIGURE.write_text(json.dumps({"says": says}, indent=2) + "\n", encoding="utf-8")
    print(f"mutation: {says}; `mutmut results` names the others, `mutmut show` what they are")


if __name__ == "__main__":
    main()
