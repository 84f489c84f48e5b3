"""A name says where a room stands; what cannot be a name is refused."""

from __future__ import annotations

import pytest

from sopctl.app.rooms import naming
from sopctl.app.rooms.naming import Kind, Provider
from sopctl.core.errors import UsageError


def test_a_name_says_where_the_room_stands():
    room = naming.room(Kind.ACTION, "k8s.node.cordon", "")
    assert (room.provider, room.own_stem, room.stem) == (
        Provider.K8S,
        "node_cordon",
        "k8s_node_cordon",
    )
    assert (room.constant, room.group) == ("ACTION", "sopctl.actions")


@pytest.mark.parametrize(
    ("name", "on", "provider"),
    [("acme.x", "", "k8s"), ("acme.x", "aws", "aws"), ("aws.x", "k8s", "aws")],
)
def test_the_provider_is_that_of_the_name_else_what_is_asked_for(name, on, provider):
    assert naming.room(Kind.CHECK, name, on).provider == provider


@pytest.mark.parametrize(
    "name",
    [
        "",
        "one",
        "A.b",
        "a..b",
        "a.b.c.d.e",
        "../a.b",
        "a.b/c",
        "a.b-c",
        "a." + "b" * 32,
        "a" * 20 + "." + "b" * 20,
    ],
)
def test_what_is_no_name_is_refused(name):
    with pytest.raises(UsageError, match="cannot be the name of an action"):
        naming.room(Kind.ACTION, name, "")


@pytest.mark.parametrize("name", ["aws.x.y", "k8s.x", "ready.x"])
def test_strangers_stay_out_of_our_names_and_we_within(name):
    with pytest.raises(UsageError, match="as the names of sopctl itself do"):
        naming.refuse_for_strangers(naming.room(Kind.CHECK, name, ""))
    naming.refuse_for_strangers(naming.room(Kind.CHECK, "acme.x", ""))
    with pytest.raises(UsageError, match="neither aws nor k8s"):
        naming.refuse_for_us(naming.room(Kind.CHECK, "acme.x", ""))


def test_the_package_is_called_as_the_project():
    assert naming.package("Acme-SOPs") == "acme_sops"


@pytest.mark.parametrize("folder", ["", "123", "class", "sopctl", "tests", "a" * 31])
def test_a_project_whose_name_is_no_package_is_refused(folder):
    with pytest.raises(UsageError, match="cannot have a package"):
        naming.package(folder)
