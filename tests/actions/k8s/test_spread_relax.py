from __future__ import annotations

import pytest

from sopctl.actions.k8s import spread_policy
from sopctl.actions.k8s.spread_relax import ACTION, BINDING, Mode, Params
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.resource import ABSENT, Observed
from sopctl.sandbox.k8s.http import FaultRule
from tests import laws
from tests.actions.k8s.stage import apply, effect, inverse, look, plan, send
from tests.fakes.workloads import deployment, pod, pod_spec, spread

POLICY = Params()
WORKLOAD = Params(mode=Mode.WORKLOAD)


@pytest.fixture
def prepared(stage):
    """Our policy is installed, and one of three workloads is spread hard over zones."""
    prepare = spread_policy.ACTION
    apply(stage, prepare, plan(stage, prepare, spread_policy.Params()))
    web = pod_spec(topologySpreadConstraints=[spread("web", minDomains=3)])
    stage.cluster.create("deployments", deployment("web", 3, web))
    soft = pod_spec(topologySpreadConstraints=[spread("soft", whenUnsatisfiable="ScheduleAnyway")])
    stage.cluster.create("deployments", deployment("soft", 3, soft))
    stage.cluster.create("deployments", deployment("plain", 3))
    return stage


def template(stage, name="web"):
    found = stage.cluster.get("deployments", name, "shop")
    return found["spec"]["template"]["spec"].get("topologySpreadConstraints")


def admitted(stage, name):
    """The constraints of a pod that is made now."""
    spec = pod_spec(topologySpreadConstraints=[spread("web")])
    made = stage.cluster.create("pods", pod(name, spec, app="web"))
    return made["spec"].get("topologySpreadConstraints")


def test_policy_mode_keeps_the_laws(prepared):
    proof = laws.prove(ACTION, prepared, POLICY)
    assert list(proof.receipts) == [BINDING]


def test_workload_mode_keeps_the_laws(prepared):
    proof = laws.prove(ACTION, prepared, WORKLOAD)
    assert [each.name for each in proof.receipts] == ["shop/web"]


def test_pods_made_while_it_is_on_are_relaxed_and_those_after_are_not(prepared):
    changes = plan(prepared, ACTION, POLICY)
    assert admitted(prepared, "before") == [spread("web")]
    apply(prepared, ACTION, changes)
    assert not admitted(prepared, "while")
    apply(prepared, ACTION, inverse(prepared, ACTION, changes))
    assert admitted(prepared, "after") == [spread("web")]


def test_the_effect_is_what_admission_makes_of_a_probe(prepared):
    changes = plan(prepared, ACTION, POLICY)
    on = effect(prepared, ACTION, POLICY, changes)
    assert not on.ok
    assert "shop/web" in on.detail
    apply(prepared, ACTION, changes)
    assert effect(prepared, ACTION, POLICY, changes).ok

    off = inverse(prepared, ACTION, changes)
    assert not effect(prepared, ACTION, POLICY, off).ok
    apply(prepared, ACTION, off)
    assert effect(prepared, ACTION, POLICY, off).ok


def test_probing_stores_nothing(prepared):
    changes = plan(prepared, ACTION, POLICY)
    apply(prepared, ACTION, changes)
    dump, count = prepared.dump(), prepared.mutations()
    effect(prepared, ACTION, POLICY, changes)
    assert (prepared.dump(), prepared.mutations()) == (dump, count)


def test_a_probe_that_admission_refuses_says_so(prepared):
    changes = plan(prepared, ACTION, POLICY)
    apply(prepared, ACTION, changes)
    prepared.local.kube.faults.append(refuse_pods())
    seen = effect(prepared, ACTION, POLICY, changes)
    assert not seen.ok
    assert "refused" in seen.detail


def refuse_pods():
    return FaultRule(method="POST", path_regex="/pods", kind="status", value=422, count=9)


def test_without_the_policy_it_says_how_to_get_it(stage):
    selection = ACTION.select(stage.clients, POLICY)
    assert selection.ids == ()
    assert "sopctl run prepare" in selection.notes[0]


def test_a_binding_that_is_there_already_is_not_ours_to_remove(prepared):
    apply(prepared, ACTION, plan(prepared, ACTION, POLICY))
    assert plan(prepared, ACTION, POLICY) == []


def test_other_keys_go_to_the_parameters_first_and_come_back_last(prepared):
    original = prepared.dump()
    other = Params(keys=("rack",))
    changes = plan(prepared, ACTION, other)
    first, second = ACTION.order(changes)
    assert first[0].resource.part == "data.topologyKeys"
    assert second[0].resource == BINDING
    apply(prepared, ACTION, changes)
    back = inverse(prepared, ACTION, changes)
    assert ACTION.order(back)[0][0].resource == BINDING
    apply(prepared, ACTION, back)
    assert prepared.dump() == original


def test_kube_system_keeps_its_constraints_and_that_is_said(prepared):
    dns = deployment("dns", 2, pod_spec(topologySpreadConstraints=[spread("dns")]))
    dns["metadata"]["namespace"] = "kube-system"
    prepared.cluster.create("deployments", dns)
    selection = ACTION.select(prepared.clients, POLICY)
    assert "1 workloads in kube-system keep their constraints" in selection.notes
    workloads = ACTION.select(prepared.clients, WORKLOAD)
    assert [each.name for each in workloads.ids] == ["shop/web"]


def test_only_rewriting_workloads_needs_consent():
    assert ACTION.consent(POLICY) == ""
    assert "restarts" in ACTION.consent(WORKLOAD)


