from __future__ import annotations

from sopctl.checks.ready.autoscaler.similar import CHECK, Params
from tests.checks.ready.placing import flagged
from tests.local import ENABLED, OWNED

LABEL = "k8s.io/cluster-autoscaler/node-template/label/"
OURS = {ENABLED: ("true", True), OWNED: ("owned", False)}


def test_without_the_flag_nothing_is_balanced(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("cluster-autoscaler does not balance similar groups",)


def test_a_label_called_lifecycle_does_not_tell_groups_apart(stage):
    stage.local.autoscaler(*flagged("--balance-similar-node-groups"))
    stage.local.group("a", "us-east-1a", tags=OURS | {f"{LABEL}lifecycle": ("spot", True)})
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("a differ from others by lifecycle only, which is ignored",)


def test_a_label_of_another_name_tells_them_apart(stage):
    stage.local.autoscaler(*flagged("--balance-similar-node-groups"))
    named = {f"{LABEL}lifecycle": ("spot", True), f"{LABEL}pool": ("web", True)}
    stage.local.group("a", "us-east-1a", tags=OURS | named)
    assert CHECK.look(stage.clients, Params()).holds


def test_with_labels_to_balance_by_the_rest_is_ignored(stage):
    stage.local.autoscaler(*flagged("--balance-similar-node-groups", "--balancing-label=pool"))
    stage.local.group("a", "us-east-1a", tags=OURS | {f"{LABEL}lifecycle": ("spot", True)})
    assert CHECK.look(stage.clients, Params()).holds
