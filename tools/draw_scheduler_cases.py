"""Draw cases for `tools/record_scheduler.py`: small clusters that mix what a scheduler looks at.

    PYTHONPATH=. python tools/draw_scheduler_cases.py MIXED CROWDED >> CASES.jsonl

They have no decisions yet. A seed draws the same case every time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from sopctl.sandbox.world.scheduling.quantities import amount, requests
from tests.fakes import placements

Obj = dict[str, Any]

APPS = ("web", "db", "cache")


def cases(mixed: int, crowded: int) -> Iterator[Obj]:
    """So many cases of each kind."""
    for seed in range(mixed):
        yield {"case": f"drawn {seed}", **draw(Random(seed))}  # noqa: S311 - dice, not keys
    for seed in range(crowded):
        yield {"case": f"crowded {seed}", **crowd(Random(seed))}  # noqa: S311 - dice, not keys


def _case(nodes: list[Obj], pods: list[Obj], placed: list[Obj], **more: object) -> Obj:
    sitting = {"pods": pods} if pods else {}
    return {"nodes": nodes, **sitting, **more, "steps": [{"pod": each} for each in placed]}


def _may(dice: Random, chance: float) -> bool:
    return dice.random() < chance


def draw(dice: Random) -> Obj:
    """A small cluster that mixes everything, and pods to place in it."""
    zones = "abc"[: dice.randint(1, 3)]
    nodes = [_node(dice, number, zones) for number in range(dice.randint(2, 5))]
    names = [each["n"] for each in nodes]
    drawn = [
        {**_pod(dice, plain=0.6), "n": f"p{number}", "on": dice.choice(names)}
        for number in range(dice.randint(0, 7))
    ]
    pods = list(_fitting(nodes, drawn))
    placed = [
        {**_pod(dice, plain=0.15), "n": f"new{number}"} for number in range(dice.randint(2, 4))
    ]
    return _case(nodes, pods, placed)


def crowd(dice: Random) -> Obj:
    """A cluster without much room, and pods that may preempt others."""
    nodes = [{"n": f"n{number}", "z": dice.choice("ab")} for number in range(dice.randint(1, 4))]
    drawn = [_lodger(dice, number, nodes) for number in range(5 * len(nodes))]
    placed: list[Obj] = [
        {
            "n": f"new{number}",
            "app": dice.choice(APPS),
            "cpu": dice.choice(["1", "2", "3"]),
            "class": dice.choice(["high", "high", "mid"]),
        }
        for number in range(dice.randint(1, 3))
    ]
    for each in placed:
        if _may(dice, 0.3):
            each["apart"] = [{"by": dice.choice(["zone", "host"]), "app": dice.choice(APPS)}]
        if _may(dice, 0.2):
            each["spread"] = [{"by": "zone", "app": each["app"]}]
    budgets = [{"app": app, "allowed": dice.randint(0, 2)} for app in APPS if _may(dice, 0.25)]
    more = {"budgets": budgets} if budgets else {}
    return _case(nodes, list(_fitting(nodes, drawn)), placed, **more)


def _lodger(dice: Random, number: int, nodes: list[Obj]) -> Obj:
    return {
        "n": f"p{number}",
        "on": dice.choice(nodes)["n"],
        "app": dice.choice(APPS),
        "cpu": dice.choice(["500m", "1", "2"]),
        "class": dice.choice(["low", "low", "low", "mid", "high"]),
    }


def _fitting(nodes: list[Obj], pods: list[Obj]) -> Iterator[Obj]:
    """Leave out pods for which there is no room: nobody's nodes are overcommitted."""
    free = {each["n"]: amount(placements.node(each)["status"]["allocatable"]) for each in nodes}
    for pod in pods:
        left = free[pod["on"]] - requests(placements.pod(pod)["spec"])
        if min(left.cpu, left.memory, left.pods) >= 0:
            free[pod["on"]] = left
            yield pod


