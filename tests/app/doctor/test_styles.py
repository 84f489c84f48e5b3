"""The staples of each style of cluster are recognised, and az-failure is proved in it."""

from __future__ import annotations

import pytest

from sopctl.actions import catalog as actions
from sopctl.app.desk import Desk
from sopctl.app.doctor import examining, proof
from sopctl.app.place import Catalogs, Place
from sopctl.app.trials import stage
from sopctl.checks import catalog as checks
from sopctl.cli.watching import Silent
from sopctl.core.readiness import State
from sopctl.journal.memory import MemoryStore
from sopctl.sandbox.scenario import loader
from sopctl.sandbox.world.seed.plant import plant

READY, BAD, NOT_HERE = State.READY, State.NOT_READY, State.NOT_HERE
STYLES = {
    "az-outage-eksctl": {  # mixed groups with a base, taints, a queue, priorities, headroom
        "ready.handled": READY,
        "ready.once": READY,
        "ready.queue": READY,
        "ready.warnings": READY,
        "ready.pools": READY,
        "ready.sizes": READY,
        "ready.headroom": READY,
        "ready.similar": READY,
        "ready.marked": READY,
        "ready.templates": READY,
        "ready.keepers": BAD,  # CloudFormation
        "ready.expander": READY,
        "ready.karpenter": NOT_HERE,
    },
    "az-outage-kops": {
        "ready.handled": READY,
        "ready.queue": NOT_HERE,
        "ready.headroom": READY,
        "ready.spanning": BAD,
        "ready.rebalancing": BAD,
        "ready.karpenter": NOT_HERE,
    },
    "az-outage-managed": {
        "ready.handled": READY,  # EKS drains what it manages
        "ready.once": READY,
        "ready.spanning": READY,  # its cluster can be shifted
        "ready.shift": READY,
        "ready.queue": NOT_HERE,
    },
    "az-outage-karpenter": {
        "ready.handled": READY,
        "ready.karpenter": BAD,  # it listens to no queue
        "ready.spanning": READY,
    },
    "az-outage-auto": {
        "ready.handled": READY,
        "ready.autoscaler": NOT_HERE,
        "ready.discovery": NOT_HERE,
        "ready.growth": NOT_HERE,
        "ready.pools": NOT_HERE,
        "ready.karpenter": READY,
        "ready.shift": READY,
        "ready.zones": READY,
    },
}


@pytest.fixture(params=STYLES, scope="module")
def style(request, tmp_path_factory):
    """A desk in a world of that style, and what is expected of it."""
    world = loader.load(loader.available(loader.packaged())[request.param]).world
    folder = tmp_path_factory.mktemp("style")
    made = stage.build(folder, lambda cluster, cloud: plant(cluster, cloud, world))
    catalogs = Catalogs(actions=actions.CATALOG, checks=checks.CATALOG)
    place = Place(
        target=made.target,
        connection=made.connection(made.target),
        store=MemoryStore(),
        catalogs=catalogs,
    )
    with Desk(place, Silent()) as desk:
        yield desk, STYLES[request.param]
    made.close()


def test_doctor_recognises_what_the_style_has(style):
    desk, expected = style
    chosen = [checks.CATALOG[name] for name in expected]
    found = examining.examine(desk.place.connection.clients, chosen)
    rows = {each.check: (each.detail, each.rows) for each in found}
    assert {each.check: each.state for each in found} == expected, rows


def test_az_failure_is_proved_in_every_zone(style, library):
    desk, _ = style
    _, found = proof.prove(desk, [library.load("az-failure")])
    assert found.state is READY, found.rows
    assert int(found.detail.split()[0]) > 0
