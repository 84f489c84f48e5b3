from __future__ import annotations

from sopctl.engine.ports import Language
from sopctl.runbook.language import RunbookLanguage
from tests.runbook.toys import FreezeParams

ENV = {"params": {"zone": "a", "on": True}, "facts": {"autoscaler": {"keys": ["k"]}}}


def test_it_is_what_the_engine_asks_for():
    language: Language = RunbookLanguage()
    assert language.when("params.on", ENV) is True
    assert language.data({"z": "${{ params.zone }}"}, ENV) == {"z": "a"}
    assert language.params(FreezeParams, {"zone": "a"}) == FreezeParams(zone="a")


def test_the_facts_that_are_needed_are_known_before_any_is_read():
    value = {"remove": "${{ facts.autoscaler.keys }}", "select": {"zone": "${{ params.zone }}"}}
    assert RunbookLanguage().references(value) == {"facts.autoscaler", "params.zone"}
    assert RunbookLanguage().references("${{" + "params.on && facts.zones.size() > 1" + "}}") == {
        "params.on",
        "facts.zones",
    }
