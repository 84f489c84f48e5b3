"""`sopctl doctor` on the sandbox: reads only, and says what to do."""

from __future__ import annotations


def test_a_cluster_is_examined_and_gets_readier(sopctl, outside):
    before = len(outside.mutations())
    said = sopctl("doctor", "--target", "sandbox", "--no-runbooks", code=23)
    assert "the policy sopctl-relax-spread is not installed" in said
    assert "fix: sopctl run prepare" in said
    assert len(outside.mutations()) == before

    sopctl.run("prepare")
    (found,) = sopctl.json("doctor", "--target", "sandbox", "--only", "CC4")
    assert found["score"] == 100


def test_every_runbook_is_proved_without_a_write_and_plans_say_so(sopctl, outside, tmp_path):
    before = len(outside.mutations())
    page = tmp_path / "ready.html"
    (found,) = sopctl.json("doctor", "--target", "sandbox", "--html", str(page), code=23)
    assert len(outside.mutations()) == before
    states = {each["check"]: each["state"] for each in found["findings"]}
    proved = {name: state for name, state in states.items() if name.startswith("runbook.")}
    assert len(proved) >= 10
    assert set(proved.values()) == {"ready"}
    assert states["ready.rights"] == "ready"
    assert "az-failure" in page.read_text()

    said = sopctl("plan", "scale-down-freeze", "--target", "sandbox")
    assert f": {found['score']} of 100" in said
