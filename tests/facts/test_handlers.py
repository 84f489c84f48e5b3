from __future__ import annotations

from sopctl.facts import handlers
from sopctl.facts.handlers import TAG, Handler
from tests.fakes.handlers import deployed, on_each_node
from tests.fakes.workloads import deployment
from tests.local import Local


def _read(local: Local) -> tuple[Handler, ...]:
    return handlers.read(local.world.k8s)


def test_both_modes_are_told_apart_by_what_they_were_told(local: Local) -> None:
    local.cluster.create("namespaces", {"metadata": {"name": "shop"}})
    local.cluster.create("deployments", deployment("web", 2))
    assert _read(local) == ()
    local.cluster.create("daemonsets", on_each_node())
    local.cluster.create("deployments", deployed("https://queue", tagged=True))
    listens, there = sorted(_read(local), key=lambda each: not each.queue)
    assert (there.full_name, there.queue, there.tagged) == ("shop/handler", "", False)
    assert listens.full_name == "shop/queue-handler"
    assert (listens.queue, listens.tagged, listens.tag) == ("https://queue", True, TAG)


def test_without_a_word_it_wants_tags_as_the_handler_does(local: Local) -> None:
    local.cluster.create("namespaces", {"metadata": {"name": "shop"}})
    body = deployed("https://queue")
    env = body["spec"]["template"]["spec"]["containers"][0]["env"]
    env[2:] = [{"name": "MANAGED_TAG", "value": "ours"}]
    local.cluster.create("deployments", body)
    (found,) = _read(local)
    assert (found.tagged, found.tag) == (True, "ours")
