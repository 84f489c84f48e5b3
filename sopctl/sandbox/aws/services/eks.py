"""EKS on the wire: the cluster, its managed node groups, and updates that are asked after.

Source: API reference of Amazon EKS.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from sopctl.sandbox.aws.desk import Handler, Params
from sopctl.sandbox.aws.eks import CLUSTER, Nodegroup, Update, new_id
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.nodegroups import add_nodegroup, configure_nodegroup, delete_nodegroup
from sopctl.sandbox.aws.pages import BadTokenError, page
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.region import Region

PAGE = 100
# Part of UpdateClusterConfig -> the type of its update, and of the update's parameter.
PARTS = {
    "logging": ("LoggingUpdate", "ClusterLogging"),
    "zonalShiftConfig": ("ZonalShiftConfigUpdate", "ZonalShiftConfig"),
    "upgradePolicy": ("UpgradePolicyUpdate", "UpgradePolicy"),
    "accessConfig": ("AccessConfigUpdate", "AuthenticationMode"),
    "computeConfig": ("AutoModeUpdate", "ComputeConfig"),
    "deletionProtection": ("DeletionProtectionUpdate", "DeletionProtection"),
}
SIZES = {"minSize": "MinSize", "maxSize": "MaxSize", "desiredSize": "DesiredSize"}


class EksService:
    """The API over a region's cluster."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.operations: dict[str, Handler] = {
            "ListClusters": lambda _, __: {"clusters": [CLUSTER]},
            "DescribeCluster": self._describe_cluster,
            "UpdateClusterConfig": self._update_cluster,
            "CreateNodegroup": self._create,
            "DescribeNodegroup": self._describe,
            "ListNodegroups": self._list,
            "UpdateNodegroupConfig": self._update,
            "DeleteNodegroup": self._delete,
            "DescribeUpdate": self._describe_update,
            "ListUpdates": self._list_updates,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": lambda params, _: {"tags": self._tags(params)},
        }

    def _describe_cluster(self, params: Params, _: Request) -> Params:
        self._known(params["name"])
        return {"cluster": self._region.eks.cluster}

    def _update_cluster(self, params: Params, _: Request) -> Params:
        self._known(params["name"])
        given = [name for name in PARTS if name in params]
        if len(given) != 1:
            unknown = sorted(set(params) - set(PARTS) - {"name", "clientRequestToken"})
            text = f"the sandbox cannot update {', '.join(unknown)}" if unknown else ""
            raise _invalid(text or "Only one type of update can be allowed.")
        part = given[0]
        wanted = _merged(self._region.eks.cluster.get(part), part, params[part])
        if wanted == self._region.eks.cluster.get(part):
            raise _invalid(f"No changes needed for the {part} provided")
        kind, parameter = PARTS[part]
        begun = self._begin(
            Update(
                id=new_id(),
                type=kind,
                params=[{"type": parameter, "value": json.dumps(params[part])}],
                created=self._region.now(),
                apply=partial(self._region.configure_cluster, part, wanted),
                token=params.get("clientRequestToken"),
            )
        )
        return {"update": _update(begun)}

    def _create(self, params: Params, _: Request) -> Params:
        self._known(params["clusterName"])
        name = params["nodegroupName"]
        if name in self._region.eks.nodegroups:
            raise ServiceError(
                "ResourceInUseException",
                f"NodeGroup already exists with name {name} and cluster name {CLUSTER}",
                {"clusterName": CLUSTER, "nodegroupName": name},
            )
        sizes = {"minSize": 1, "maxSize": 2, "desiredSize": 2, **params.get("scalingConfig", {})}
        _check_sizes(sizes)
        zones = self._region.subnet_zones()
        for subnet in params["subnets"]:
            if subnet not in zones:
                raise _invalid(f"The subnet ID '{subnet}' does not exist", nodegroupName=name)
        return {"nodegroup": self._view(add_nodegroup(self._region, params, sizes))}

    def _describe(self, params: Params, _: Request) -> Params:
        return {"nodegroup": self._view(self._nodegroup(params))}

    def _list(self, params: Params, _: Request) -> Params:
        self._known(params["clusterName"])
        rows, token = _page(sorted(self._region.eks.nodegroups), params)
        return {"nodegroups": rows, "nextToken": token}

    def _update(self, params: Params, _: Request) -> Params:
        nodegroup = self._nodegroup(params)
        sizes = params.get("scalingConfig", {})
        _check_sizes({**self._sizes(nodegroup), **sizes})
        labels = params.get("labels", {})
        changes = [{"type": SIZES[name], "value": str(size)} for name, size in sizes.items()]
        for part, kind in (
            ("addOrUpdateLabels", "LabelsToAdd"),
            ("removeLabels", "LabelsToRemove"),
        ):
            if labels.get(part):
                changes.append({"type": kind, "value": json.dumps(labels[part])})
        for name, value in params.get("updateConfig", {}).items():
            changes.append({"type": name[0].upper() + name[1:], "value": str(value)})
        begun = self._begin(
            Update(
                id=new_id(),
                type="ConfigUpdate",
                params=changes,
                created=self._region.now(),
                apply=partial(configure_nodegroup, self._region, nodegroup, params),
                nodegroup=nodegroup.name,
                token=params.get("clientRequestToken"),
            )
        )
        return {"update": _update(begun)}

    def _delete(self, params: Params, _: Request) -> Params:
        nodegroup = self._nodegroup(params)
        view = {**self._view(nodegroup), "status": "DELETING"}
        delete_nodegroup(self._region, nodegroup)
        return {"nodegroup": view}

    def _describe_update(self, params: Params, _: Request) -> Params:
        self._region.eks.tick()
        for update in self._updates(params):
            if update.id == params["updateId"]:
                return {"update": _update(update)}
        raise _missing(f"No update found for ID: {params['updateId']}")

    def _list_updates(self, params: Params, _: Request) -> Params:
        rows, token = _page([update.id for update in self._updates(params)], params)
        return {"updateIds": rows, "nextToken": token}

    def _tag(self, params: Params, _: Request) -> Params:
        self._tags(params).update(params["tags"])
        return {}

    def _untag(self, params: Params, _: Request) -> Params:
        tags = self._tags(params)
        for key in params["tagKeys"]:
            tags.pop(key, None)
        return {}

    def _tags(self, params: Params) -> dict[str, str]:
        records = [each.record for each in self._region.eks.nodegroups.values()]
        for record in [self._region.eks.cluster, *records]:
            if params["resourceArn"] in (record.get("arn"), record.get("nodegroupArn")):
                return dict.setdefault(record, "tags", {})
        raise ServiceError("NotFoundException", f"No resource found: {params['resourceArn']}")

    def _updates(self, params: Params) -> list[Update]:
        self._known(params["name"])
        nodegroup = params.get("nodegroupName")
        return [update for update in self._region.eks.updates if update.nodegroup == nodegroup]

    def _begin(self, update: Update) -> Update:
        self._region.eks.tick()
        return self._region.eks.begin(update)

    def _known(self, name: str) -> None:
        if name != CLUSTER:
            raise _missing(f"No cluster found for name: {name}.", clusterName=name)

    def _nodegroup(self, params: Params) -> Nodegroup:
        self._known(params["clusterName"])
        self._region.eks.tick()
        name = params["nodegroupName"]
        nodegroup = self._region.eks.nodegroups.get(name)
        if nodegroup is None:
            raise _missing(f"No node group found for name: {name}.", nodegroupName=name)
        return nodegroup

    def _sizes(self, nodegroup: Nodegroup) -> dict[str, int]:
        group = self._region.eks.groups(nodegroup.group)
        desired = group.desired_capacity if group is not None else nodegroup.min
        return {"minSize": nodegroup.min, "maxSize": nodegroup.max, "desiredSize": desired or 0}

    def _view(self, nodegroup: Nodegroup) -> dict[str, Any]:
        return {
            **nodegroup.record,
            "status": self._region.eks.status(nodegroup),
            "scalingConfig": self._sizes(nodegroup),
            "health": {"issues": self._region.eks.issues(nodegroup)},
            "resources": {"autoScalingGroups": [{"name": nodegroup.group}]},
        }


