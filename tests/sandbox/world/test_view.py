from __future__ import annotations

from datetime import UTC, datetime

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.world.view import View
from tests.fakes.workloads import node, pod, pod_spec


def new_view() -> tuple[Cluster, View]:
    cluster = Cluster(lambda: datetime(2026, 11, 1, 3, 0, tzinfo=UTC))
    cluster.create("namespaces", {"metadata": {"name": "shop"}})
    view = View(cluster)
    view.refresh()
    return cluster, view


def test_what_others_wrote_is_seen_after_a_refresh():
    cluster, view = new_view()
    assert view.all("nodes") == []
    version = view.version("nodes")

    cluster.create("nodes", node("one"))
    assert view.all("nodes") == []
    assert view.refresh()
    assert [each["metadata"]["name"] for each in view.all("nodes")] == ["one"]
    assert view.version("nodes") > version
    assert not view.refresh()


def test_a_change_of_one_resource_leaves_the_versions_of_the_others():
    cluster, view = new_view()
    before = view.version("pods")

    cluster.create("nodes", node("one"))
    view.refresh()

    assert view.version("pods") == before


def test_own_writes_are_seen_at_once():
    cluster, view = new_view()
    host = view.create("nodes", node("one"))
    view.create("pods", pod("p", pod_spec(nodeName="one")))
    assert [each["metadata"]["name"] for each in view.on_node("one")] == ["p"]

    patched = view.patch("nodes", host, {"spec": {"unschedulable": True}})
    assert view.get("nodes", "one") == patched
    [guest] = view.on_node("one")
    view.delete("pods", guest)
    [leaving] = view.on_node("one")
    assert "deletionTimestamp" in leaving["metadata"]
    view.finish_delete("pods", leaving)
    assert view.on_node("one") == []
    assert not view.refresh()
    assert cluster.get("pods", "p", "shop") is None


def test_a_write_that_changes_nothing_is_no_change():
    _, view = new_view()
    host = view.create("nodes", node("one"))
    version = view.version("nodes")

    view.patch("nodes", host, {"spec": {}})
    view.set_status("nodes", host, dict(host["status"]))

    assert view.version("nodes") == version


def test_a_controller_that_spent_its_writes_is_told():
    _, view = new_view()
    assert not view.spent
    view.allow(2)
    view.create("nodes", node("one"))
    assert not view.spent
    view.create("nodes", node("two"))
    assert view.spent
    view.allow(None)
    assert not view.spent


def test_one_object_of_another_writer_is_all_that_is_read_again(monkeypatch):
    cluster, view = new_view()
    view.create("nodes", node("one"))
    view.create("nodes", node("two"))
    view.refresh()
    read = []
    monkeypatch.setattr(Cluster, "peek", lambda _, resource, *__: read.append(resource))

    cluster.patch("nodes", "two", {"spec": {"unschedulable": True}})
    cluster.delete("nodes", "one")
    assert view.refresh()

    assert [each["spec"]["unschedulable"] for each in view.all("nodes")] == [True]
    assert read == []


def test_what_an_own_write_led_to_is_seen_at_the_next_look():
    """Deleting a namespace takes its content along, which is nobody's own write."""
    _, view = new_view()
    view.create("pods", pod("p", pod_spec()))
    home = view.get("namespaces", "shop")

    view.delete("namespaces", home)
    view.refresh()

    assert view.all("pods") == []


def test_more_than_the_history_holds_is_read_as_a_whole():
    cluster, view = new_view()
    cluster.create("nodes", node("one"))
    assert view.all("nodes")
    cluster.delete("nodes", "one")
    cluster.store.compact(beyond=cluster.revision)
    assert view.refresh()
    assert view.all("nodes") == []
