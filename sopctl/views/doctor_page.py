"""The findings of `sopctl doctor` as one HTML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sopctl.core.readiness import Finding, State
from sopctl.views.doctor import STYLES
from sopctl.views.frame import framed, text

_STYLE = "h2 small{font-weight:400}ul{margin:.3rem 0;padding-left:1.2rem}.score{font-size:1.3rem}"

_CALM = {State.READY: "Ready", State.NOT_HERE: "Not here"}


def page(target: str, found: Sequence[Finding], score: int) -> str:
    """The whole page: what is not ready first, with its evidence and fix."""
    counts = Counter(each.state for each in found)
    told = ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
    blocks = "".join(_block(each) for each in found if each.state not in _CALM)
    tables = "".join(
        f"<h2>{title}</h2>\n<table>{rows}</table>\n"
        for state, title in _CALM.items()
        if (rows := "".join(_row(each) for each in found if each.state is state))
    )
    body = (
        f'<p class="score"><b>{score} of 100</b> <span class="quiet">({text(told)})</span></p>\n'
        f"{blocks}\n{tables}"
    )
    return framed(f"Is {target} ready for the next zone failure?", body, style=_STYLE)


def _block(found: Finding) -> str:
    ready = found.readiness
    rows = "".join(f"<li>{text(each)}</li>" for each in found.rows)
    why = f"<p>{text(ready.why)}</p><p>Fix: <code>{text(ready.fix)}</code></p>"
    return (
        f'<h2><span class="{STYLES[found.state]}">{text(found.state)}</span> {text(found.check)} '
        f'<small class="quiet">{text(ready.severity)}, {text(ready.row)}</small></h2>'
        f"<p>{text(found.detail)}</p>{f'<ul>{rows}</ul>' if rows else ''}"
        f"{why if found.state is State.NOT_READY else ''}\n"
    )


def _row(found: Finding) -> str:
    return (
        f"<tr><td>{text(found.check)}</td><td>{text(found.readiness.row)}</td>"
        f"<td>{text(found.detail)}</td></tr>"
    )
