"""What keeps KEDA and vertical pod autoscalers from shrinking and evicting."""

from __future__ import annotations

import pytest

from sopctl.actions.k8s import keda_scale_in, vpa_mode
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.stage import apply, plan
from tests.fakes.crds import crd

KEDA, VPA = keda_scale_in.ACTION, vpa_mode.ACTION


@pytest.fixture
def keda(stage):
    definition = crd("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", namespaced=True)
    stage.cluster.create("customresourcedefinitions", definition)
    return stage


@pytest.fixture
def vpa(stage):
    group, kind = "autoscaling.k8s.io", "VerticalPodAutoscaler"
    definition = crd(group, "v1", kind, "verticalpodautoscalers", namespaced=True)
    stage.cluster.create("customresourcedefinitions", definition)
    return stage


def scaled(stage, name="queue", **metadata):
    body = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "spec": {"scaleTargetRef": {"name": name}},
    }
    return stage.cluster.create("scaledobjects.keda.sh", body)


def resizing(stage, name="web", **spec):
    body = {
        "apiVersion": "autoscaling.k8s.io/v1",
        "kind": "VerticalPodAutoscaler",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"targetRef": {"kind": "Deployment", "name": name}, **spec},
    }
    return stage.cluster.create("verticalpodautoscalers.autoscaling.k8s.io", body)


@pytest.mark.parametrize(
    "annotations",
    [None, {"other": "1"}, {keda_scale_in.ANNOTATION: "false"}],
    ids=["none", "another", "false"],
)
def test_scale_in_keeps_the_laws(keda, annotations):
    scaled(keda, **({"annotations": annotations} if annotations else {}))
    laws.prove(KEDA, keda, keda_scale_in.Params())


def test_what_is_paused_already_stays_so_on_the_way_back(keda):
    scaled(keda, annotations={keda_scale_in.ANNOTATION: "true"})
    assert plan(keda, KEDA, keda_scale_in.Params()) == []


def test_only_the_namespaces_that_are_named(keda):
    scaled(keda)
    elsewhere = KEDA.select(keda.clients, keda_scale_in.Params(namespaces=("other",)))
    assert (elsewhere.ids, elsewhere.population) == ((), 1)


def test_a_keeper_of_the_object_is_said(keda):
    scaled(keda, labels={"helm.toolkit.fluxcd.io/name": "queue"})
    (note,) = KEDA.select(keda.clients, keda_scale_in.Params()).notes
    assert note.startswith("shop/queue is kept by Flux")


@pytest.mark.parametrize(
    "spec",
    [{}, {"updatePolicy": {"minReplicas": 2}}, {"updatePolicy": {"updateMode": "Recreate"}}],
    ids=["no policy", "no mode", "recreate"],
)
def test_modes_keep_the_laws(vpa, spec):
    resizing(vpa, **spec)
    laws.prove(VPA, vpa, vpa_mode.Params())


@pytest.mark.parametrize("mode", vpa_mode.CALM)
def test_who_evicts_nobody_is_left_as_it_is(vpa, mode):
    resizing(vpa, updatePolicy={"updateMode": mode})
    assert plan(vpa, VPA, vpa_mode.Params()) == []


def test_what_stands_beside_the_mode_stays(vpa):
    resizing(vpa, updatePolicy={"updateMode": "Auto", "minReplicas": 2})
    apply(vpa, VPA, plan(vpa, VPA, vpa_mode.Params(mode="Off")))
    name = "verticalpodautoscalers.autoscaling.k8s.io"
    spec = vpa.cluster.get(name, "web", "shop")["spec"]
    assert spec["updatePolicy"] == {"updateMode": "Off", "minReplicas": 2}


def test_a_mode_that_evicts_is_refused(vpa):
    with pytest.raises(RefusedError, match="pods are evicted"):
        VPA.select(vpa.clients, vpa_mode.Params(mode="Recreate"))


@pytest.mark.parametrize(
    ("action", "params"), [(KEDA, keda_scale_in.Params()), (VPA, vpa_mode.Params())]
)
def test_where_it_is_not_installed_there_is_nothing_to_do(stage, action, params):
    assert action.select(stage.clients, params).ids == ()
