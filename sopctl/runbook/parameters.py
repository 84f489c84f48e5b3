"""Parameters: from what was typed to a value of the declared type, or a clear no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sopctl.core.codec import Json
from sopctl.core.errors import UsageError
from sopctl.core.runbook import Parameter, ParameterType
from sopctl.notation import duration
from sopctl.notation.suggest import did_you_mean

# "us-east-1a", "us-gov-west-1b", the local zone "us-west-2-lax-1a"; the ids "use1-az4",
# "usw2-lax1-az1". Source: the EC2 User Guide, "Regions and Zones".
_ZONE_NAME = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+(-[a-z]+-[0-9]+)?[a-z]")
_ZONE_ID = re.compile(r"[a-z]+[0-9]+(-[a-z]+[0-9]+)?-az[0-9]+")
_INT = re.compile(r"-?[0-9]{1,18}")
_BOOLS: Final = {"true": True, "yes": True, "false": False, "no": False}

CEL_TYPES: Final[Mapping[ParameterType, str]] = {
    ParameterType.STRING: "string",
    ParameterType.INT: "int",
    ParameterType.BOOL: "bool",
    ParameterType.ENUM: "string",
    ParameterType.DURATION: "int",
    ParameterType.ZONE: "string",
    ParameterType.ID: "string",
    ParameterType.LIST: "list(string)",
}
"""What a value of each type is in an expression; a duration is its seconds."""


def parse(parameter: Parameter, text: str) -> Json:
    """The value that *text*, typed by a person, stands for; raises UsageError."""
    match parameter.type:
        case ParameterType.INT:
            if not _INT.fullmatch(text):
                raise _wrong(parameter, text, "a whole number", "Write digits only, such as 12.")
            return int(text)
        case ParameterType.BOOL:
            if (value := _BOOLS.get(text.lower())) is None:
                raise _wrong(parameter, text, "true or false", "Write true or false.")
            return value
        case ParameterType.DURATION:
            try:
                return duration.seconds(text)
            except ValueError as error:
                raise _wrong(parameter, text, "a duration", duration.HINT) from error
        case ParameterType.LIST:
            return [_item(parameter, item.strip()) for item in text.split(",")] if text else []
        case _:
            return _text(parameter, text)


def conform(parameter: Parameter, value: Json) -> Json:
    """The value of *parameter* that *value*, as YAML or JSON has it, stands for.

    Numbers given for a text type become the digits they were written with. Raises UsageError.
    """
    kind = parameter.type
    if kind is ParameterType.LIST:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise _wrong(parameter, value, "a list", "Write a list, such as [a, b].")
        return [_item(parameter, _digits(parameter, item)) for item in value]
    if kind is ParameterType.BOOL or kind is ParameterType.INT:
        wanted = bool if kind is ParameterType.BOOL else int
        if type(value) is not wanted:
            what = "true or false" if wanted is bool else "a whole number"
            raise _wrong(parameter, value, what, f"Write {what}, without quotes.")
        return value
    return parse(parameter, _digits(parameter, value))


def resolve(parameters: Iterable[Parameter], given: Mapping[str, Json]) -> dict[str, Json]:
    """A value for every parameter: from *given* (text, or values already typed), else its default.

    A parameter that is neither required nor has a default is None. Raises UsageError.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known, what="parameters")
            raise UsageError(f"there is no parameter {name}", hint=hint)
    values: dict[str, Json] = {}
    for name, parameter in known.items():
        if given.get(name) is not None:
            values[name] = _given(parameter, given[name])
        elif parameter.default is not None:
            values[name] = conform(parameter, parameter.default)
        elif parameter.required:
            raise UsageError(
                f"the parameter {name} is missing",
                hint=f"Give it with {option(name)}"
                + (f": {parameter.help}" if parameter.help else "."),
            )
        else:
            values[name] = None
    return values


def _given(parameter: Parameter, value: Json) -> Json:
    if isinstance(value, str):
        return parse(parameter, value)
    if parameter.type is ParameterType.DURATION and type(value) is int:
        return value  # seconds: it was resolved before
    return conform(parameter, value)


def missing(parameters: Iterable[Parameter], given: Iterable[str]) -> tuple[Parameter, ...]:
    """The required parameters that have no value yet: what a terminal asks for."""
    names = set(given)
    return tuple(p for p in parameters if p.required and p.default is None and p.name not in names)


def option(name: str) -> str:
    """The name of a parameter on the command line."""
    return "--" + name.replace("_", "-")


def _text(parameter: Parameter, text: str) -> str:
    """*text* checked against a type whose values are text."""
    if "\x00" in text:
        raise _wrong(parameter, text, "text without NUL", "Remove the NUL character.")
    match parameter.type:
        case ParameterType.ENUM if text not in parameter.choices:
            one_of = " or ".join(parameter.choices)
            hint = did_you_mean(text, parameter.choices, what="choices")
            raise _wrong(parameter, text, one_of, hint)
        case ParameterType.ZONE if not (_ZONE_NAME.fullmatch(text) or _ZONE_ID.fullmatch(text)):
            raise _wrong(
                parameter,
                text,
                "a zone",
                "Write a name such as us-east-1a or an id such as use1-az4.",
            )
        case _:
            return _item(parameter, text)


def _item(parameter: Parameter, text: str) -> str:
    if parameter.pattern and not re.fullmatch(parameter.pattern, text):
        hint = parameter.help or "Check it for typing errors."
        raise _wrong(parameter, text, f"of the form {parameter.pattern}", hint)
    if parameter.type is ParameterType.ID and not text:
        raise _wrong(parameter, text, "an id", parameter.help or "Give the id.")
    return text


def _digits(parameter: Parameter, value: Json) -> str:
    """*value* as text: numbers are kept by the YAML reader only if they print as they were."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise _wrong(parameter, value, "text", "Put the value in quotes.")


def _wrong(parameter: Parameter, value: Json, wanted: str, hint: str) -> UsageError:
    return UsageError(f"parameter {parameter.name}: {value!r} is not {wanted}", hint=hint)
