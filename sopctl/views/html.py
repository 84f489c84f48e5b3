"""The report of a run as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.journal import Head, Record
from sopctl.views import report as content
from sopctl.views.frame import framed, text


def report(head: Head, records: Sequence[Record]) -> str:
    """The whole page."""
    found = content.read(head, records)
    facts = "".join(f"<tr><th>{text(n)}</th><td>{text(v)}</td></tr>" for n, v in found.facts)
    changes = "".join(
        "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>"
        for row in found.changes
    )
    columns = "".join(
        f"<th>{name}</th>" for name in ("Step", "Resource", "Before", "After", "Outcome")
    )
    timeline = "".join(
        f"<tr><td><code>{text(moment.at)}</code></td>"
        f'<td class="{text(moment.style)}">{text(moment.text)}</td></tr>'
        for moment in found.timeline
    )
    body = (
        f"<table>{facts}</table>\n"
        f'<h2>Timeline</h2>\n<table class="times">{timeline}</table>\n'
        f'<h2>Changes</h2>\n<div class="wide"><table><tr>{columns}</tr>{changes}</table></div>\n'
        f'<p class="quiet">{len(records)} records; the last one has the hash '
        f"<code>{text(head.hash)}</code>.</p>\n"
    )
    return framed(found.title, body)