def _update(update: Update) -> dict[str, Any]:
    return {
        "id": update.id,
        "status": update.status,
        "type": update.type,
        "params": update.params,
        "createdAt": update.created,
        "errors": [],
    }


def _merged(present: Any, part: str, change: Any) -> Any:  # noqa: ANN401  # parts of many shapes
    """A part of the cluster's configuration as it will be."""
    if part == "logging":
        return _logging(present or {}, change)
    return {**(present or {}), **change} if isinstance(change, dict) else change


def _logging(present: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    enabled = {
        name
        for setup in present.get("clusterLogging", [])
        if setup["enabled"]
        for name in setup["types"]
    }
    known = {name for setup in present.get("clusterLogging", []) for name in setup["types"]}
    for setup in change.get("clusterLogging", []):
        names = set(setup["types"])
        enabled = enabled | names if setup["enabled"] else enabled - names
    setups = [
        {"types": sorted(names), "enabled": on}
        for names, on in ((enabled, True), (known - enabled, False))
        if names
    ]
    return {"clusterLogging": setups}


def _check_sizes(sizes: dict[str, int]) -> None:
    low, high, wanted = sizes["minSize"], sizes["maxSize"], sizes["desiredSize"]
    if low > wanted:
        raise _invalid(f"Minimum capacity {low} can't be greater than desired size {wanted}")
    if wanted > high:
        raise _invalid(f"desired capacity {wanted} can't be greater than max size {high}")


def _page(rows: Sequence[str], params: Params) -> tuple[list[str], str | None]:
    try:
        return page(rows, params.get("nextToken"), int(params.get("maxResults") or PAGE))
    except BadTokenError as error:
        raise _invalid("The nextToken is invalid.") from error


def _invalid(message: str, **fields: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message, {"clusterName": CLUSTER, **fields})


def _missing(message: str, **fields: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message, fields)
