"""Draw the pictures of the docs in the sandbox, by the tool's own views: a plan, and a cluster."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from sopctl.app.composition import App
from sopctl.core.codec import decode
from sopctl.core.overview import Overview
from sopctl.core.plan import Plan
from sopctl.views import plan as view
from sopctl.views.cluster import text
from sopctl.views.lines import Line, wrapped
from sopctl.views.screen import drawn

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "images"
WIDTH, LINES = 104, 46
ZONE = "us-east-1a"
PATIENCE = 60.0  # seconds until the nodes of a failed zone are not ready
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


def sandboxed(folder: Path) -> tuple[Plan, Overview]:
    """The plan of az-failure in a fresh sandbox, and the cluster once a zone failed and it ran."""
    out = folder / "plan.json"
    os.environ |= {"SOPCTL_STATE_DIR": str(folder / "s"), "SOPCTL_CONFIG_DIR": str(folder / "c")}
    on, agreed = ("--target", "sandbox"), ("--yes", "--reason", "picture")
    try:
        sopctl("run", "prepare", *on, *agreed)
        sopctl("plan", "az-failure", "--zone", ZONE, *on, "--plan-out", str(out))
        found = json.loads(out.read_text())
        sopctl("sandbox", "fault", "zone", ZONE)
        failed()
        sopctl("run", "az-failure", "--zone", ZONE, *on, *agreed)
        return decode(Plan, found.get("plan", found)), look()
    finally:
        sopctl("sandbox", "stop")


def look() -> Overview:
    app = App()
    try:
        with app.onlooker(app.target("sandbox")) as onlooker:
            seen = onlooker.look()
    finally:
        app.close()
    return replace(seen, held=tuple(replace(each, who="kim@laptop") for each in seen.held))


def failed() -> None:
    """Wait until the zone's nodes are not ready."""
    end = time.monotonic() + PATIENCE
    while any(node.ready for node in look().in_zone(ZONE)):
        if time.monotonic() > end:
            sys.exit("the zone does not fail")
        time.sleep(1)  # noqa: TID251  # a tool that waits for a process


def draw(name: str, title: str, rows: Sequence[Line]) -> None:
    """Write one picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for row in rows[:LINES]:
        console.print(drawn(row), markup=False, highlight=False)
    if len(rows) > LINES:
        console.print(f"... {len(rows) - LINES} more lines", style="dim")
    path = PICTURES / f"{name}.svg"
    path.write_text(console.export_svg(title=title, code_format=FRAME, unique_id=name))
    print(f"wrote {path.relative_to(ROOT)}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sopctl-picture-") as folder:
        plan, cluster = sandboxed(Path(folder))
    rows = [row for line in view.lines(plan) for row in wrapped(line, WIDTH)]
    draw("plan", f"sopctl run az-failure --zone {ZONE} --dry-run", rows)
    draw("view", "sopctl view", text.lines(cluster, text.Room(WIDTH, LINES)))


if __name__ == "__main__":
    main()
