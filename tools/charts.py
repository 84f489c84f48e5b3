"""Draw the charts of docs/explanation/drills.md again: every curve is measured, in drills held now.

``make charts`` runs it; about ten minutes on two cores. What is compared with the whole runbook is
the same runbook without some of its steps, in the same scenario; it fails if that is no worse.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sopctl.app import scenarios
from sopctl.app.settings import Settings
from sopctl.cli.drills.rehearsal import Rehearsal
from sopctl.cli.main import execute
from sopctl.core.measures import Sample, Series, outages
from sopctl.runbook import loader
from sopctl.views.charts import Chart, Curve, Mark, Span, svg
from sopctl.views.drill_page import down, pending

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
BOOK = "az-failure"
ZONE = "us-east-1a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A picture: what is measured of the whole runbook and of it *without* some steps.

    Without anything left out, it is compared with nobody doing anything.
    """

    image: str
    scenario: str
    title: str
    unit: str
    value: Callable[[Sample], float]
    without: tuple[str, ...] = ()
    label: str = "nobody does anything"


def lost(sample: Sample) -> float:
    return sample.lost


def wished(sample: Sample) -> float:
    return sample.wished.get(ZONE, 0)


def tried(sample: Sample) -> float:
    return sample.failed.get(ZONE, 0) + sample.launched.get(ZONE, 0)


def churned(sample: Sample) -> float:
    return sample.gone


DOWN = "Pods that do not run: pending, or not Ready on their node"
CASES = (
    Case(image="az-outage", scenario="az-outage", title=DOWN, unit="pods", value=down),
    Case(image="az-outage-shop", scenario="az-outage-shop", title=DOWN, unit="pods", value=down),
    Case(
        image="az-outage-requests",
        scenario="az-outage-shop",
        title="Requests lost",
        unit="requests so far",
        value=lost,
    ),
    Case(
        image="az-outage-spanning",
        scenario="az-outage-spanning",
        title=DOWN,
        unit="pods",
        value=down,
    ),
    Case(
        image="az-outage-two-zones",
        scenario="az-outage-two-zones",
        title=DOWN,
        unit="pods",
        value=down,
    ),
    Case(
        image="claim-spread",
        scenario="az-outage-shop",
        title="Pods without a node",
        unit="pods",
        value=pending,
        without=("relax-spread", "unblock"),
        label="with spread kept hard",
    ),
    Case(
        image="az-gray-rush",
        scenario="az-gray-rush",
        title="Pods without a node",
        unit="pods",
        value=pending,
    ),
    Case(
        image="claim-untag",
        scenario="az-gray-rush",
        title=f"Launches into {ZONE}, tried or done",
        unit="launches so far",
        value=tried,
        without=("remove-groups",),
        label="with its groups left to the autoscaler",
    ),
    Case(
        image="claim-spot",
        scenario="az-outage-churn",
        title="Pods that were ended",
        unit="pods so far",
        value=churned,
        without=("pause-spot",),
        label="with spot left on",
    ),
    Case(
        image="claim-freeze",
        scenario="az-outage-ebb",
        title="Pods without a node",
        unit="pods",
        value=pending,
        without=("freeze-pods", "freeze-nodes"),
        label="without the freeze",
    ),
)


