"""`sopctl doctor` on the sandbox: reads only, and says what to do."""

from __future__ import annotations


def test_a_cluster_is_examined_and_gets_readier(sopctl, outside):
    before = len(outside.mutations())
    said = sopctl("doctor", "--target", "sandbox", code=23)
    assert "the policy sopctl-relax-spread is not installed" in said
    assert "fix: sopctl run prepare" in said
    assert len(outside.mutations()) == before

    sopctl.run("prepare")
    (found,) = sopctl.json("doctor", "--target", "sandbox", "--only", "CC4")
    assert found["score"] == 100
