"""Names that act: control bytes, markup and marks that reorder, in whatever is drawn.

A case puts a payload into some text of a plan, a journal, a cluster, findings, a target or an
error, and draws it with every view of that subject. What has to hold: on a terminal and in a pipe
no character that acts, on a page no markup, in Markdown no link or HTML, in JSON ASCII alone.
"""

from __future__ import annotations

import io
import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from campaigns.frame import Campaign, Played, command
from sopctl.checks.catalog import CATALOG
from sopctl.core.codec import decode, encode
from sopctl.core.errors import ProviderError, SopError
from sopctl.core.journal import Record
from sopctl.core.overview import Overview
from sopctl.core.plan import Plan
from sopctl.core.readiness import Finding, State
from sopctl.core.shape import MISSHAPEN
from sopctl.core.target import Target
from sopctl.views import audit, doctor, doctor_page, html, markdown, plan, problems, targets
from sopctl.views import events as sentences
from sopctl.views.cluster import data as cluster_data
from sopctl.views.cluster import page, text
from sopctl.views.lines import Line, line
from sopctl.views.screen import Screen
from tests.views import scenes
from tests.views.cluster import clusters

Json = Any  # what is drawn, as JSON
Case = tuple[str, int, int]  # subject, number of the payload, number of the place
SIGN = "Zq"  # in every payload, so that it is found again
ACTS = re.compile(
    r"\n" + SIGN + r"|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
OURS = re.compile(r"\x1b\[[0-9;]*m")  # colours of our own
_STARTS = (
    "\x1b[31m",
    "\x1b]52;c;Zm9v\x07",
    "\x1b]8;;http://x\x1b\\",
    "\x9b2J",
    "\x9d0;t\x9c",
    "\x1bc",
    "\r",
    "\n",
    "\x08\x08",
    "\x00",
    "\x7f",
    "\t",
    "\x0b",
    "\x85",
    "\u2028",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "[/red]",
    "[link=http://x]",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><b>',
    "[a](http://x)",
    "![a](http://x)",
    "`a`",
    "| a | b |",
    "# a",
    "&lt;b&gt;",
    "${{ params }}",
    "%s{0}",
    "e\u0301",
)
PAYLOADS = tuple(
    f"{first}{SIGN}{second}" for first, second in product(_STARTS, ("", *_STARTS[:15]))
)[:528]


@dataclass(frozen=True)
class Subject:
    """*value* as JSON; *lines*, *pages*, *marks* and *data* draw it, whatever stands in it."""

    value: Callable[[], Json]
    lines: Callable[[Json], Sequence[Line]]
    pages: Callable[[Json], str] = lambda _value: ""
    marks: Callable[[Json], str] = lambda _value: ""
    data: Callable[[Json], object] = lambda _value: None


def _records(value: Json) -> tuple[Record, ...]:
    found, before = [], ""
    for each in value:
        record = decode(Record, {**each, "prev": before or each["prev"]}).sealed()
        before = record.hash
        found.append(record)
    return tuple(found)


def _overview(value: Json) -> Overview:
    return decode(Overview, value)


def _findings() -> Json:
    ready = [each for each in CATALOG.values() if each.readiness is not None][:4]
    return [
        encode(
            Finding(check=c.id, state=s, readiness=c.readiness, detail="why", rows=("a", "b"))  # type: ignore[arg-type]
        )
        for c, s in zip(ready, State, strict=False)
    ]


def _found(value: Json) -> list[Finding]:
    return [decode(Finding, each) for each in value]


SUBJECTS: dict[str, Subject] = {
    "plan": Subject(
        value=lambda: encode(scenes.PLAN),
        lines=lambda v: plan.lines(decode(Plan, v), full=True),
        data=lambda v: plan.data(decode(Plan, v)),
    ),
    "journal": Subject(
        value=lambda: encode(scenes.journal()),
        lines=lambda v: [
            *audit.timeline(_records(v)),
            *(line(*sentences.brief(each)) for each in _records(v)),
        ],
        pages=lambda v: html.report(scenes.head(), _records(v)),
        marks=lambda v: markdown.report(scenes.head(), _records(v)),
    ),
    "cluster": Subject(
        value=lambda: encode(clusters.odd()),
        lines=lambda v: text.lines(_overview(v), text.Room(width=100, height=0)),
        pages=lambda v: page.page(_overview(v)),
        data=lambda v: cluster_data.data(_overview(v)),
    ),
    "findings": Subject(
        value=_findings,
        lines=lambda v: doctor.findings(_found(v), 50),
        pages=lambda v: doctor_page.page("t", _found(v), 50),
    ),
    "target": Subject(
        value=lambda: [encode(Target(name="a", region="b", account="c", labels={"env": "d"}))],
        lines=lambda v: targets.listed({each["name"]: decode(Target, each) for each in v}),
    ),
    "error": Subject(
        value=lambda: ["what", "hint"],
        lines=lambda v: problems.error(ProviderError(str(v[0]), hint=str(v[1]))),
    ),
}


def cases(seed: int) -> Iterator[Case]:
    """Every payload in every subject, each time in another place, without end."""
    dice = random.Random(seed)
    while True:
        for number in range(len(PAYLOADS)):
            for name in SUBJECTS:
                yield name, number, dice.getrandbits(32)


def play(case: Case) -> Played:
    """Put it there, and draw it everywhere."""
    name, number, place = case
    subject, payload = SUBJECTS[name], PAYLOADS[number]
    value = _with(subject.value(), payload, random.Random(place))
    try:
        wrong = [*_wrong(subject, value)]
    except (SopError, *MISSHAPEN):
        return Played((f"{name}: not a value",))  # an enum or a hash: nothing that is drawn
    return Played((name,), f"{name} {payload!r}: {'; '.join(wrong)}" if wrong else "")


def _wrong(subject: Subject, value: Json) -> Iterator[str]:
    rows = subject.lines(value)
    for terminal in (False, True):
        shown = _drawn(rows, terminal=terminal)
        if acts := ACTS.search(OURS.sub("", shown) if terminal else shown):
            yield f"{acts.group()!r} on a {'terminal' if terminal else 'pipe'}"
    found = subject.pages(value)
    if re.search(f"<script|<img|<b>{SIGN}", found) or ACTS.search(found):
        yield "markup on a page"
    marked = subject.marks(value)
    if re.search(r"(?<!\\)\]\(http|(?<!\\)<(script|img)", marked) or ACTS.search(marked):
        yield "markup in Markdown"
    if not json.dumps(subject.data(value)).isascii():
        yield "JSON beyond ASCII"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _drawn(rows: Sequence[Line], *, terminal: bool) -> str:
    stream = _Terminal() if terminal else io.StringIO()
    Screen(stream, {"TERM": "xterm"}).show(rows)
    return stream.getvalue()


def _with(value: Json, payload: str, dice: random.Random) -> Json:
    """*value* with the payload added to one of its texts."""
    places = [*_texts([value])]
    holder, key = dice.choice(places)
    root = json.loads(json.dumps([value]))
    here = root
    for part in holder:
        here = here[part]
    here[key] = f"{here[key]}{payload}"
    return root[0]


def _texts(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        if isinstance(value[key], str):
            yield path, key
        elif isinstance(value[key], dict | list):
            yield from _texts(value[key], (*path, key))


CAMPAIGN = Campaign(name="terminal", cases=cases, play=play, needed=frozenset(SUBJECTS))

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
