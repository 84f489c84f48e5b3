"""A household with a small world that stands still until it is told to go on."""

from __future__ import annotations

from sopctl.sandbox.process.direction import Direction, planter
from sopctl.sandbox.process.household import Household
from sopctl.sandbox.scenario import loader

TEXT = """\
apiVersion: sopctl/v1
kind: Scenario
metadata: {name: small, title: A zone goes dark}
world:
  zones: [us-east-1a, us-east-1b]
  groups:
    - {name: web-a, zones: [us-east-1a], min: 2, max: 4, desired: 2, spot: true}
    - {name: web-b, zones: [us-east-1b], min: 2, max: 4, desired: 2}
  workloads:
    shop:
      - {name: web, replicas: 4, cpu: 1500}
timeline:
EVENTS
measure: {every: 30s, lasts: 30m}
"""


def directed(*events):
    """A Direction over a world in which *events* (YAML flow mappings) are planned."""
    text = TEXT.replace("EVENTS", "\n".join(f"  - {event}" for event in events))
    scenario = loader.load(text if events else text.replace("timeline:\n\n", ""))
    household = Household(0, planter(scenario), scenario.world.version)
    return Direction(household, scenario)


class Play:
    """The routes of a direction, called without HTTP."""

    def __init__(self, *events):
        self.direction = directed(*events)
        self.routes = self.direction.routes()
        self.household.start()  # nobody calls; but only what serves can be stopped

    def close(self):
        self.household.stop()

    def __call__(self, method, path, **body):
        return self.routes[method, path](body)

    @property
    def household(self):
        return self.direction.household

    def step(self, seconds):
        self("POST", "/clock/step", seconds=seconds)

    def sample(self):
        return self("GET", "/sample")["sample"]
