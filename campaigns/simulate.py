"""Whatever happens, in whatever order: engine, cloud, clock, crashes and a second operator.

Each case is a story drawn from a number: processes that die, sleep and are taken over, calls that
are throttled, refused, lost before or after their effect, reads that are late, people who decide
and turn back, and somebody else who writes. What has to hold: no write without its durable intent,
no effect twice, none lost, nothing of somebody else trampled, and an end for every run.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from campaigns.frame import Campaign, Played, command
from sopctl.core.action import ReceiptKind
from sopctl.engine import records
from sopctl.engine.leg import Done
from sopctl.engine.state import Phase, RunEnd
from tests.engine.loops import Points, Trial, die, expire, paused, trial, without
from tests.engine.toys import LOST

MOST = 140  # points that a process may pass
THINGS = [("lamp", f"l{n}") for n in range(4)] + [("lantern", f"n{n}") for n in range(4)]
NAMES = [name for _, name in THINGS] + ["f0", "f1"]
ANSWERS = [*ReceiptKind, LOST, LOST]


def cases(seed: int) -> Iterator[int]:
    """Numbers without end; each is a story."""
    dice = random.Random(seed)
    while True:
        yield dice.getrandbits(62)


def play(case: int, *missing: str) -> Played:
    """Tell the story of this number to its end; *missing* protections show what they are for."""
    story = Story(random.Random(case), trial(steps=3), without(*missing))
    story.t.b.world.lag = story.dice.choice([0.0, 0.0, 0.5, 1.5])
    for _ in range(story.dice.randint(1, 8)):
        story.dice.choice(EVENTS)(story)
    return Played(tuple(sorted(story.cells)), "; ".join(_wrong(story)))


@dataclass
class Story:
    """What happened so far."""

    dice: random.Random
    t: Trial
    protections: Mapping[str, object]
    cells: set[str] = field(default_factory=set)
    colours: int = 0

    @property
    def open(self) -> bool:
        return self.t.b.state().end is None

    def place(self) -> int:
        return self.dice.randrange(MOST)

    def leg(self, points: Points, *, takeover: bool = False) -> None:
        if self.t.once(points, takeover=takeover, **self.protections) is None:
            expire(self.t)


def dies(story: Story) -> None:
    story.leg(Points(at={story.place(): die}))


def sleeps(story: Story) -> None:
    """Another takes over meanwhile, may die as well, and then the first one wakes up."""

    def other() -> None:
        story.leg(Points(at={story.place(): die}), takeover=True)

    story.leg(Points(at={story.place(): paused(story.t, other)}))


def sleeps_while_it_is_undone(story: Story) -> None:
    """A person takes over and wants everything back; then the first one wakes up."""

    def other() -> None:
        if not story.open:
            return
        store = story.t.b.store
        store.release(store.takeover("r1", "person", 1.0))
        story.t.turn_back()
        for _ in range(story.dice.randint(1, 3)):
            story.leg(Points(), takeover=True)

    story.leg(Points(at={story.place(): paused(story.t, other)}))


def works(story: Story) -> None:
    story.leg(Points())


def somebody_writes(story: Story) -> None:
    story.colours += 1
    kind, name = story.dice.choice(THINGS)
    colour = f"colour {story.colours}"
    meddle = paused(story.t, lambda: story.t.b.world.meddle(kind, name, colour))
    story.leg(Points(at={story.place(): meddle}))


def is_rough(story: Story) -> None:
    name = story.dice.choice(NAMES)
    answers = [story.dice.choice(ANSWERS) for _ in range(story.dice.randint(1, 3))]
    story.t.b.world.answers.setdefault(name, []).extend(answers)
    story.cells |= {f"answered {each}" for each in answers}


def time_passes(story: Story) -> None:
    story.t.b.clock.sleep(story.dice.choice([1.0, 45.0, 400.0]))


def decides(story: Story) -> None:
    expire(story.t)
    parked = story.t.b.state().parked
    if not (story.open and parked and parked["why"] in ("decision", "effect")):
        return
    choice = story.dice.choice(["retry", "skip", "keep", "by-hand"])
    if choice == "retry":  # from what stood there when it was asked
        for item in story.t.b.state().work(parked["work"]).items.values():
            if item.phase in (Phase.STALE, Phase.FAILED) and item.now:
                story.t.b.world.foreign.discard(str(item.now["lit"]))
    story.t.b.say(records.decision(parked["work"], choice, "me"))
    story.cells.add(f"decided {choice}")


def turns_back(story: Story) -> None:
    expire(story.t)
    if story.open and not story.t.b.state().undoing:
        story.t.turn_back()


EVENTS: tuple[Callable[[Story], None], ...] = (
    *(dies, dies, sleeps, sleeps, sleeps_while_it_is_undone, works),
    *(somebody_writes, is_rough, is_rough, time_passes, decides, turns_back),
)


def _wrong(story: Story) -> list[str]:
    """However it went, the run can be brought to an end, and the end is true."""
    t = story.t
    t.b.world.answers.clear()
    t.b.world.lag = 0.0
    try:
        end = t.finish(**story.protections)
    except AssertionError as error:
        return [str(error)]
    found = [*t.problems()]
    story.cells.add(f"ended {end.outcome}" if isinstance(end, Done) else "parked")
    if end == Done(RunEnd.UNDONE) and not story.colours and t.b.snapshot() != t.before:
        found.append("it is not as before")
    return found


CAMPAIGN = Campaign(name="simulate", cases=cases, play=play)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
