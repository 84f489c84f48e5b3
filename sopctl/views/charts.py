"""Line charts as SVG, to be put into a page: no script, nothing loaded, text stays text.

The same data give the same bytes, so that charts can be kept under version control.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

# Readable on light and on dark ground alike; told apart without colour, by dashes, too.
_GREY, _FAINT = "#768390", "#7683901f"
_LINES = (("#2f81f7", "-"), ("#d1242f", "--"), ("#8250df", "-."), ("#bf8700", ":"))
# Any: matplotlib types each of its three hundred settings by name.
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "sopctl",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": _GREY,
    "axes.labelcolor": _GREY,
    "axes.edgecolor": _GREY,
    "xtick.color": _GREY,
    "ytick.color": _GREY,
}
_ROOM = 1.4  # above the highest curve, for the labels
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Curve:
    """Values that each hold until the next; *xs* in minutes."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]


@dataclass(frozen=True, slots=True)
class Span:
    """A shaded time, in minutes."""

    label: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, in minutes."""

    label: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    title: str
    unit: str
    curves: Sequence[Curve]
    spans: Sequence[Span] = ()
    marks: Sequence[Mark] = ()


def svg(chart: Chart, *, width: float = 7.6, height: float = 2.9) -> str:
    """The chart as an SVG element; *width* and *height* in inches of 72 points."""
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
        figure.patch.set_alpha(0)
        axes.patch.set_alpha(0)
        for curve, (colour, dashes) in zip(chart.curves, _LINES, strict=False):
            axes.step(
                curve.xs,
                curve.ys,
                where="post",
                label=curve.label,
                color=colour,
                linestyle=dashes,
                linewidth=1.8,
            )
        for span in chart.spans:
            axes.axvspan(span.start, span.end, color=_FAINT, linewidth=0)
            _note(axes.annotate, span.label, span.start, 0.97)
        for index, mark in enumerate(chart.marks):
            axes.axvline(mark.at, color=_GREY, linewidth=0.8, linestyle=":")
            _note(axes.annotate, mark.label, mark.at, 0.86 - 0.11 * (index % 3))
        axes.set_title(chart.title, loc="left", fontsize=11)
        axes.set_xlabel("minutes")
        axes.set_ylabel(chart.unit)
        axes.set_ylim(
            0, _ROOM * max((max(each.ys, default=0) for each in chart.curves), default=0) or 1
        )
        axes.margins(x=0)
        axes.grid(axis="y", color=_FAINT)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper right", frameon=False, fontsize=9)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return _PROLOGUE.sub("", stream.getvalue(), count=1)


# matplotlib's own method; what it takes is matplotlib's business.
def _note(annotate: object, text: str, x: float, y: float) -> None:
    assert callable(annotate)
    place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    annotate(text, (x, y), xytext=(3, 0), fontsize=8, va="top", **place)
