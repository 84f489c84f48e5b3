from __future__ import annotations

from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import refused, spec


def test_the_versions_of_all_templates_come_in_pages(cloud: Cloud, ec2: Any) -> None:
    for index in range(7):
        cloud.create_group(spec(f"g{index}", min=0, desired=0))
    pages = ec2.get_paginator("describe_launch_template_versions").paginate(
        Versions=["$Default", "$Latest"], PaginationConfig={"PageSize": 5}
    )
    sizes, names = [], set()
    for page in pages:
        sizes.append(len(page["LaunchTemplateVersions"]))
        names |= {row["LaunchTemplateName"] for row in page["LaunchTemplateVersions"]}
    assert sizes == [5, 5, 4]
    assert names == {f"g{index}" for index in range(7)}


def test_a_template_by_its_id_has_the_version_that_is_asked_for(cloud: Cloud, ec2: Any) -> None:
    cloud.create_group(spec("web", min=0, desired=0))
    (template,) = ec2.describe_launch_templates()["LaunchTemplates"]
    (row,) = ec2.describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"], Versions=["1"]
    )["LaunchTemplateVersions"]
    assert (row["VersionNumber"], row["DefaultVersion"]) == (1, True)


def test_a_bogus_token_is_refused(ec2: Any) -> None:
    status, code, _ = refused(
        ec2.describe_launch_template_versions, Versions=["$Latest"], NextToken="web"
    )
    assert (status, code) == (400, "InvalidParameterValue")
