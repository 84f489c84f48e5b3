"""Who gets nodes empty when a spot instance is taken back: the node termination handler.

It listens on each node to the instance's metadata, or at one place to a queue that EventBridge
fills. Source: aws/aws-node-termination-handler, README, "IMDS Processor" and "Queue Processor".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sopctl.facts import purchase
from sopctl.facts.groups import Group
from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Pod
from sopctl.providers.k8s import K8s

TAG = "aws-node-termination-handler/managed"
MANAGED = "eks.amazonaws.com/nodegroup"
_IMAGE = "node-termination-handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """*queue*: the URL that it listens to, empty for one that runs on each node.

    *tagged*: it looks after instances with the tag *tag* only.
    """

    namespace: str
    name: str
    selector: Mapping[str, Any]
    queue: str
    tagged: bool
    tag: str

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"


def read(k8s: K8s) -> tuple[Handler, ...]:
    """Those of the cluster, by the names of their images."""
    found: list[Handler] = []
    for path in ("/apis/apps/v1/daemonsets", "/apis/apps/v1/deployments"):
        found += [one for each in k8s.each(path, _of) for one in each]
    return tuple(sorted(found, key=lambda each: (each.namespace, each.name)))


def of_spot_nodes(
    found: Sequence[Handler], nodes: Iterable[Node], pods: Iterable[Pod], groups: Iterable[Group]
) -> Mapping[str, tuple[str, ...]]:
    """For each spot node by name, who drains it when its instance is taken back.

    EKS does it for its managed groups and Auto Mode, Karpenter for its own nodes.
    """
    spot = [each for each in nodes if purchase.of(each.labels) == "spot"]
    tags = {one.id: frozenset(each.tags) for each in groups for one in each.instances}
    there = {each.name: _on(each, pods) for each in found if not each.queue}
    return {
        node.name: (
            *_services(node),
            *(each.full_name for each in found if each.queue and _listens(each, node, tags)),
            *(each.full_name for each in found if node.name in there.get(each.name, ())),
        )
        for node in spot
    }


def _services(node: Node) -> Iterator[str]:
    if MANAGED in node.labels or node.labels.get("eks.amazonaws.com/compute-type") == "auto":
        yield "EKS"
    elif "karpenter.sh/nodepool" in node.labels:
        yield "Karpenter"


def _listens(handler: Handler, node: Node, tags: Mapping[str, frozenset[str]]) -> bool:
    return not handler.tagged or handler.tag in tags.get(node.instance, frozenset())


def _on(handler: Handler, pods: Iterable[Pod]) -> frozenset[str]:
    return frozenset(
        each.node
        for each in pods
        if each.namespace == handler.namespace and meta.selects(handler.selector, each.labels)
    )


def _of(obj: Obj) -> list[Handler]:
    containers = obj["spec"]["template"]["spec"].get("containers") or ()
    return [_handler(obj, each) for each in _ours(containers)][:1]


def _ours(containers: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for each in containers:
        if _IMAGE in str(each.get("image", "")).rpartition("/")[2]:
            yield each


def _handler(obj: Obj, container: Mapping[str, Any]) -> Handler:
    env = {each["name"]: str(each.get("value") or "") for each in container.get("env") or ()}
    listens = _true(env.get("ENABLE_SQS_TERMINATION_DRAINING", ""))
    checks = env.get("CHECK_TAG_BEFORE_DRAINING", env.get("CHECK_ASG_TAG_BEFORE_DRAINING", "true"))
    return Handler(
        namespace=obj["metadata"]["namespace"],
        name=obj["metadata"]["name"],
        selector=obj["spec"].get("selector") or {},
        queue=env.get("QUEUE_URL", "") if listens else "",
        tagged=listens and _true(checks),
        tag=env.get("MANAGED_TAG", env.get("MANAGED_ASG_TAG", "")) or TAG,
    )


def _true(text: str) -> bool:
    return text.lower() in ("true", "1", "t")
