"""Admission policies' expressions: CEL by the official wheel, with Kubernetes' typed literals.

The wheel knows neither `JSONPatch{...}` nor `Object.spec{...}`; they are rewritten to maps before
compiling. Its `value()` of a null releases a reference to None that it does not own, which after
some thousand calls aborts the interpreter on Python 3.11: here a result's type is looked at first,
and nulls, however deep, are never asked for their value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from cel_expr_python import cel

from sopctl.sandbox.k8s.objects import Json

_VARIABLES = ("namespaceObject", "object", "oldObject", "params", "request", "variables")
_CONFIGURATION = """
name: admission
extensions:
- name: strings
- name: two-var-comprehensions
- name: optional
- name: lists
- name: sets
variables:
""" + "".join(f"- name: {name}\n  type_name: dyn\n" for name in _VARIABLES)
_NO_KEY = re.compile(r'NOT_FOUND: Key not found in map : "([^"]*)"')
_SCALARS = ("BOOL", "INT", "UINT", "DOUBLE", "STRING")

_TOKEN = re.compile(
    r"""(?P<string>[rR]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''
        |"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
    |(?P<typed>\b(?:JSONPatch|Object(?:\.[A-Za-z_]\w*)*)\s*\{)
    |(?P<field>\??\b[A-Za-z_]\w*\s*:)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<open>[{\[(])|(?P<close>[}\])])|(?P<comma>,)|(?P<space>\s+)|(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


class ExpressionError(Exception):
    """An expression that cannot be compiled, or whose evaluation is an error."""


def compiled(expression: str) -> Callable[[Mapping[str, Json]], Json]:
    """A function from variables to the expression's value as JSON.

    Raises ExpressionError when it cannot be compiled; the function raises it when the evaluation
    ends in an error, such as a missing member.
    """
    program = _compile(expression)

    def evaluate(data: Mapping[str, Json]) -> Json:
        complete = {name: data.get(name) for name in _VARIABLES}
        try:
            return _plain(program.eval(data=complete))
        except ExpressionError as error:
            # k8s.io/apiserver pkg/admission/plugin/cel/condition.go
            why = f"expression '{expression}' resulted in error: {error}"
            raise ExpressionError(why) from error

    return evaluate


def without_types(expression: str) -> str:
    """The expression with typed literals as maps: `JSONPatch{op: x}` becomes `{"op": x}`."""
    out: list[str] = []
    typed: list[bool] = []  # one entry per open bracket
    fresh = False  # whether a field of the innermost literal may start here
    for match in _TOKEN.finditer(expression):
        text, kind = match[0], match.lastgroup
        if kind == "typed":
            typed.append(True)
            text = "{"
        elif kind == "field" and fresh and typed[-1:] == [True]:
            name = text.rstrip(":").strip()
            text = f'?"{name[1:]}":' if name.startswith("?") else f'"{name}":'
        elif kind == "open":
            typed.append(False)
        elif kind == "close" and typed:
            typed.pop()
        fresh = kind in ("typed", "comma") or (fresh and kind == "space")
        out.append(text)
    return "".join(out)


@cache
def _environment() -> Any:  # noqa: ANN401  # the wheel's own type
    return cel.NewEnv(config=cel.NewEnvConfigFromYaml(_CONFIGURATION))


@lru_cache(maxsize=256)
def _compile(expression: str) -> Any:  # noqa: ANN401  # the wheel's own type
    try:
        return _environment().compile(without_types(expression))
    except RuntimeError as error:
        raise ExpressionError(f"compilation failed: {error}") from error


def _plain(value: Any) -> Json:  # noqa: ANN401  # the wheel's own type
    name = value.type().name()
    if name == "NULL":
        return None
    if name.startswith("LIST"):
        return [_plain(item) for item in value.value()]
    if name.startswith("MAP"):
        return {str(key): _plain(item) for key, item in value.value().items()}
    if name in _SCALARS:
        return value.value()
    if name == "ERROR":
        raise ExpressionError(_NO_KEY.sub(r"no such key: \1", str(value.value())))
    raise ExpressionError(f"expression yields a value of type {name}")
