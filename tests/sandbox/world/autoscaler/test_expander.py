"""cluster-autoscaler/expander: the chain, and the priority expander with its ConfigMap."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.world.autoscaler.expander import CONFIG_MAP, Expander
from sopctl.sandbox.world.autoscaler.scale_up import Option
from sopctl.sandbox.world.scheduling.quantities import Amount
from sopctl.sandbox.world.view import View
from tests.sandbox.world.autoscaler.test_scale_up import group, waiting
from tests.sandbox.world.autoscaler.test_settings import settings

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
NODE = Amount(cpu=4000, memory=16 * 2**30, pods=58)


def option(name: str, nodes: int = 1, pods: int = 1) -> Option:
    return Option(group=group(name), nodes=nodes, pods=tuple(waiting(pods)), capacity=NODE)


class Choice:
    """An expander with what it reads and says."""

    def __init__(self, *flags: str, priorities: str | None = None) -> None:
        self.cluster = Cluster(lambda: NOW)
        if priorities is not None:
            self.write({"priorities": priorities})
        self.view = View(self.cluster)
        self.expander = Expander(settings(*flags))

    def write(self, data: dict[str, str]) -> None:
        metadata = {"name": CONFIG_MAP, "namespace": "kube-system"}
        self.cluster.create("configmaps", {"metadata": metadata, "data": data})

    def of(self, *options: Option) -> str:
        self.view.refresh()
        return self.expander.best(self.view, options, NOW).group.name

    def many(self, *options: Option) -> Counter[str]:
        return Counter(self.of(*options) for _ in range(200))

    @property
    def reasons(self) -> set[str]:
        return {each["reason"] for each in self.cluster.list("events")}


def test_chance_uses_every_option_and_is_repeatable():
    options = [option("a"), option("b"), option("c")]
    first, second = Choice("--expander=random"), Choice("--expander=random")
    found = [first.of(*options) for _ in range(60)]

    assert set(found) == {"a", "b", "c"}
    assert found == [second.of(*options) for _ in range(60)]


def test_least_waste_leaves_ties_to_chance():
    found = Choice("--expander=least-waste").many(
        option("half", pods=1), option("full", pods=2), option("as-full", pods=2)
    )
    assert set(found) == {"full", "as-full"}


@pytest.mark.parametrize(
    ("name", "best"), [("most-pods", "many"), ("least-nodes", "few"), ("price", None)]
)
def test_other_expanders(name, best):
    options = [option("many", nodes=4, pods=3), option("few", nodes=1, pods=1)]
    found = Choice(f"--expander={name}").many(*options)

    assert set(found) == ({best} if best else {"many", "few"})


def test_the_highest_priority_that_matches_anywhere_in_a_name_wins():
    rules = "10:\n- .*\n50:\n- spot\n"
    chosen = Choice("--expander=priority", priorities=rules)

    assert chosen.of(option("web-od-a"), option("web-spot-a"), option("batch")) == "web-spot-a"


def test_a_group_that_no_rule_names_is_not_used_while_another_is():
    chosen = Choice("--expander=priority", priorities="10:\n- ^od-\n")

    assert set(chosen.many(option("od-a"), option("spot-a"))) == {"od-a"}
    assert chosen.reasons == {"PriorityConfigMapNotMatchedGroup"}


def test_priorities_cannot_block_a_group_that_alone_would_help():
    """BestOptions: "no priorities info found ... No options filtered": a wish, not a pause."""
    chosen = Choice("--expander=priority", priorities="10:\n- ^od-\n")

    assert chosen.of(option("spot-a")) == "spot-a"
    assert set(chosen.many(option("spot-a"), option("spot-b"))) == {"spot-a", "spot-b"}
    assert "PriorityConfigMapNoGroupMatched" in chosen.reasons


def test_a_priority_below_minus_one_never_wins():
    chosen = Choice("--expander=priority", priorities="-5:\n- spot\n-1:\n- od\n")

    assert set(chosen.many(option("spot"), option("od"))) == {"od"}


@pytest.mark.parametrize("text", ["10: [", "10:\n- '('\n", "- 1\n", "ten:\n- x\n", ""])
def test_rules_that_cannot_be_read_are_skipped_and_said(text):
    chosen = Choice("--expander=priority,most-pods", priorities=text)

    assert chosen.of(option("a"), option("b", pods=2)) == "b"
    assert chosen.reasons == {"PriorityConfigMapInvalid"}


def test_without_the_config_map_the_next_expander_decides():
    chosen = Choice("--expander=priority,least-waste")

    assert chosen.of(option("half"), option("full", pods=2)) == "full"
    assert chosen.reasons == set()


def test_a_config_map_without_the_key_is_said():
    chosen = Choice("--expander=priority,least-waste")
    chosen.write({"other": ""})

    assert chosen.of(option("half"), option("full", pods=2)) == "full"
    assert chosen.reasons == {"PriorityConfigMapInvalid"}