class Stage:
    """Holds each drill once, whatever it is drawn for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[tuple[str, tuple[str, ...]], tuple[Series, list[Mark]]] = {}

    def whole(self, scenario: str, without: tuple[str, ...] = ()) -> tuple[Series, list[Mark]]:
        """The drill of the runbook without these steps, and when it did what."""
        if (scenario, without) not in self._held:
            print(f"{time.strftime('%X')} {scenario} without {without or 'nothing'}", flush=True)
            found = self._rehearsal(scenario, without).with_sop()
            times = found.timings
            print(f"    {found.outcome}, {found.back}, {found.series.totals}", flush=True)
            moments = (("run", times.began), ("rolled back", times.rolled_back))
            marks = [Mark(label, at / 60) for label, at in moments if at is not None]
            self._held[scenario, without] = found.series, marks
        return self._held[scenario, without]

    def nobody(self, scenario: str) -> Series:
        key = (scenario, ("everything",))
        if key not in self._held:
            print(f"{time.strftime('%X')} {scenario} without anybody", flush=True)
            self._held[key] = self._rehearsal(scenario, ()).without_sop(), []
            print(f"    {self._held[key][0].totals}", flush=True)
        return self._held[key][0]

    def _rehearsal(self, name: str, without: tuple[str, ...]) -> Rehearsal:
        state = self._folder / f"{name}-{len(self._held)}"
        settings = Settings(config=self._folder / "config", state=state, environ=dict(os.environ))
        scenario = scenarios.load(settings, name)
        book = BOOK
        if without:
            book = variant(settings.runbooks, without)
            assert scenario.drill is not None
            drill = scenario.drill.model_copy(update={"runbook": book})
            scenario = scenario.model_copy(update={"drill": drill})
        return Rehearsal(
            scenario=scenario,
            runbook=book,
            params={},
            settings=settings,
            execute=execute,
            follow=lambda _: None,
        )


def variant(folder: Path, without: Sequence[str]) -> str:
    """Write the runbook without these steps; its name."""
    data: Any = yaml.safe_load((loader.packaged() / f"{BOOK}.yaml").read_text())
    name = f"{BOOK}-without-{'-'.join(without)}"
    data["metadata"] |= {"name": name, "reviewed": str(data["metadata"]["reviewed"])}
    data["steps"] = [step for step in data["steps"] if step["id"] not in without]
    for step in data["steps"]:
        if "needs" in step:
            step["needs"] = [each for each in step["needs"] if each not in without]
    data["return"] = [
        entry
        for entry in data["return"]
        if not set(entry.get("restore", ())) or not set(entry["restore"]) & set(without)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    return name


def draw(stage: Stage, case: Case) -> str:
    """One picture."""
    mine, marks = stage.whole(case.scenario)
    other = stage.whole(case.scenario, case.without)[0] if case.without else None
    theirs = other or stage.nobody(case.scenario)
    spans = [
        Span(f"{each.zone} failed", each.start / 60, each.end / 60)
        for each in outages(mine.happened, mine.samples[-1].at)
    ]
    return svg(
        Chart(
            title=case.title,
            unit=case.unit,
            curves=[curve("az-failure", mine, case), curve(case.label, theirs, case)],
            spans=spans,
            marks=marks,
        )
    )


def shows(stage: Stage, case: Case) -> bool:
    """Whether the claim is to be seen: with every step there is less of it, over all the time."""
    mine, theirs = stage.whole(case.scenario)[0], stage.whole(case.scenario, case.without)[0]
    with_all, with_less = (sum(map(case.value, each.samples)) for each in (mine, theirs))
    print(f"{case.image}: {with_all:.0f} with every step, {with_less:.0f} {case.label}", flush=True)
    return with_all < with_less


def curve(label: str, series: Series, case: Case) -> Curve:
    xs = [each.at / 60 for each in series.samples]
    return Curve(label, xs, [case.value(each) for each in series.samples])


def main() -> int:
    """Draw, and say by the exit code whether every claim is to be seen."""
    wanted = sys.argv[1:]
    IMAGES.mkdir(exist_ok=True)
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="sopctl-charts-") as folder:
        stage = Stage(Path(folder))
        for case in CASES:
            if not wanted or case.image in wanted:
                file = IMAGES / f"drill-{case.image}.svg"
                file.write_text(draw(stage, case))
                print(f"wrote {file}", flush=True)
                failed += [case.image] if case.without and not shows(stage, case) else []
    for image in failed:
        print(f"{image} does not show what docs/explanation/drills.md says", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
