"""Who put something back, in the words of the objects themselves."""

from __future__ import annotations

from types import SimpleNamespace

from sopctl.app.blame import blame
from sopctl.core.errors import UnreachableError
from sopctl.core.resource import ResourceId

HPA = ResourceId("k8s.hpa", "shop/web", "", "spec.behavior")
GROUP = ResourceId("aws.asg", "web", "arn", "MaxSize")


def silent(*_args, **_kwargs):
    raise UnreachableError("no answer", provider="any")


def world(get, pages=silent):
    return SimpleNamespace(k8s=SimpleNamespace(get=get), aws=SimpleNamespace(pages=pages))


def hpa(**metadata):
    entry = {"manager": "kubectl-edit", "time": "1", "fieldsV1": {"f:spec": {"f:behavior": {}}}}
    return {"metadata": {"name": "web", "uid": "u", "managedFields": [entry], **metadata}}


def test_the_manager_of_the_field_is_named():
    assert blame(world(lambda _path: hpa()), [HPA]) == {HPA: "kubectl-edit"}


def test_the_tool_that_keeps_the_object_is_named_too():
    kept = hpa(annotations={"argocd.argoproj.io/tracking-id": "shop"})
    assert blame(world(lambda _path: kept), [HPA]) == {HPA: "kubectl-edit for Argo CD"}


def test_nobody_is_named_where_nobody_answers():
    assert blame(world(silent), [HPA, GROUP]) == {}
