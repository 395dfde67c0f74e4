"""The config of a study: defaults filled in, all mistakes found at once, and its documentation."""

import difflib
import json
import math
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, TypeChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend


def _is_integer(_: TypeChecker, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker: TypeChecker, value: Any) -> bool:
    return _is_integer(checker, value) or (isinstance(value, float) and math.isfinite(value))


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    # `$` also matches before a line's end, and a name with one is no name.
    if isinstance(value, str) and ("\n" in value or not re.search(pattern, value)):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


# JSON schema takes 5.0 for an integer, and YAML has .nan and .inf, which no limit catches.
_VALIDATOR = extend(
    Draft202012Validator,
    validators={"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number}
    ),
)


def read_schema(path: str | Path) -> dict[str, Any]:
    """Read a JSON schema written as YAML."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def complete(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `value` with the schema's defaults filled in, at every depth."""
    filled = deepcopy(dict(value))
    for key, part in schema.get("properties", {}).items():
        if key not in filled and "default" in part:
            filled[key] = deepcopy(part["default"])
        if isinstance(filled.get(key), dict):
            filled[key] = complete(filled[key], part)
        elif isinstance(filled.get(key), list) and "properties" in part.get("items", {}):
            filled[key] = [
                complete(item, part["items"]) if isinstance(item, dict) else item
                for item in filled[key]
            ]
    return filled


def mistakes(value: Any, schema: Mapping[str, Any], where: str) -> list[str]:
    """List what is wrong with `value`, one line each.

    Parameters
    ----------
    value
        A config or a row of a table.
    schema
        JSON schema, draft 2020-12.
    where
        What the message calls the value, such as ``config`` or ``datasets.tsv row 3``.
    """
    errors = _VALIDATOR(schema).iter_errors(value)
    lines = [line for error in sorted(errors, key=_position) for line in _lines(error, where)]
    return list(dict.fromkeys(lines))


def usable(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return `value` without the keys and items that are mistakes themselves.

    So that what is left can be checked further in the same go. A value that is neither mapping
    nor list and is wrong becomes None.
    """
    if isinstance(value, Mapping) and "properties" in schema:
        parts = {
            key: usable(part, schema["properties"][key])
            for key, part in value.items()
            if key in schema["properties"]
        }
        kept = {key: part for key, part in parts.items() if part is not None}
        return kept if set(schema.get("required", [])) <= set(kept) else None
    if isinstance(value, list) and "items" in schema:
        items = [usable(item, schema["items"]) for item in value]
        value = [item for item in items if item is not None]
    return None if mistakes(value, schema, "") else deepcopy(value)


def _position(error: ValidationError) -> str:
    return "/".join(map(str, error.absolute_path)) + error.message


def _lines(error: ValidationError, where: str) -> Iterator[str]:
    place = ".".join([where, *map(str, error.absolute_path)])
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        for key in sorted(set(error.instance) - set(known), key=str):
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"
            yield f"{place}: unknown key '{key}'; {hint}"
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                yield f"{place}: '{key}' is missing; add it"
    elif error.validator == "pattern":
        meaning = error.schema.get("description", f"it must match {error.validator_value}")
        yield f"{place}: {error.instance!r} is not allowed here; {meaning}"
    else:
        hint = ""
        if error.validator == "type" and _reads_as_number(error.instance):
            hint = "; write it without quotes and with a point, such as 0.01 or 1.0e-3"
        yield f"{place}: {error.message}{hint}"


def _reads_as_number(value: Any) -> bool:
    """Say whether a text is a number that YAML takes for text, such as 1e-3."""
    try:
        return isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return False


def describe_keys(schema: Mapping[str, Any]) -> str:
    """Return the keys of a schema as a Markdown table."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    rows += [f"| `{key}` | {default} | {text} |" for key, default, text in _rows(schema, "")]
    return "\n".join(rows) + "\n"


def _rows(schema: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for key, part in schema["properties"].items():
        nested = part.get("type") == "object" and "properties" in part
        if nested:
            yield f"{prefix}{key}", "", f"**{part['description']}**"
            yield from _rows(part, f"{prefix}{key}.")
            continue
        required = key in schema.get("required", [])
        default = "(required)" if required else f"`{_shown(part.get('default', ''))}`"
        choices = part.get("enum")
        text = part["description"]
        if choices:
            text += f" One of: {', '.join(f'`{choice}`' for choice in choices if choice)}."
        yield f"{prefix}{key}", default if default != "``" else "", text.replace("|", "\\|")


def _shown(value: Any) -> str:
    """Return a value as it is written in YAML."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)
