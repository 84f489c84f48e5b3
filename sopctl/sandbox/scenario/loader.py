"""A scenario file to a Scenario; every problem at once, with its place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from sopctl.core.codec import Json
from sopctl.core.errors import InvalidRunbookError, Problem, UsageError
from sopctl.notation import complaints, duration, strict_yaml
from sopctl.notation.complaints import Words
from sopctl.notation.document import Document
from sopctl.notation.files import read_text
from sopctl.notation.finding import Finding, report
from sopctl.notation.json_schema import schema_of
from sopctl.notation.shape import NAME
from sopctl.notation.suggest import did_you_mean
from sopctl.sandbox.scenario import rules
from sopctl.sandbox.scenario.inhabitants import LABEL, TAINT, VERSION, ZONE
from sopctl.sandbox.scenario.model import Scenario

DEFAULT: Final = "default"
WORDS: Final = Words(
    shape=Scenario,
    patterns={
        duration.PATTERN: ("a duration", duration.HINT),
        NAME: ("a name", "Use lower-case letters, digits, dots, dashes; at most 64."),
        ZONE: ("a zone", "Write a name such as us-east-1a."),
        LABEL: ("a label", "Write a key such as lifecycle or node.kubernetes.io/x."),
        TAINT: ("a taint", "Write key=value:Effect, such as dedicated=batch:NoSchedule."),
        VERSION: ("a version", 'Write it in quotes, such as "1.36".'),
        r"^[a-z][a-z0-9_]{0,62}$": (
            "a parameter name",
            "Use lower-case letters, digits and _; a letter first.",
        ),
    },
)


def load(source: Path | str, *, file: str = "") -> Scenario:
    """The scenario in the file (a Path) or the text (a str) *source*.

    Raises InvalidRunbookError with all problems, UsageError if there is no such file.
    """
    name = file or (str(source) if isinstance(source, Path) else "<text>")
    text = read_text(source, name) if isinstance(source, Path) else source
    if isinstance(text, Problem):
        raise _invalid(name, (text,))
    document = strict_yaml.parse(text, name, "scenario")
    found = None if document.fatal else _scenario(document)
    problems = tuple(sorted(set(document.problems)))
    if found is None or problems:
        raise _invalid(name, problems)
    return found


def _invalid(file: str, problems: tuple[Problem, ...]) -> InvalidRunbookError:
    counted = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    return InvalidRunbookError(
        f"{file} has {counted}",
        problems=problems,
        hint="Correct them and try again with `sopctl sandbox scenario show FILE`.",
    )


def _scenario(document: Document) -> Scenario | None:
    if not isinstance(document.data, Mapping):
        what = "the file is empty" if document.data is None else "the file is not a mapping"
        document.report(
            document.place(()), what, "Start with apiVersion: sopctl/v1 and kind: Scenario."
        )
        return None
    borrowed, wrong = _with_world(document.data)
    report(document, [*wrong, *rules.check(borrowed)])
    try:
        return Scenario.model_validate(borrowed)
    except ValidationError as error:
        report(document, complaints.findings(error, borrowed, WORDS))
        return None


def _with_world(data: Mapping[str, Json]) -> tuple[Mapping[str, Json], list[Finding]]:
    """*data* with the world of the packaged scenario that it is *like*, if it is."""
    like = data.get("like")
    if not isinstance(like, str):
        return data, []
    if "world" in data:
        both = "there is a world, and another one that it is like"
        return data, [Finding(path=("like",), summary=both, hint="Keep one of the two.", key=True)]
    known = available()
    if like not in known:
        hint = did_you_mean(like, known, what="scenarios")
        wrong = Finding(path=("like",), summary=f"there is no scenario {like}", hint=hint)
        return {**data, "world": _world_of(DEFAULT)}, [wrong]
    return {**data, "world": _world_of(like)}, []


@cache
def _world_of(name: str) -> Json:
    world: Json = load(packaged() / f"{name}.yaml").world.model_dump(mode="json")
    return world


@cache
def default() -> Scenario:
    """The world of a sandbox for which no scenario was named."""
    return load(packaged() / f"{DEFAULT}.yaml")


def find(name: str, *dirs: Path) -> Path:
    """The file of the scenario *name*: ``NAME.yaml`` in the first of *dirs*, or a packaged one.

    A name that looks like a path (it has a slash or ends in .yaml) is one. Raises UsageError.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        path = Path(name).expanduser()
        if not path.is_file():
            what = f"{name} is a directory" if path.is_dir() else f"there is no file {name}"
            raise UsageError(what, hint="Check the path.")
        return path
    known = available(*dirs)
    if name not in known:
        hint = did_you_mean(name, known, what="scenarios")
        raise UsageError(f"there is no scenario {name}", hint=hint)
    return known[name]


def available(*dirs: Path) -> dict[str, Path]:
    """Every scenario by name: those in *dirs*, then those that come with sopctl."""
    known: dict[str, Path] = {}
    for directory in (*dirs, packaged()):
        for path in sorted(directory.glob("*.yaml")) if directory.is_dir() else ():
            known.setdefault(path.stem, path)
    return known


def packaged() -> Path:
    """The directory of the scenarios that come with sopctl: in the wheel, else in the checkout."""
    package = Path(str(resources.files("sopctl")))
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def schema() -> Json:
    """The JSON Schema of scenario files, generated from the model that the loader uses."""
    return schema_of(Scenario, "A sopctl scenario")
