"""Draw the README's picture: the plan of az-failure in the sandbox, by the tool's own view."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from sopctl.core.codec import decode
from sopctl.core.plan import Plan
from sopctl.views import plan as view
from sopctl.views.lines import wrapped
from sopctl.views.screen import drawn

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "plan.svg"
WIDTH, LINES = 104, 46
HEADER = "sopctl run az-failure --zone us-east-1a --dry-run"
# No fonts from elsewhere: the picture must show what it shows without a network.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace;
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def sopctl(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "sopctl", *words], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own command


def planned(folder: Path) -> Plan:
    """The plan of az-failure in a fresh sandbox."""
    out = folder / "plan.json"
    os.environ |= {"SOPCTL_STATE_DIR": str(folder / "s"), "SOPCTL_CONFIG_DIR": str(folder / "c")}
    on = ("--target", "sandbox")
    try:
        sopctl("run", "prepare", *on, "--yes", "--reason", "picture")
        sopctl("plan", "az-failure", "--zone", "us-east-1a", *on, "--plan-out", str(out))
        found = json.loads(out.read_text())
    finally:
        sopctl("sandbox", "stop")
    return decode(Plan, found.get("plan", found))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sopctl-picture-") as folder:
        plan = planned(Path(folder))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    rows = [row for line in view.lines(plan) for row in wrapped(line, WIDTH)]
    for row in rows[:LINES]:
        console.print(drawn(row), markup=False, highlight=False)
    console.print(f"... {len(rows) - LINES} more lines", style="dim")
    PICTURE.write_text(console.export_svg(title=HEADER, code_format=FRAME, unique_id="plan"))
    print(f"wrote {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
