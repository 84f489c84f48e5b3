from __future__ import annotations


def test_a_run_whose_target_is_no_more_is_forgotten_and_holds_nothing(shop):
    shop.run()
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    result = shop("forget", run, "--reason", "the cluster was deleted")

    assert result.code == 0, result.err
    assert "nothing is in place" in shop("status").out
    assert shop("audit", "list", "-o", "json").rows[0]["outcome"] == "lost"
    assert "the cluster was deleted" in shop("audit", "show", run).out
    assert shop("audit", "verify").code == 0


def test_to_forget_needs_a_reason(shop):
    shop.run()

    result = shop("forget", "whatever")

    assert result.code == 2
    assert "--reason" in result.err


def test_a_parked_run_can_be_forgotten_too(shop):
    shop.run("--no-gently")
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    assert shop("forget", run, "--reason", "gone").code == 0
    assert shop("resume").code == 2
