"""Launch templates of EC2: which of them buy spot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sopctl.core.errors import NotFoundError, PermissionDeniedError
from sopctl.providers.aws import Aws

Template = tuple[str, str]  # id, version: a number, $Default or $Latest

_FEW = 3
_PER_PAGE = 200
_DEFAULT, _LATEST = "$Default", "$Latest"


def spot(aws: Aws, templates: Collection[Template]) -> frozenset[Template]:
    """Those of *templates* whose instances are requested from the spot market.

    A call names one template. Without a name it pages through the default and the latest versions
    of all that there are: of many, only those that are of neither are asked for one by one.
    Source: EC2 API reference, DescribeLaunchTemplateVersions.
    """
    known = _everyones(aws) if len(templates) > _FEW else {}
    ordered = sorted(each for each in templates if each not in known)
    answers = aws.together([lambda t=each: _ask(aws, t) for each in ordered])  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    known |= dict(zip(ordered, answers, strict=True))
    return frozenset(each for each in templates if known[each])


def _everyones(aws: Aws) -> dict[Template, bool]:
    """Whether they buy spot: the default and the latest versions, by these words and by number."""
    rows = _versions(aws, Versions=[_LATEST, _DEFAULT], MaxResults=_PER_PAGE)
    found: dict[Template, bool] = {}
    for row in sorted(rows, key=lambda each: int(each["VersionNumber"])):
        names = [str(row["VersionNumber"]), _LATEST]  # the last of one template is its latest
        names += [_DEFAULT] if row.get("DefaultVersion") else []
        found |= {(row["LaunchTemplateId"], name): _buys_spot(row) for name in names}
    return found


def _ask(aws: Aws, template: Template) -> bool:
    rows = _versions(aws, LaunchTemplateId=template[0], Versions=[template[1]])
    return any(map(_buys_spot, rows))


def _versions(aws: Aws, **query: object) -> Iterable[Mapping[str, Any]]:
    operation, key = "describe_launch_template_versions", "LaunchTemplateVersions"
    try:
        return aws.pages("ec2", operation, key, **query)
    except (NotFoundError, PermissionDeniedError):
        return ()  # the tags of the groups have to do


def _buys_spot(row: Mapping[str, Any]) -> bool:
    options = row.get("LaunchTemplateData", {}).get("InstanceMarketOptions") or {}
    return bool(options.get("MarketType") == "spot")