def _node(dice: Random, number: int, zones: str) -> Obj:
    node: Obj = {"n": f"n{number}", "z": dice.choice(zones)}
    if _may(dice, 0.1):
        del node["z"]
    if _may(dice, 0.5):
        node["cpu"] = dice.choice(["1", "2", "3", "8"])
    if _may(dice, 0.4):
        node["mem"] = dice.choice(["2Gi", "4Gi", "16Gi"])
    if _may(dice, 0.15):
        node["pods"] = dice.choice(["1", "2", "3"])
    if _may(dice, 0.3):
        node["labels"] = {"rack": dice.choice("xy")}
    if _may(dice, 0.25):
        effect = dice.choice(["NoSchedule", "NoExecute", "PreferNoSchedule", "PreferNoSchedule"])
        node["taints"] = [dice.choice(["team=red", "team=blue", "slow"]) + f":{effect}"]
    if _may(dice, 0.06):
        node["cordoned"] = True
    return node


def _pod(dice: Random, plain: float) -> Obj:
    """A pod; with a chance of *plain* it wants nothing special."""
    pod: Obj = {"app": dice.choice(APPS)}
    if _may(dice, 0.8):
        pod["cpu"] = dice.choice(["100m", "250m", "500m", "1", "1500m", "2"])
    if _may(dice, 0.6):
        pod["mem"] = dice.choice(["128Mi", "512Mi", "1Gi", "3Gi"])
    if _may(dice, 0.15):
        pod["ns"] = "other"
    if _may(dice, 0.35):
        pod["class"] = dice.choice(["low", "low", "mid", "high", "meek"])
    if _may(dice, plain):
        return pod
    for wish in dice.sample(sorted(_WISHES), dice.randint(1, 2)):
        pod[wish] = _WISHES[wish](dice)
    return pod


def _beside(dice: Random) -> Obj:
    term: Obj = {"by": dice.choice(["zone", "zone", "host", "rack"]), "app": dice.choice(APPS)}
    if _may(dice, 0.2):
        term["ns"] = dice.choice([["other"], ["shop", "other"]])
    return term


def _expression(dice: Random) -> list[str]:
    return dice.choice(
        [
            ["zone", "In", "a"],
            ["zone", "NotIn", "a"],
            ["rack", "Exists"],
            ["rack", "DoesNotExist"],
            ["rack", "In", "x"],
            ["host", "NotIn", "n0"],
        ]
    )


def _weighed(dice: Random, found: Callable[[Random], object]) -> list[object]:
    return [[dice.choice([1, 5, 20, 50, 100]), found(dice)] for _ in range(dice.randint(1, 2))]


def _spread(dice: Random) -> list[Obj]:
    constraints: list[Obj] = []
    for key in dice.sample(["zone", "host", "rack"], dice.randint(1, 2)):
        each: Obj = {"by": key, "app": dice.choice(APPS)}
        if _may(dice, 0.4):
            each["skew"] = dice.choice([2, 3])
        if _may(dice, 0.5):
            each["soft"] = True
        constraints.append(each)
    return constraints


_WISHES = {
    "near": lambda dice: [_beside(dice)],
    "apart": lambda dice: [_beside(dice)],
    "would_near": lambda dice: _weighed(dice, _beside),
    "would_apart": lambda dice: _weighed(dice, _beside),
    "spread": _spread,
    "only": lambda dice: [[_expression(dice)]],
    "rather": lambda dice: _weighed(dice, lambda dice: [_expression(dice)]),
    "pick": lambda dice: {"zone": dice.choice("ab")},
    "tolerate": lambda dice: [
        dice.choice(
            [
                {"operator": "Exists"},
                {"key": "team", "value": "red"},
                {"key": "slow", "operator": "Exists", "effect": "NoSchedule"},
            ]
        )
    ],
}


if __name__ == "__main__":
    for each in cases(int(sys.argv[1]), int(sys.argv[2])):
        print(json.dumps(each, separators=(",", ":")))
