from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sopctl.core.errors import (
    ConflictError,
    FencedError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RefusedError,
    ThrottledError,
    UnreachableError,
    WrongTargetError,
)
from sopctl.core.target import Target
from sopctl.providers.answers import AnsweredError, LostReplyError, Reply
from sopctl.providers.aws import Aws, principal
from sopctl.providers.limits import CallNote, Limits
from sopctl.sandbox.aws.faults import FaultRule
from tests import dead_ends
from tests.laws import call
from tests.local import QUICK, Local

TAG = {
    "ResourceId": "web-a",
    "ResourceType": "auto-scaling-group",
    "Key": "k",
    "Value": "v",
    "PropagateAtLaunch": False,
}


def tag(aws: Aws, guard: Callable[[], None] = lambda: None) -> Reply:
    given = call(guard=guard)
    return aws.write(given, "autoscaling", "create_or_update_tags", Tags=[TAG])


def describe(aws: Aws) -> object:
    return aws.read("autoscaling", "describe_auto_scaling_groups")


def fault(local: Local, kind: str, operation: str = "CreateOrUpdateTags", **more: object) -> None:
    local.front.faults.append(FaultRule(kind=kind, operation=operation, **more))  # type: ignore[arg-type]


def elsewhere(local: Local, address: str, limits: Limits = QUICK) -> Aws:
    """A client of *address* in place of the sandbox."""
    config = Path(local.target.aws_config)
    config.write_text(config.read_text().replace(local.front.url, f"http://{address}"))
    return local.connect(target=replace(local.target, account=""), limits=limits).aws


def test_a_write_says_the_request_id_that_the_server_gave_it(local: Local) -> None:
    reply = tag(local.world.aws)
    assert reply.request == local.front.calls[-1].request_id
    assert local.cloud.group("web-a").tags["k"] == ("v", False)


def test_a_write_whose_reply_is_lost_was_sent_once_and_is_unknown(local: Local) -> None:
    fault(local, "lost_reply")
    with pytest.raises(OutcomeUnknownError):
        tag(local.world.aws)
    assert local.sent("CreateOrUpdateTags") == 1
    assert "k" in local.cloud.group("web-a").tags, "and yet it was executed"


def test_a_write_whose_connection_breaks_was_sent_once_and_is_unknown(local: Local) -> None:
    fault(local, "reset")
    with pytest.raises(OutcomeUnknownError):
        tag(local.world.aws)
    assert local.sent("CreateOrUpdateTags") == 1


def test_a_write_without_an_answer_is_unknown_after_the_read_timeout(local: Local) -> None:
    aws = local.connect(limits=replace(QUICK, read=0.3)).aws
    fault(local, "delay", value=1.0)
    with pytest.raises(OutcomeUnknownError):
        tag(aws)
    time.sleep(1.2)
    assert local.sent("CreateOrUpdateTags") == 1


def test_an_internal_error_of_the_service_leaves_a_write_unknown(local: Local) -> None:
    fault(local, "error", value="InternalFailure:500")
    with pytest.raises(LostReplyError) as unknown:
        tag(local.world.aws)
    assert unknown.value.requests == (local.front.calls[-1].request_id,)
    assert local.sent("CreateOrUpdateTags") == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ResourceContention:500", ConflictError),
        ("ScalingActivityInProgress:400", ConflictError),
        ("AccessDenied:403", PermissionDeniedError),
        ("UnauthorizedOperation:403", PermissionDeniedError),
        ("ExpiredToken:403", PermissionDeniedError),
        ("SignatureDoesNotMatch:403", PermissionDeniedError),
        ("LimitExceeded:400", AnsweredError),
    ],
)
def test_an_answer_is_translated_and_the_write_sent_once(
    local: Local, code: str, kind: type[Exception]
) -> None:
    fault(local, "error", value=code)
    with pytest.raises(kind):
        tag(local.world.aws)
    assert local.sent("CreateOrUpdateTags") == 1


def test_a_group_that_is_not_there_is_not_found(local: Local) -> None:
    with pytest.raises(NotFoundError):
        local.world.aws.write(
            call(),
            "autoscaling",
            "suspend_processes",
            AutoScalingGroupName="nobody",
            ScalingProcesses=["Launch"],
        )


