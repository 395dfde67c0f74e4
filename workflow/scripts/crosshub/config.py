"""The config of a study: defaults filled in, all mistakes found at once, and its documentation."""

import difflib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError


def read_schema(path: str | Path) -> dict[str, Any]:
    """Read a JSON schema written as YAML."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def complete(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `value` with the schema's defaults filled in at every depth."""
    filled = deepcopy(dict(value))
    for key, part in schema.get("properties", {}).items():
        if key not in filled and "default" in part:
            filled[key] = deepcopy(part["default"])
        if isinstance(filled.get(key), dict):
            filled[key] = complete(filled[key], part)
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
    errors = Draft202012Validator(schema).iter_errors(value)
    return [line for error in sorted(errors, key=_position) for line in _lines(error, where)]


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
        yield f"{place}: {error.message}"


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
    if value is None:
        return "null"
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value)