def test_the_rollout_that_a_workload_will_go_through_is_shown(prepared):
    notes = ACTION.select(prepared.clients, WORKLOAD).notes
    assert "shop/web restarts: 3 pods" in notes


def test_the_template_is_rewritten_by_the_rules_and_rolled_out(prepared):
    prepared.run()
    changes = plan(prepared, ACTION, WORKLOAD)
    apply(prepared, ACTION, changes)
    assert template(prepared) == [spread("web", whenUnsatisfiable="ScheduleAnyway")]
    assert not effect(prepared, ACTION, WORKLOAD, changes).ok
    prepared.run(90)
    assert effect(prepared, ACTION, WORKLOAD, changes).ok


def test_a_paused_deployment_is_left_because_its_pods_would_not_change(prepared):
    prepared.cluster.patch("deployments", "web", {"spec": {"paused": True}}, "shop")
    selection = ACTION.select(prepared.clients, WORKLOAD)
    assert selection.ids == ()
    assert any("shop/web is paused" in note for note in selection.notes)


def test_a_template_somebody_changed_since_is_a_conflict_even_without_its_version(prepared):
    (change,) = plan(prepared, ACTION, WORKLOAD)
    theirs = [spread("web", maxSkew=2)]
    patch = {"spec": {"template": {"spec": {"topologySpreadConstraints": theirs}}}}
    prepared.cluster.patch("deployments", "web", patch, "shop")
    blind = Change(change.resource, Observed(change.before.state), change.after)
    (receipt,) = send(prepared, ACTION, blind).values()
    assert receipt.kind is ReceiptKind.CONFLICT
    assert template(prepared) == theirs


def test_a_binding_of_another_spec_is_seen_as_it_is(prepared):
    spec = {"policyName": "sopctl-relax-spread"}
    prepared.cluster.create(
        "mutatingadmissionpolicybindings", {"metadata": {"name": BINDING.name}, "spec": spec}
    )
    (change,) = plan(prepared, ACTION, POLICY)
    assert change.before.state is not ABSENT
    original = prepared.dump()
    apply(prepared, ACTION, [change])
    assert plan(prepared, ACTION, POLICY) == []
    apply(prepared, ACTION, inverse(prepared, ACTION, [change]))
    assert prepared.dump() == original


ANTI = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {}}
        ]
    }
}
PINNED = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {
                            "key": "topology.kubernetes.io/zone",
                            "operator": "In",
                            "values": ["us-east-1a"],
                        }
                    ]
                }
            ]
        }
    }
}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"affinity": ANTI}, "anti-affinity over zones is required"),
        ({"affinity": PINNED}, "node affinity asks for us-east-1a"),
        (
            {"nodeSelector": {"topology.kubernetes.io/zone": "us-east-1a"}},
            "node selector asks for us-east-1a",
        ),
    ],
)
def test_what_relaxing_cannot_free_is_named(prepared, fields, why):
    prepared.cluster.create("deployments", deployment("held", 1, pod_spec(**fields)))
    notes = ACTION.select(prepared.clients, Params(zone="us-east-1a")).notes
    assert any(note.startswith("shop/held cannot move") and why in note for note in notes)


def test_a_workload_whose_volume_is_in_the_zone_is_named(prepared):
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    prepared.cluster.create("deployments", deployment("held", 1, pod_spec(volumes=[volume])))
    prepared.cluster.create("persistentvolumes", zonal_volume("us-east-1a"))
    notes = ACTION.select(prepared.clients, Params(zone="us-east-1a")).notes
    assert "shop/held cannot move: a volume of it is in us-east-1a only" in notes
    elsewhere = ACTION.select(prepared.clients, Params(zone="us-east-1b")).notes
    assert not any("shop/held" in note for note in elsewhere)


def zonal_volume(zone):
    expression = {"key": "topology.ebs.csi.aws.com/zone", "operator": "In", "values": [zone]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pv-1"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "claimRef": {"namespace": "shop", "name": "data"},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
            "nodeAffinity": {
                "required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
            },
        },
    }


def test_the_binding_is_seen_absent_and_not_gone(prepared):
    (change,) = plan(prepared, ACTION, POLICY)
    assert look(prepared, ACTION, change) == {BINDING: Observed(ABSENT)}


def test_while_the_switch_is_not_seen_yet_one_probe_is_enough(prepared):
    for name in ("api", "cart"):
        spec = pod_spec(topologySpreadConstraints=[spread(name)])
        prepared.cluster.create("deployments", deployment(name, 1, spec))
    changes = plan(prepared, ACTION, POLICY)
    assert not effect(prepared, ACTION, POLICY, changes).ok
    assert probes(prepared) == 1
    apply(prepared, ACTION, changes)
    assert effect(prepared, ACTION, POLICY, changes).detail == "2 probe pods were admitted relaxed"
    assert probes(prepared) == 3


def test_there_is_a_probe_for_each_namespace_and_each_kind_of_constraint(prepared):
    prepared.cluster.create("namespaces", {"metadata": {"name": "other"}})
    for number in range(12):
        made = deployment(f"w{number}", 1, pod_spec(topologySpreadConstraints=[SKEWED[number % 2]]))
        made["metadata"]["namespace"] = "shop" if number % 3 else "other"
        prepared.cluster.create("deployments", made)
    changes = plan(prepared, ACTION, POLICY)
    apply(prepared, ACTION, changes)
    assert effect(prepared, ACTION, POLICY, changes).ok
    # two in other, skewed by one and by two; the first in shop; and web, which has minDomains
    assert probes(prepared) == 4


SKEWED = [spread("a"), spread("b", maxSkew=2)]


def probes(stage):
    return sum(c.query.get("dryRun") == "All" for c in stage.local.kube.calls)
