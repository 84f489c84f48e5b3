"""Versions of launch templates, in pages: moto 5.2 cuts after MaxResults and gives no token."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidParameterValueError
from moto.ec2.responses.launch_templates import LaunchTemplates

from sopctl.sandbox.aws import pages

MOST = 200
ALL = 1_000_000


def describe_versions(response: LaunchTemplates) -> ActionResult:
    """DescribeLaunchTemplateVersions, in place of moto's."""
    size = response._get_int_param("MaxResults") or MOST  # noqa: SLF001  # moto has no public way
    token = response._get_param("NextToken")  # noqa: SLF001  # as above
    found = response.ec2_backend.describe_launch_template_versions(
        template_name=response._get_param("LaunchTemplateName"),  # noqa: SLF001  # as above
        template_id=response._get_param("LaunchTemplateId"),  # noqa: SLF001  # as above
        versions=response._get_param("Versions", []),  # noqa: SLF001  # as above
        min_version=response._get_int_param("MinVersion"),  # noqa: SLF001  # as above
        max_version=response._get_int_param("MaxVersion"),  # noqa: SLF001  # as above
        max_results=ALL,
    )
    try:
        page, following = pages.page(found, token, min(size, MOST))
    except pages.BadTokenError as error:
        raise InvalidParameterValueError(token) from error
    owner = f"arn:{response.partition}:iam::{response.current_account}:root"
    rows = [
        {
            "CreateTime": version.create_time,
            "CreatedBy": owner,
            "DefaultVersion": template.is_default(version),
            "LaunchTemplateData": version.data,
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "VersionDescription": version.description,
            "VersionNumber": version.number,
        }
        for template, version in page
    ]
    return ActionResult({"LaunchTemplateVersions": rows, "NextToken": following})