def test_a_throttled_write_was_not_executed_and_is_not_repeated(local: Local) -> None:
    fault(local, "throttle")
    with pytest.raises(ThrottledError):
        tag(local.world.aws)
    assert local.sent("CreateOrUpdateTags") == 1
    assert "k" not in local.cloud.group("web-a").tags


@pytest.mark.parametrize("kind", ["throttle", "reset", "lost_reply"])
def test_a_read_is_asked_again(local: Local, kind: str) -> None:
    fault(local, kind, "Describe*", count=2)
    assert describe(local.world.aws)
    assert local.sent("DescribeAutoScalingGroups") == 3


def test_a_read_gives_up_after_its_attempts(local: Local) -> None:
    fault(local, "throttle", "Describe*")
    with pytest.raises(ThrottledError):
        describe(local.world.aws)
    assert local.sent("DescribeAutoScalingGroups") == QUICK.attempts


def test_a_refused_connection_is_unreachable_for_reads_and_writes(local: Local) -> None:
    aws = elsewhere(local, dead_ends.refusing())
    with pytest.raises(UnreachableError):
        describe(aws)
    with pytest.raises(UnreachableError):
        tag(aws)


def test_a_swallowed_connection_is_given_up_in_time(local: Local) -> None:
    with dead_ends.black_hole() as address:
        aws = elsewhere(local, address, replace(QUICK, connect=0.3))
        started = time.monotonic()
        with pytest.raises(UnreachableError):
            describe(aws)
        assert time.monotonic() - started < 10.0, (
            "the SDK alone would wait for a minute, or for ever"
        )


def test_the_guard_runs_once_for_a_write_and_never_for_a_read(local: Local) -> None:
    called: list[int] = []
    tag(local.world.aws, lambda: called.append(local.sent("CreateOrUpdateTags")))
    describe(local.world.aws)
    assert called == [0], "the guard runs before the server sees the call"


def test_the_guard_can_stop_a_write_whose_bytes_are_about_to_leave(local: Local) -> None:
    def fenced() -> None:
        raise FencedError("the lease is lost")

    with pytest.raises(FencedError):
        tag(local.world.aws, fenced)
    assert local.mutations() == 0
    tag(local.world.aws)
    assert local.mutations() == 1


