"""What every page has: one HTML file, no script, nothing loaded, everything escaped."""

from __future__ import annotations

from html import escape

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


def framed(title: str, body: str, *, style: str = "", every: float | None = None) -> str:
    """The whole page; *body* is HTML that its maker escaped, *style* comes on top.

    With *every* a browser asks for it again after so many seconds.
    """
    again = f'<meta http-equiv="refresh" content="{every:g}">' if every else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">{again}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}{style}</style></head><body>\n"
        f"<h1>{text(title)}</h1>\n{body}</body></html>\n"
    )


def text(plain: str) -> str:
    """*plain* as text of a page."""
    return escape(safe(plain), quote=True)
