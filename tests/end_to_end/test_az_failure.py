"""The main job through the real command line, HTTP and clients; seen from outside."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.end_to_end.driver import PATHS, ZONE, differences

ENABLED = "k8s.io/cluster-autoscaler/enabled"
DISABLED = "cluster-autoscaler.kubernetes.io/scale-down-disabled"


def prepared(sopctl, outside):
    sopctl.run("prepare")
    return outside.dump()


def single_zone(groups, zone):
    return {n for n, g in groups.items() if g["AvailabilityZones"] == [zone]}


def test_run_and_roll_back_leave_the_world_as_it_was(sopctl, outside):
    before = prepared(sopctl, outside)
    tagged = {n for n in outside.groups() if ENABLED in outside.tags(n)}

    sopctl.run("az-failure", "--zone", ZONE)

    groups = outside.groups()
    lost = {n for n in tagged if ENABLED not in outside.tags(n)}
    assert lost == single_zone(groups, ZONE) & tagged
    assert lost
    nodes = outside.get(PATHS["nodes"])["items"]
    in_zone = [n for n in nodes if n["metadata"]["labels"]["topology.kubernetes.io/zone"] == ZONE]
    assert all(n["spec"].get("unschedulable") for n in in_zone)
    assert all(n["metadata"]["annotations"].get(DISABLED) == "true" for n in nodes)
    assert probe(outside)["spec"].get("topologySpreadConstraints", []) == []

    sopctl.roll_back("--latest", "az-failure")

    assert differences(before, outside.dump()) == []
    assert probe(outside)["spec"]["topologySpreadConstraints"]
    sopctl("audit", "verify")


def probe(outside):
    """A pod with a hard zone spread, as the API server would admit it."""
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "outside-", "namespace": "default"},
        "spec": {
            "containers": [{"name": "c", "image": "pause"}],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "topology.kubernetes.io/zone",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": {"app": "x"}},
                }
            ],
        },
    }
    params = outside.api.param_serialize(
        method="POST",
        resource_path="/api/v1/namespaces/default/pods",
        query_params=[("dryRun", "All")],
        header_params={"Content-Type": "application/json"},
        body=body,
        auth_settings=["BearerToken"],
    )
    import json  # noqa: PLC0415  # only here

    return json.loads(outside.api.call_api(*params, _request_timeout=(3, 15)).read())


def test_a_dry_run_changes_nothing_and_a_second_run_neither(sopctl, outside):
    before = prepared(sopctl, outside)
    outside.forget_calls()

    sopctl.run("az-failure", "--zone", ZONE, "--dry-run")
    assert outside.mutations() == []
    assert differences(before, outside.dump()) == []

    sopctl.run("az-failure", "--zone", ZONE)
    outside.forget_calls()
    sopctl.run("az-failure", "--zone", ZONE)
    assert outside.mutations() == []


def test_somebody_elses_change_before_the_roll_back_is_shown_and_kept(sopctl, outside):
    prepared(sopctl, outside)
    sopctl.run("az-failure", "--zone", ZONE)
    group = next(iter(sorted(single_zone(outside.groups(), ZONE))))
    tag = {"ResourceId": group, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}
    outside.autoscaling.create_or_update_tags(Tags=[{**tag, "Key": ENABLED, "Value": "theirs"}])

    said = sopctl.roll_back("--latest", "az-failure", "--on-conflict", "ask", code=23)
    assert "changed by somebody else" in said
    assert outside.tags(group)[ENABLED] == "theirs"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("az-failur", "--zone", ZONE), 2, "az-failure"),
        (("az-failure", "--zone", "us-east-1z"), 4, "us-east-1a"),
        (("az-failure", "--zone", "use1-az99"), 4, "use1-az"),
        (("az-failure",), 2, "--zone"),
    ],
)
def test_wrong_input_is_named_with_what_now(sopctl, outside, words, code, says):
    assert says in sopctl.run(*words, code=code)
    assert outside.mutations() == []


def test_without_a_terminal_and_without_yes_it_refuses_at_once(sopctl, outside):
    prepared(sopctl, outside)
    outside.forget_calls()
    said = sopctl("run", "az-failure", "--zone", ZONE, "--target", "sandbox", code=4, timeout=30)
    assert "--yes" in said
    assert outside.mutations() == []


def test_with_the_aws_half_dead_the_rest_is_done_and_resume_finishes_it(sopctl, outside):
    prepared(sopctl, outside)
    outside.ask("POST", "/faults", {"aws": [{"kind": "dead"}]})

    said = sopctl.run("az-failure", "--zone", ZONE, code=23)
    assert "unplanned" in said

    outside.ask("POST", "/faults", {"clear": True})
    sopctl("resume", "--target", "sandbox", "--yes", "--reason", "aws is back")
    tagged = [n for n in single_zone(outside.groups(), ZONE) if ENABLED in outside.tags(n)]
    assert tagged == []


def test_kubectl_sees_the_same_world(sopctl, outside):
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl here")
    prepared(sopctl, outside)
    sopctl.run("az-failure", "--zone", ZONE)

    done = subprocess.run(
        [kubectl, "get", "nodes", "-l", f"topology.kubernetes.io/zone={ZONE}", "--no-headers"],
        env={**sopctl.environment(), "KUBECONFIG": outside.values["KUBECONFIG"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout
    assert all("SchedulingDisabled" in line for line in done.stdout.splitlines())
