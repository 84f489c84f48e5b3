"""How a node was bought, by the labels that clusters put on their nodes.

Source: EKS user guide (capacityType), karpenter.sh (capacity-type), and the habit of the field
(``lifecycle``, ``node.kubernetes.io/lifecycle``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sopctl.facts.objects.spread import CAPACITY_KEYS

_WORDS: Final[Mapping[str, str]] = {
    "spot": "spot",
    "ec2spot": "spot",
    "on-demand": "on-demand",
    "on_demand": "on-demand",
    "ondemand": "on-demand",
    "normal": "on-demand",
    "reserved": "reserved",
}


def of(labels: Mapping[str, str]) -> str:
    """``spot``, ``on-demand``, ``reserved``, or empty where no label says it."""
    for key in CAPACITY_KEYS:
        if found := _WORDS.get(labels.get(key, "").lower()):
            return found
    return ""
