"""Expanders: which of the groups that would help is raised.

`--expander` is a chain of filters, and chance decides among what is left. The priority expander
reads its ConfigMap in every loop. It prefers, it cannot forbid: when no option matches a rule,
all are used.
Source: cluster-autoscaler/expander/{factory/chain.go,priority/priority.go,waste/waste.go}.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from datetime import datetime

import yaml

from sopctl.sandbox.world.autoscaler.scale_up import Option
from sopctl.sandbox.world.autoscaler.settings import Settings
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.view import View

CONFIG_MAP = "cluster-autoscaler-priority-expander"
_KEY = "priorities"
_NAME = "cluster-autoscaler"

Rules = list[tuple[int, list[re.Pattern[str]]]]  # highest priority first


class Expander:
    """The chain of one process. Its chance is repeatable: the same world, the same choices."""

    def __init__(self, settings: Settings) -> None:
        """Take the chain from the flags; what is no expander here leaves it to chance."""
        self._settings = settings
        self._random = random.Random(_NAME)  # noqa: S311  # no secret, and meant to be repeatable

    def best(self, view: View, options: Sequence[Option], now: datetime) -> Option:
        """Return one of the options, of which there is at least one."""
        left = list(options)
        for name in self._settings.expanders:
            if name == "priority":
                left = self._preferred(view, left, now)
            elif name in _SCORES:
                left = _lowest(left, _SCORES[name])
            if len(left) == 1:
                return left[0]
        return self._random.choice(left)

    def _preferred(self, view: View, options: list[Option], now: datetime) -> list[Option]:
        """Keep the options of the highest priority that any of them has."""
        about = view.get("configmaps", CONFIG_MAP, self._settings.namespace)
        if about is None:
            return options
        rules = _rules(about)
        if isinstance(rules, str):
            _warn(view, about, "PriorityConfigMapInvalid", rules, now)
            return options
        found = [(_priority(option.group.name, rules), option) for option in options]
        for priority, option in found:
            if priority is None:
                text = (
                    f"Priority expander: node group {option.group.name} not found in priority "
                    "expander configuration. The group won't be used."
                )
                _warn(view, about, "PriorityConfigMapNotMatchedGroup", text, now)
        # Below -1 nothing ever wins: that is where the search for the highest begins.
        known = [priority for priority, _ in found if priority is not None and priority >= -1]
        if not known:
            text = (
                "Priority expander: no priorities info found for any of the expansion options. "
                "No options filtered."
            )
            _warn(view, about, "PriorityConfigMapNoGroupMatched", text, now)
            return options
        return [option for priority, option in found if priority == max(known)]


def waste(option: Option) -> float:
    """Return the unused share of CPU plus that of memory on the new nodes."""
    cpu = sum(pod.request.cpu for pod in option.pods)
    memory = sum(pod.request.memory for pod in option.pods)
    capacity = option.capacity
    return (1 - cpu / (capacity.cpu * option.nodes)) + (
        1 - memory / (capacity.memory * option.nodes)
    )


_SCORES: dict[str, Callable[[Option], float]] = {
    "least-waste": waste,
    "most-pods": lambda option: -len(option.pods),
    "least-nodes": lambda option: option.nodes,
}


def _lowest(options: list[Option], score: Callable[[Option], float]) -> list[Option]:
    scores = [score(each) for each in options]
    least = min(scores)
    return [each for each, found in zip(options, scores, strict=True) if found == least]


def _rules(config: Obj) -> Rules | str:
    """Read the rules: {priority: [regular expressions]}; a text says what is wrong with them."""
    text = (config.get("data") or {}).get(_KEY)
    if text is None:
        return (
            f"Wrong configmap for priority expander, doesn't contain {_KEY} key. Ignoring update."
        )
    try:
        parsed = yaml.safe_load(text)
        rules = [(int(key), [re.compile(each) for each in value]) for key, value in parsed.items()]
    except (yaml.YAMLError, re.error, AttributeError, TypeError, ValueError) as error:
        return f"Wrong configuration for priority expander: {error}. Ignoring update."
    return sorted(rules, key=lambda rule: -rule[0])


def _priority(name: str, rules: Rules) -> int | None:
    """Return the highest priority with an expression that is found anywhere in the name."""
    return next((key for key, found in rules if any(each.search(name) for each in found)), None)


def _warn(view: View, about: Obj, reason: str, text: str, now: datetime) -> None:
    record(view, about, News(reason=reason, message=text, component=_NAME, type="Warning"), now)
