"""The report of a run as one HTML file: no script, nothing loaded, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sopctl.core.journal import Head, Record
from sopctl.views import report as content
from sopctl.views.lines import safe

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;
padding:0 1rem;color:#1b1f24}
body{overflow-wrap:anywhere}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
padding:.3rem .6rem;
border-bottom:1px solid #d8dee4}
th{overflow-wrap:normal}
.wide{overflow-x:auto}.wide table{min-width:44rem}.times td:first-child{width:9.5rem}
@media (max-width:40rem){.times td{display:block;border:0;padding:0 0 .1rem}
.times tr{display:block;padding:.3rem 0;border-bottom:1px solid #d8dee4}}
code{font:13px ui-monospace,monospace}.good{color:#116329}.bad{color:#a40e26;font-weight:600}
.warn{color:#7d4e00}.quiet{color:#57606a}
@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}
td,th,.times tr{border-color:#30363d}
.good{color:#56d364}.bad{color:#ff7b72}.warn{color:#e3b341}.quiet{color:#8b949e}}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def report(head: Head, records: Sequence[Record]) -> str:
    """The whole page."""
    found = content.read(head, records)
    facts = "".join(f"<tr><th>{_text(n)}</th><td>{_text(v)}</td></tr>" for n, v in found.facts)
    changes = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>"
        for row in found.changes
    )
    columns = "".join(
        f"<th>{name}</th>" for name in ("Step", "Resource", "Before", "After", "Outcome")
    )
    timeline = "".join(
        f"<tr><td><code>{_text(moment.at)}</code></td>"
        f'<td class="{_text(moment.style)}">{_text(moment.text)}</td></tr>'
        for moment in found.timeline
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_text(POLICY)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_text(found.title)}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{_text(found.title)}</h1>\n<table>{facts}</table>\n"
        f'<h2>Timeline</h2>\n<table class="times">{timeline}</table>\n'
        f'<h2>Changes</h2>\n<div class="wide"><table><tr>{columns}</tr>{changes}</table></div>\n'
        f'<p class="quiet">{len(records)} records; the last one has the hash '
        f"<code>{_text(head.hash)}</code>.</p>\n</body></html>\n"
    )


def _text(text: str) -> str:
    return escape(safe(text), quote=True)
