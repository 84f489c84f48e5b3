"""Facts become nodes, groups and zones, with whatever part of the facts there is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sopctl.app.overviews.folding import KEPT, POOLS, Seen, groups_now, nodes_now, zones_now
from sopctl.core.overview import Discovery, Leaving, PodState
from sopctl.facts.pools import LABEL, Pool
from sopctl.facts.zones import ZONE_ID, Zone
from tests.app.overviews.given import ENABLED, SCALER, group, member, node, pod

HELD = {"sopctl.io/held-by.limits": "01RUN"}
BREADCRUMB = {f"sopctl/before/{ENABLED}": "v=true/p=1/run=01RUN"}


def one(seen):
    (found,) = nodes_now(seen)
    return found


def test_a_node_has_the_group_its_instance_is_a_member_of_and_its_pods():
    seen = Seen(
        nodes=[node("n1", allocatable={"cpu": Decimal(2), "pods": Decimal(10)})],
        pods=[
            pod("a", on="n1", cpu="1"),
            pod("b", on="n1", ready=False),
            pod("c", on="n1", ready=False, terminating=True),
            pod("over", on="n1", phase="Succeeded", cpu="1"),
            pod("elsewhere", on="n2"),
        ],
        groups=[group("web", "n1", spot=True)],
    )
    found = one(seen)

    assert (found.group, found.capacity, found.full) == ("web", "spot", 0.5)
    assert [found.count(state) for state in PodState] == [1, 1, 1]
    assert [each.name for each in found.pods] == ["shop/a", "shop/b", "shop/c"]


def test_without_pods_nobody_knows_how_full_a_node_is():
    assert one(Seen(nodes=[node("n1")])).full is None
    assert one(Seen(nodes=[node("n1")], pods=[])).full == 0.0


def test_the_label_says_how_it_was_bought_where_the_group_buys_both():
    seen = Seen(
        nodes=[node("n1", labels={"lifecycle": "Ec2Spot"}), node("n2")],
        groups=[group("mixed", "n1", "n2", mixed=True)],
    )
    assert [each.capacity for each in nodes_now(seen)] == ["spot", ""]
    assert groups_now(seen, ())[0].buys == "mixed"


@pytest.mark.parametrize("key", POOLS)
def test_without_aws_labels_say_which_group_a_node_is_of(key):
    seen = Seen(nodes=[node("n1", labels={key: "pool"}), node("n2")])
    nodes = nodes_now(seen)

    assert [each.group for each in nodes] == ["pool", ""]
    (found,) = groups_now(seen, nodes)
    assert (found.title, found.desired, found.discovery) == ("pool", None, Discovery.UNKNOWN)


@pytest.mark.parametrize(
    ("taints", "leaving"),
    [
        (("ToBeDeletedByClusterAutoscaler",), Leaving.REMOVED),
        (("karpenter.sh/disrupted",), Leaving.REMOVED),
        (("aws-node-termination-handler/spot-itn",), Leaving.INTERRUPTED),
        (("karpenter.sh/disrupted", "aws-node-termination-handler/x"), Leaving.INTERRUPTED),
        (("node.kubernetes.io/unreachable", "dedicated"), Leaving.NOT),
    ],
)
def test_taints_say_that_a_node_is_about_to_go(taints, leaving):
    assert one(Seen(nodes=[node("n1", taints=taints)])).leaving is leaving


@pytest.mark.parametrize("key", KEPT)
def test_a_node_is_kept_only_by_true(key):
    assert one(Seen(nodes=[node("n1", annotations={key: "true"})])).kept
    assert not one(Seen(nodes=[node("n1", annotations={key: "false"})])).kept


def test_nodes_are_in_the_order_in_which_people_count():
    seen = Seen(nodes=[node("ip-10"), node("ip-9"), node("db")])
    assert [each.name for each in nodes_now(seen)] == ["db", "ip-9", "ip-10"]


@pytest.mark.parametrize(
    ("tags", "discovery", "run"),
    [
        ({ENABLED: "true"}, Discovery.SCALED, ""),
        ({ENABLED: "true", **BREADCRUMB}, Discovery.SCALED, ""),
        (BREADCRUMB, Discovery.TAKEN_OUT, "01RUN"),
        ({"sopctl/before/team": "absent/run=01RUN"}, Discovery.OUTSIDE, ""),
        ({f"sopctl/before/{ENABLED}": "by hand"}, Discovery.OUTSIDE, ""),
        ({}, Discovery.OUTSIDE, ""),
    ],
)
def test_a_breadcrumb_says_which_run_took_a_group_out_of_the_autoscaler(tags, discovery, run):
    seen = Seen(groups=[group("web", tags=tags)], autoscalers=[SCALER])
    (found,) = groups_now(seen, ())
    assert (found.discovery, found.run) == (discovery, run)


def test_without_the_autoscaler_nobody_knows():
    (found,) = groups_now(Seen(groups=[group("web")]), ())
    assert found.discovery is Discovery.UNKNOWN


def test_instances_that_are_no_nodes_yet_are_coming():
    launching = group("web", "n1")
    seen = Seen(
        nodes=[node("n1")],
        groups=[
            group(
                "all",
                instances=(
                    *launching.instances,
                    member("i-2", "us-east-1b", "Pending"),
                    member("i-3", "us-east-1b", "Terminating"),
                ),
            )
        ],
    )
    (found,) = groups_now(seen, ())
    assert found.coming == {"us-east-1b": 1}


@pytest.mark.parametrize(
    "more",
    [
        {"managed": "web"},
        {"tags": {"alpha.eksctl.io/nodegroup-name": "web"}},
        {"tags": {"kops.k8s.io/instancegroup": "web"}},
    ],
)
def test_a_group_is_called_as_people_call_it(more):
    (found,) = groups_now(Seen(groups=[group("long-web-0aff", **more)]), ())
    assert (found.name, found.title) == ("long-web-0aff", "web")


@pytest.mark.parametrize(
    ("pool", "discovery", "run"),
    [
        (Pool(name="cheap"), Discovery.SCALED, ""),
        (Pool(name="cheap", annotations=HELD), Discovery.SCALED, ""),
        (Pool(name="cheap", stopped=True), Discovery.OUTSIDE, ""),
        (Pool(name="cheap", stopped=True, annotations=HELD), Discovery.TAKEN_OUT, "01RUN"),
    ],
)
def test_a_node_pool_grows_but_for_one_whose_limit_is_zero(pool, discovery, run):
    (found,) = groups_now(Seen(pools=[pool]), ())
    assert (found.discovery, found.run, found.desired) == (discovery, run, None)


def test_a_node_pool_is_barred_where_it_may_have_no_nodes():
    seen = Seen(
        nodes=[node("n1", labels={LABEL: "cheap"}), node("n2", zone="us-east-1b")],
        pools=[Pool(name="cheap", never=("us-east-1a",))],
    )
    nodes = nodes_now(seen)
    (found,) = groups_now(seen, nodes)
    assert found.bars(nodes[0].zone)
    assert not found.bars("us-east-1b")


def test_zones_are_those_in_use_with_what_ec2_says_of_them():
    known = [
        Zone(name="us-east-1a", id="use1-az6", state="available"),
        Zone(name="us-east-1b", id="use1-az1", state="impaired"),
        Zone(name="us-east-1f", id="use1-az5", state="available"),
    ]
    seen = Seen(nodes=[node("n1")], groups=[group("b", zones=("us-east-1b",))], zones=known)
    assert [(each.name, each.id, each.state) for each in zones_now(seen)] == [
        ("us-east-1a", "use1-az6", "available"),
        ("us-east-1b", "use1-az1", "impaired"),
    ]


def test_without_aws_the_labels_of_nodes_name_the_zones():
    (found,) = zones_now(Seen(nodes=[node("n1", labels={ZONE_ID: "use1-az6"})]))
    assert (found.name, found.id, found.state) == ("us-east-1a", "use1-az6", "")


def test_nothing_read_is_nothing_shown():
    assert (zones_now(Seen()), nodes_now(Seen()), groups_now(Seen(), ())) == ((), (), ())
