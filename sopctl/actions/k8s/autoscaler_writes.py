"""The writes behind ``k8s.autoscaler.scale_down``: annotations, flags and tags."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.action import AnyChange, Call, Converged, Receipt, ReceiptKind
from sopctl.core.errors import SopError
from sopctl.core.resource import ABSENT
from sopctl.facts.objects import json_text
from sopctl.facts.world import World
from sopctl.providers import json_patch, k8s_writes
from sopctl.providers.receipts import receipt


def converge(call: Call, clients: World, changes: Sequence[AnyChange]) -> Converged:
    """Objects one by one; all tags that are set, and all that go, in one call each."""
    tags = [each for each in changes if each.resource.kind == "aws.asg"]
    for change in changes:
        if change not in tags:
            yield change.resource, _patch(call, clients, change)
    set_, gone = (
        [each for each in tags if each.after is not ABSENT],
        [each for each in tags if each.after is ABSENT],
    )
    for operation, group in (("create_or_update_tags", set_), ("delete_tags", gone)):
        if group:
            told = _tag(call, clients, operation, group)
            for change in group:
                yield change.resource, told


def _patch(call: Call, clients: World, change: AnyChange) -> Receipt:
    resource, before = change.resource, change.before
    annotation = resource.kind == "k8s.node"
    if annotation:
        where = json_patch.pointer("metadata", "annotations", resource.part)
    else:
        where = json_patch.pointer(*resource.part.split("."))
    operations = json_patch.same_object(resource.incarnation, before.version)
    if before.state is not ABSENT:
        old = before.state.value
        operations.append(json_patch.test(where, old if annotation else json_text.parsed(old)))
    if change.after is ABSENT:
        operations.append(json_patch.remove(where))
    else:
        if annotation and not before.evidence.get("annotated"):
            operations.append(json_patch.add("/metadata/annotations", {}))
        new = change.after.value
        operations.append(json_patch.add(where, new if annotation else json_text.parsed(new)))
    return k8s_writes.patch(call, clients.k8s, resource, operations)


def _tag(call: Call, clients: World, operation: str, changes: Sequence[AnyChange]) -> Receipt:
    """One call for all: a chunk that fails is looked at again as a whole."""
    tags = [
        {
            "ResourceId": each.resource.name,
            "ResourceType": "auto-scaling-group",
            "Key": each.resource.part,
        }
        | (
            {}
            if each.after is ABSENT
            else {"Value": each.after.value, "PropagateAtLaunch": each.after.propagate}
        )
        for each in changes
    ]
    try:
        reply = clients.aws.write(call, "autoscaling", operation, Tags=tags)
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))
