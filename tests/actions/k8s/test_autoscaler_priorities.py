from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sopctl.actions.k8s.autoscaler_priorities import ACTION, NAME, Params, Priorities
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from sopctl.core.resource import Observed, ResourceId
from tests.laws import prove, run
from tests.local import ENABLED, OWNED, Local, local_world

DISCOVERY = f"--node-group-auto-discovery=asg:tag={ENABLED},{OWNED}"
ON_DEMAND = Params()
OLD = "50:\n  - web\n10:\n  - .*\n"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with local_world(tmp_path) as local:
        local.fleet()
        local.autoscaler(DISCOVERY, "--expander=priority,least-waste")
        yield local


def write(local: Local, data: dict[str, str] | None) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": "kube-system"},
        **({} if data is None else {"data": data}),
    }
    local.cluster.create("configmaps", body)


def seen(local: Local) -> tuple[ResourceId, Observed[Priorities]]:
    (resource,) = ACTION.select(local.world, ON_DEMAND).ids
    return resource, ACTION.observe(local.world, ON_DEMAND, [resource])[resource]


def wanted(local: Local, params: Params = ON_DEMAND) -> dict[int, list[str]]:
    resource, now = seen(local)
    after = ACTION.desire(params, resource, now)
    assert isinstance(after, Priorities)
    found: dict[int, list[str]] = yaml.safe_load(after.text or "")
    return found


@pytest.mark.parametrize(
    "data",
    [None, {"other": "x"}, {"priorities": OLD}, {"priorities": "}{"}],
    ids=["no data", "another key", "rules", "not YAML"],
)
def test_the_laws_hold_whatever_the_map_has(local: Local, data: dict[str, str] | None) -> None:
    write(local, data)
    prove(ACTION, local, ON_DEMAND)


def test_the_laws_hold_without_the_map(local: Local) -> None:
    prove(ACTION, local, ON_DEMAND)


def test_ours_is_on_top_and_the_rules_that_were_there_stay(local: Local) -> None:
    write(local, {"priorities": OLD})
    rules = wanted(local)
    assert list(rules) == [60, 50, 10]
    assert rules[50] == ["web"]
    names = [group.name for group in local.world.facts.groups()]
    assert {n for n in names if any(re.search(p, n) for p in rules[60])} == {
        "all",
        "web-a",
        "web-b",
        "web-c",
    }


def test_without_rules_every_other_group_comes_below(local: Local) -> None:
    assert wanted(local)[10] == [".*"]
    resource, now = seen(local)
    spot = ACTION.desire(Params(prefer="spot"), resource, now)
    assert spot == ACTION.desire(Params(prefer="spot"), resource, now)


def test_what_somebody_wrote_meanwhile_is_a_conflict(local: Local) -> None:
    write(local, {"priorities": OLD})
    resource, now = seen(local)
    change = Change(resource, now, ACTION.desire(ON_DEMAND, resource, now))
    found = local.cluster.get("configmaps", NAME, "kube-system")
    assert found is not None
    local.cluster.update("configmaps", {**found, "data": {"priorities": "1:\n- .*\n"}})
    assert run(ACTION, local.world, [change])[resource].kind is ReceiptKind.CONFLICT


def test_where_the_expander_is_another_nothing_is_written_and_it_is_said(tmp_path: Path) -> None:
    with local_world(tmp_path) as other:
        other.fleet()
        other.autoscaler(DISCOVERY, "--expander=least-waste")
        selection = ACTION.select(other.world, ON_DEMAND)
    assert selection.ids == ()
    assert selection.notes == ("the autoscaler's --expander is least-waste, not priority.",)


def test_what_makes_no_sense_is_refused(local: Local) -> None:
    with pytest.raises(RefusedError, match="do not buy 'gold'"):
        ACTION.select(local.world, Params(prefer="gold"))
