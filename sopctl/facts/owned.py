"""Which pods are of which workload, without asking every pod about every workload."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sopctl.facts.objects import meta
from sopctl.facts.objects.pod import Pod
from sopctl.facts.objects.workload import Workload

_Label = tuple[str, str, str]  # namespace, key, value


def pods_of(workloads: Iterable[Workload], pods: Iterable[Pod]) -> Mapping[str, tuple[Pod, ...]]:
    """The pods that each of *workloads* selects, by its uid; none is an empty tuple.

    A selector with ``matchLabels`` is tried on the pods that have the first of them; one without,
    on those of its namespace.
    """
    labelled: defaultdict[_Label, list[Pod]] = defaultdict(list)
    spaces: defaultdict[str, list[Pod]] = defaultdict(list)
    for each in pods:
        spaces[each.namespace].append(each)
        for key, value in each.labels.items():
            labelled[each.namespace, key, value].append(each)
    found = {}
    for workload in workloads:
        wanted = next(iter((workload.selector or {}).get("matchLabels", {}).items()), None)
        near = labelled[(workload.namespace, *wanted)] if wanted else spaces[workload.namespace]
        found[workload.uid] = tuple(
            each for each in near if meta.selects(workload.selector, each.labels)
        )
    return found
