"""The page of a drill as one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from sopctl.core.drill import Drill
from sopctl.core.measures import Sample, Series, outages
from sopctl.views import drill as screen
from sopctl.views.charts import Chart, Curve, Mark, Span, svg
from sopctl.views.frame import framed, text

Value: TypeAlias = Callable[[Sample], float]
_MORE = (
    "svg{max-width:100%;height:auto}figure{margin:1.2rem 0}.num td:nth-child(n+2){text-align:right}"
)


def page(drill: Drill) -> str:
    """The whole page."""
    title = f"Drill of {drill.runbook} in {drill.scenario}"
    figures = "".join(f"<figure>{svg(chart)}</figure>" for chart in charts(drill))
    story = "".join(
        f"<tr><td><code>{screen.clock(each.at)}</code></td><td>{text(each.what)}</td></tr>"
        for each in drill.sop.happened
    )
    body = (
        f"<table>{_rows(_facts(drill))}</table>\n"
        f"<h2>With the SOP and without</h2>\n{_comparison(drill)}{figures}\n"
        f'<h2>What happened</h2>\n<table class="times">{story}</table>\n'
        f"{_differences(drill)}{_deeds(drill)}"
    )
    return framed(title, body, style=_MORE)


def charts(drill: Drill) -> list[Chart]:
    """What is drawn: what did not run, launches into failed zones, and what came and went."""
    spans, marks = _spans(drill.sop), _marks(drill)
    return [replace(each, spans=spans, marks=marks) for each in _charts(drill)]


def _charts(drill: Drill) -> Iterator[Chart]:
    pairs = [("with the SOP", drill.sop)]
    if drill.base is not None:
        pairs.append(("without", drill.base))

    def curves(value: Value, what: str = "") -> list[Curve]:
        return [_curve(f"{what} {name}".strip(), each, value) for name, each in pairs]

    yield Chart(
        title="Pods that do not run: pending, or not Ready on their node",
        unit="pods",
        curves=curves(down),
    )
    yield Chart(title="Pods without a node", unit="pods", curves=curves(pending))
    failed = sorted({each.zone for each in outages(drill.sop.happened, _end(drill.sop))})
    if failed:
        yield Chart(
            title=f"Launches into {', '.join(failed)}, tried or done",
            unit="launches so far",
            curves=curves(lambda sample: _tried(sample, failed)),
        )
    yield Chart(
        title="Instances launched and terminated",
        unit="instances so far",
        curves=[
            *curves(lambda sample: sum(sample.launched.values()), "launched"),
            *curves(lambda sample: sum(sample.terminated.values()), "terminated"),
        ],
    )
    if drill.sop.totals.offered:
        yield Chart(title="Requests lost", unit="requests so far", curves=curves(lambda s: s.lost))


def down(sample: Sample) -> float:
    """Pods that do not run."""
    return sum(sample.pending.values()) + sample.unready


def pending(sample: Sample) -> float:
    """Pods without a node."""
    return sum(sample.pending.values())


def _tried(sample: Sample, zones: Sequence[str]) -> float:
    return sum(sample.failed.get(zone, 0) + sample.launched.get(zone, 0) for zone in zones)


def _curve(name: str, series: Series, value: Value) -> Curve:
    xs = [each.at / 60 for each in series.samples]
    return Curve(name, xs, [value(each) for each in series.samples])


def _spans(series: Series) -> list[Span]:
    return [
        Span(f"{each.zone} {'half ' if each.gray else ''}failed", each.start / 60, each.end / 60)
        for each in outages(series.happened, _end(series))
    ]


def _marks(drill: Drill) -> list[Mark]:
    times = drill.timings
    found = (
        ("run", times.began),
        ("mitigated", times.mitigated),
        ("rolled back", times.rolled_back),
    )
    return [Mark(label, at / 60) for label, at in found if at is not None]


def _end(series: Series) -> float:
    return series.samples[-1].at if series.samples else 0.0


def _facts(drill: Drill) -> list[tuple[str, str]]:
    result = "passed" if drill.passed else "failed"
    params = " ".join(f"{key}={value}" for key, value in drill.params.items())
    return [
        ("Result", "hands-on" if drill.mode == "hands-on" else result),
        ("Held", f"{drill.held[:16].replace('T', ' ')} UTC, by {drill.mode}"),
        ("Runbook", f"{drill.runbook} {params}".strip()),
        ("Digest of the runbook", drill.digest),
        ("Scenario", drill.scenario),
        ("Drill", drill.id),
        ("sopctl", drill.version),
    ]


def _comparison(drill: Drill) -> str:
    base = drill.base.totals if drill.base else None
    rows = "".join(
        f"<tr><td>{text(name)}</td><td>{text(mine)}</td><td>{text(theirs)}</td></tr>"
        for name, mine, theirs in screen.compared(drill.sop.totals, base)
    )
    head = "<tr><th></th><th>with the SOP</th><th>without</th></tr>"
    return f'<table class="num">{head}{rows}</table>'


def _differences(drill: Drill) -> str:
    if drill.mode == "hands-on":
        return ""
    if not drill.differences:
        return '<p class="good">After the roll back everything is as it was, field by field.</p>\n'
    rows = "".join(f"<li>{text(each)}</li>" for each in drill.differences)
    return f"<h2>Not as before</h2>\n<ul>{rows}</ul>\n"


def _deeds(drill: Drill) -> str:
    if not drill.deeds:
        return ""
    rows = "".join(
        f"<tr><td><code>{screen.clock(each.at)}</code></td><td>{text(each.what)}</td>"
        f"<td>{text(each.who)}</td></tr>"
        for each in drill.deeds
    )
    return f'<h2>What was done</h2>\n<table class="times">{rows}</table>\n'


def _rows(facts: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<tr><th>{text(n)}</th><td>{text(v)}</td></tr>" for n, v in facts)
