from __future__ import annotations

import pytest

from sopctl.actions.aws.ssm_parameter import ACTION, Params
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Observed
from tests import laws


def put(local, name, value, kind="String"):
    given = {"Name": name, "Value": value, "Type": kind, "Overwrite": False}
    local.clients.aws.write(laws.call(), "ssm", "put_parameter", **given)


def stored(local):
    names = ["/shop/a", "/shop/b"]
    found = local.clients.aws.read("ssm", "get_parameters", Names=names)["Parameters"]
    return {each["Name"]: (each["Type"], each["Value"]) for each in found}


def test_parameters_keep_the_laws_there_or_not(local):
    put(local, "/shop/a", "x,y", "StringList")
    before = stored(local)
    laws.prove(ACTION, local, Params(values={"/shop/a": "z", "/shop/b": "new"}))
    assert stored(local) == before


def test_what_is_there_keeps_its_type_and_what_is_not_gets_the_one_that_was_given(local):
    put(local, "/shop/a", "x,y", "StringList")
    params = Params(values={"/shop/a": "z", "/shop/b": "new"})
    ids = ACTION.select(local.clients, params).ids
    seen = ACTION.observe(local.clients, params, ids)
    changes = [Change(each, seen[each], ACTION.desire(params, each, seen[each])) for each in ids]
    laws.run(ACTION, local.clients, changes)
    assert stored(local) == {"/shop/a": ("StringList", "z"), "/shop/b": ("String", "new")}


def test_more_than_a_page_of_names_is_read(local):
    values = {f"/shop/{number}": "x" for number in range(11)}
    ids = ACTION.select(local.clients, Params(values=values)).ids
    assert len(ACTION.observe(local.clients, Params(values=values), ids)) == 11
    assert local.sent("GetParameters") == 4


def test_one_that_somebody_made_meanwhile_is_a_conflict(local):
    params = Params(values={"/shop/a": "mine"})
    (resource,) = ACTION.select(local.clients, params).ids
    put(local, "/shop/a", "theirs")
    change = Change(resource, Observed(ABSENT), ACTION.desire(params, resource, Observed(ABSENT)))
    receipts = laws.run(ACTION, local.clients, [change])
    assert receipts[resource].kind is ReceiptKind.CONFLICT
    assert stored(local)["/shop/a"] == ("String", "theirs")


def test_secrets_are_left_alone_and_nothing_is_emptied(local):
    put(local, "/shop/a", "secret", "SecureString")
    with pytest.raises(RefusedError, match="/shop/a: a SecureString"):
        ACTION.select(local.clients, Params(values={"/shop/a": "x"}))
    with pytest.raises(RefusedError, match="/b would be empty"):
        Params(values={"/b": ""})
    with pytest.raises(RefusedError, match="no parameter was named"):
        Params(values={})
