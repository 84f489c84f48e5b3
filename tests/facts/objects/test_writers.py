"""Who wrote a field, by what the API server notes."""

from __future__ import annotations

from sopctl.facts.objects.writers import last_writer


def entry(manager, time, fields=None, subresource=""):
    found = {"manager": manager, "time": time, "fieldsV1": fields or {}}
    return {**found, "subresource": subresource} if subresource else found


def obj(*entries):
    return {"metadata": {"name": "web", "managedFields": list(entries)}}


OWNS = {"f:spec": {"f:behavior": {"f:scaleDown": {}}}}


def test_who_owns_the_field_is_named_though_others_wrote_later():
    seen = obj(
        entry("argocd-controller", "1", OWNS), entry("kubectl-edit", "2", {"f:metadata": {}})
    )
    assert last_writer(seen, "spec.behavior", "sopctl") == "argocd-controller"


def test_of_a_field_that_is_gone_the_latest_writer_is_named():
    seen = obj(entry("kubectl-edit", "2"), entry("helm", "1"))
    assert last_writer(seen, "spec.behavior", "sopctl") == "kubectl-edit"


def test_a_key_with_dots_is_a_name_of_its_own():
    fields = {"f:metadata": {"f:annotations": {"f:autoscaling.keda.sh/paused": {}}}}
    seen = obj(entry("flux", "1", fields), entry("helm", "2"))
    assert last_writer(seen, "autoscaling.keda.sh/paused", "sopctl") == "flux"


def test_neither_we_nor_writers_of_a_status_are_to_blame():
    seen = obj(entry("sopctl", "3", OWNS), entry("kube-controller-manager", "4", OWNS, "status"))
    assert last_writer(seen, "spec.behavior", "sopctl") == ""
    assert last_writer({"metadata": {"name": "x"}}, "", "sopctl") == ""