def test_writes_in_parallel_have_each_their_own_guard(local: Local) -> None:
    called: list[int] = []
    threads = [
        threading.Thread(target=tag, args=(local.world.aws, lambda n=n: called.append(n)))
        for n in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(called) == list(range(8))


def test_another_account_is_refused_before_the_first_write(local: Local) -> None:
    aws = local.connect(target=replace(local.target, account="999999999999")).aws
    with pytest.raises(WrongTargetError, match="999999999999"):
        tag(aws)
    assert local.mutations() == 0


def test_the_identity_is_asked_once_for_many_writes(local: Local) -> None:
    for _ in range(3):
        tag(local.world.aws)
    assert local.sent("GetCallerIdentity") == 1


def test_an_identity_that_cannot_be_proved_stops_the_write(local: Local) -> None:
    fault(local, "dead", "GetCallerIdentity")
    with pytest.raises(Exception, match="sts"):
        tag(local.world.aws)
    assert local.mutations() == 0


def rotating(local: Local, folder: Path) -> Path:
    """Credentials that are new each time they are asked for, and always about to expire."""
    count, plugin = folder / "count", folder / "plugin.py"
    plugin.write_text(
        "import datetime, json, pathlib\n"
        f"path = pathlib.Path({str(count)!r})\n"
        "n = len(path.read_text()) if path.exists() else 0\n"
        "path.write_text('x' * (n + 1))\n"
        "soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'AKIAROTATING{n:08}',\n"
        "    'SecretAccessKey': 's', 'SessionToken': 't', 'Expiration': soon.isoformat()}))\n"
    )
    Path(local.target.aws_config).write_text(
        f"[default]\nregion = us-east-1\nendpoint_url = {local.front.url}\n"
        f"credential_process = {sys.executable} {plugin}\n"
    )
    return count


def test_refreshed_credentials_are_proved_again(local: Local, tmp_path: Path) -> None:
    rotating(local, tmp_path)
    aws = local.connect().aws
    tag(aws)
    proofs = local.sent("GetCallerIdentity")
    tag(aws)
    assert local.sent("GetCallerIdentity") > proofs


def test_refreshed_credentials_of_another_account_stop_the_write(
    local: Local, tmp_path: Path
) -> None:
    rotating(local, tmp_path)
    answers = iter(["arn:aws:sts::1:assumed-role/ops/me", "arn:aws:sts::1:assumed-role/admin/me"])

    class Swapped(Aws):
        def identity(self, *, first: bool = False) -> tuple[str, str]:
            return "1", next(answers)

    aws = Swapped(replace(local.target, account="1"), limits=QUICK, clock=local.watch)
    tag(aws)
    with pytest.raises(WrongTargetError, match="are now of arn:aws:sts::1:assumed-role/admin"):
        tag(aws)
    aws.close()
    assert local.sent("CreateOrUpdateTags") == 1


def test_another_session_of_the_same_role_is_the_same_principal() -> None:
    role = "arn:aws:sts::1:assumed-role/ops"
    assert principal(f"{role}/alice") == principal(f"{role}/alice-2") == role
    assert principal("arn:aws:iam::1:user/alice") == "arn:aws:iam::1:user/alice"


def test_every_call_carries_the_run_in_its_user_agent(local: Local) -> None:
    tag(local.world.aws)
    assert all("run/RUN" in each.user_agent for each in local.front.calls)
    assert {each.operation for each in local.front.calls} >= {"GetCallerIdentity"}


def test_all_pages_are_read(local: Local) -> None:
    names = [f"more-{number}" for number in range(5)]
    for name in names:
        local.group(name, "us-east-1a", desired=0)
    found = local.world.aws.pages(
        "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", MaxRecords=2
    )
    assert sorted(each["AutoScalingGroupName"] for each in found) == [*names, "web-a", "web-b"]
    assert local.sent("DescribeAutoScalingGroups") == 4


def test_a_page_that_fails_is_asked_again_and_none_is_lost(local: Local) -> None:
    fault(local, "throttle", "Describe*", count=1)
    assert (
        len(
            local.world.aws.pages(
                "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", MaxRecords=1
            )
        )
        == 2
    )


def test_a_target_with_its_own_file_does_not_look_at_the_environment(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{dead_ends.refusing()}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASOMEBODYELSE0000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
    fault(local, "dead", "*", access_key="unknown")
    account, arn = local.connect().aws.identity()
    assert account == local.cloud.account
    assert "assumed-role/sopctl-sandbox" in arn


def test_no_credentials_are_a_refusal_with_a_way_out(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    Path(local.target.aws_config).write_text(f"[default]\nendpoint_url = {local.front.url}\n")
    with pytest.raises(RefusedError) as refusal:
        describe(local.connect().aws)
    assert "aws sso login" in refusal.value.hint


def test_a_profile_that_is_not_there_is_a_refusal(local: Local) -> None:
    aws = Aws(replace(local.target, profile="nobody"))
    with pytest.raises(RefusedError, match="nobody"):
        describe(aws)


def test_every_call_is_noted_with_its_outcome(local: Local) -> None:
    notes: list[CallNote] = []
    aws = local.connect(on_call=notes.append).aws
    tag(aws)
    fault(local, "throttle")
    with pytest.raises(ThrottledError):
        tag(aws)
    writes = [each for each in notes if each.mutating]
    assert [each.error for each in writes] == ["", "PacedError"]
    assert writes[0].operation == "autoscaling.create_or_update_tags"
    assert writes[0].request
    assert json.dumps(writes[0].seconds)


def test_without_a_region_a_read_of_pages_is_refused_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    aws = Aws(Target(name="east", aws_config=str(config)))
    with pytest.raises(RefusedError, match="no AWS region for autoscaling"):
        aws.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
    aws.close()
