"""Another person's run is seen by its marks."""

from __future__ import annotations

from sopctl.app.overviews.folding import Seen
from sopctl.app.overviews.marked import marked
from sopctl.core.overview import Marked
from sopctl.facts.pools import Pool
from tests.app.overviews.given import group, node

THEIRS, OURS = "01THEIRS", "01OURS"


def test_what_other_runs_have_marked_is_counted_by_object():
    twice = {
        "sopctl.io/held-by.cordon": THEIRS,
        "sopctl.io/held-by.spec.unschedulable": THEIRS,
        "sopctl.io/held-by.other": OURS,
    }
    tags = {"sopctl/before/a": f"v=1/run={THEIRS}", "sopctl/before/b": "no run", "team": "run=x"}
    seen = Seen(
        nodes=[node("n1", annotations=twice), node("n2", annotations=twice), node("n3")],
        groups=[group("web", tags=tags), group("mine", tags={"sopctl/before/a": f"/run={OURS}"})],
        pools=[Pool(name="p", annotations={"sopctl.io/held-by.limits": THEIRS})],
    )
    assert marked(seen, [OURS]) == (
        Marked(run=THEIRS, objects=(("group", 1), ("node", 2), ("NodePool", 1))),
    )


def test_nothing_marked_and_nothing_read_is_nothing():
    assert marked(Seen(), ()) == ()
    assert marked(Seen(nodes=[node("n1")], groups=[group("web")]), ()) == ()
