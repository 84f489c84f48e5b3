"""The timeline of a run as Markdown, for the incident's document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sopctl.core.journal import Head, Record
from sopctl.views import report as content
from sopctl.views.lines import safe

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|&~])")


def report(head: Head, records: Sequence[Record]) -> str:
    """The whole document; everything from outside is escaped, so that it stays text."""
    found = content.read(head, records)
    parts = [f"# {escaped(found.title)}", ""]
    parts += [f"- **{escaped(name)}**: {escaped(value)}" for name, value in found.facts]
    parts += ["", "## Timeline", ""]
    parts += [f"- `{moment.at}` {escaped(moment.text)}" for moment in found.timeline]
    parts += ["", "## Changes", ""]
    if found.changes:
        parts += [
            "| Step | Resource | Before | After | Outcome |",
            "| --- | --- | --- | --- | --- |",
        ]
        parts += [f"| {' | '.join(escaped(cell) for cell in row)} |" for row in found.changes]
    else:
        parts.append("Nothing was changed.")
    parts += ["", f"{len(records)} records; the last one has the hash `{head.hash}`.", ""]
    return "\n".join(parts)


def escaped(text: str) -> str:
    """*text* as Markdown that reads as *text*."""
    return _SPECIAL.sub(r"\\\1", safe(text))
