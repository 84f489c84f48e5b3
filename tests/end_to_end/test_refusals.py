"""What is refused, by the real command line: with what it says, its exit code, and no mutation."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.driver import PATHS, ZONE, differences

HPA = "/apis/autoscaling/v2/namespaces/search/horizontalpodautoscalers/query"


@pytest.fixture
def target(sopctl, outside):
    """Write a target of our own: the sandbox, but for what *changes* say."""
    values = outside.values

    def write(**changes):
        found = {
            "region": "us-east-1",
            "profile": "sandbox",
            "aws_config": values["AWS_CONFIG_FILE"],
            "kubeconfig": values["KUBECONFIG"],
            **changes,
        }
        folder = sopctl.home / "config"
        folder.mkdir(exist_ok=True)
        file = folder / "targets.yaml"
        file.write_text(yaml.safe_dump({"targets": {"mine": found}}))
        file.chmod(0o600)

    yield write
    (sopctl.home / "config" / "targets.yaml").unlink(missing_ok=True)


def run_on_mine(sopctl, *words, code):
    words = ("run", "az-failure", "--zone", ZONE, "--target", "mine", "--yes", *words)
    return sopctl(*words, "--reason", "test", code=code, timeout=60)


def nowhere(values):
    """Copies of both configurations that point at a closed port."""
    kube, aws = Path(values["KUBECONFIG"]), Path(values["AWS_CONFIG_FILE"])
    config = yaml.safe_load(kube.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    copies = kube.with_name("nowhere-kube"), aws.with_name("nowhere-aws")
    copies[0].write_text(yaml.safe_dump(config))
    copies[1].write_text(re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:9", aws.read_text()))
    return {"kubeconfig": str(copies[0]), "aws_config": str(copies[1])}


def test_another_account_than_the_pinned_one(sopctl, outside, target):
    target(account="999999999999")

    said = run_on_mine(sopctl, code=4)

    assert "999999999999" in said
    assert "123456789012" in said
    assert outside.mutations() == []


def test_another_cluster_than_the_pinned_one(sopctl, outside, target):
    target(cluster_uid="11111111-2222-3333-4444-555555555555")

    said = run_on_mine(sopctl, code=4)

    assert "11111111-2222-3333-4444-555555555555" in said
    assert outside.mutations() == []


def test_nothing_that_answers_at_all(sopctl, outside, target):
    target(**nowhere(outside.values))

    said = run_on_mine(sopctl, code=75)

    assert "does not answer" in said


def test_no_credentials(sopctl, outside, target, tmp_path):
    empty = tmp_path / "aws"
    empty.write_text("[profile sandbox]\nregion = us-east-1\n")
    target(aws_config=str(empty))

    said = run_on_mine(sopctl, code=4)

    assert "no usable AWS credentials" in said
    assert outside.mutations() == []


def test_more_than_the_guardrail(sopctl, outside):
    sopctl.run("prepare")
    outside.forget_calls()

    said = sopctl.run("az-failure", "--zone", ZONE, "--max-objects", "5", code=4)

    assert "the guardrail allows 5" in said
    assert outside.mutations() == []


def test_a_zone_in_which_the_cluster_has_nothing_stops_before_any_change(sopctl, outside):
    sopctl.run("prepare")
    before = outside.dump()

    said = sopctl.run("az-failure", "--zone", "us-east-1d", code=21)

    assert "no node and no group of this cluster is in us-east-1d" in said
    assert "Nothing that this run changed is in place" in said
    assert differences(before, outside.dump()) == []


def test_a_plan_that_went_stale_leaves_what_moved_alone(sopctl, outside):
    sopctl.run("prepare")
    plan = sopctl.home / "plan.json"
    sopctl.run("az-failure", "--zone", ZONE, "--dry-run", "--plan-out", str(plan))
    theirs = {"selectPolicy": "Max", "stabilizationWindowSeconds": 77}
    outside.patch(HPA, [{"op": "add", "path": "/spec/behavior/scaleDown", "value": theirs}])

    said = sopctl.run("az-failure", "--plan", str(plan), code=23)

    assert "moved since the plan" in said
    now = outside.get(HPA)["spec"]["behavior"]["scaleDown"]
    assert now["stabilizationWindowSeconds"] == 77
    assert now["selectPolicy"] == "Max"


def test_a_plan_that_was_altered(sopctl, outside):
    plan = sopctl.home / "plan.json"
    sopctl.run("prepare", "--dry-run", "--plan-out", str(plan))
    data = json.loads(plan.read_text())
    data["plan"]["title"] = "harmless"
    plan.write_text(json.dumps(data))

    said = sopctl.run("prepare", "--plan", str(plan), code=4)

    assert "altered" in said
    assert outside.mutations() == []


def put_to_sleep(process, journal):
    """Stop *process* where it is not writing to *journal*, which nobody else could write then."""
    for _ in range(100):
        process.send_signal(signal.SIGSTOP)
        connection = sqlite3.connect(journal, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise AssertionError("it never stopped outside of a transaction")


def test_two_runs_at_once(sopctl, outside):
    sopctl.run("prepare")
    words = ("run", "az-failure", "--zone", ZONE, "--target", "sandbox", "--yes", "--reason", "x")
    slow = {"method": "PATCH", "path_regex": "/api/v1/nodes/.*", "kind": "delay", "value": 0.4}
    outside.ask("POST", "/faults", {"kubernetes": [slow]})
    with sopctl.popen(*words) as first:
        for _ in range(400):
            node = outside.get(PATHS["nodes"])["items"][0]
            if node["metadata"].get("annotations"):
                break
            time.sleep(0.05)
        put_to_sleep(first, sopctl.home / "state" / "journal.db")  # in the middle, with its lock
        try:
            said = sopctl("run", "scale-down-freeze", *words[4:], code=24)
        finally:
            first.send_signal(signal.SIGCONT)
        first.communicate()

    assert "worked on" in said or "works on" in said
    assert first.returncode == 0


@pytest.mark.parametrize(
    "tamper",
    [
        ["UPDATE records SET data = replace(data, 'test', 'best') WHERE seq = 0"],
        ["DELETE FROM records WHERE seq = 3"],
        ["DELETE FROM records WHERE seq = (SELECT max(seq) FROM records)"],
        [
            "UPDATE records SET seq = -1 WHERE seq = 4",
            "UPDATE records SET seq = 4 WHERE seq = 5",
            "UPDATE records SET seq = 5 WHERE seq = -1",
        ],
    ],
    ids=["edited", "removed", "truncated", "reordered"],
)
def test_a_journal_that_was_tampered_with_is_reported_with_the_place(sopctl, outside, tamper):
    sopctl.run("prepare")
    connection = sqlite3.connect(sopctl.home / "state" / "journal.db")
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in tamper:
        connection.execute(statement)
    connection.commit()
    connection.close()

    said = sopctl("audit", "verify", code=31)

    assert "seq" in said or "record" in said


def test_a_slow_kubernetes_does_not_let_the_lock_stop_the_run(sopctl, outside):
    sopctl.run("prepare")
    slow = {"method": "*", "path_regex": ".*/leases.*", "kind": "delay", "value": 20}
    outside.ask("POST", "/faults", {"kubernetes": [slow]})

    said = sopctl.run("scale-down-freeze")

    assert "ended: done" in said
