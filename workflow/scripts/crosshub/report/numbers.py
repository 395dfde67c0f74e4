"""How numbers are written in the report: rounded for people; what is missing is said in words."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crosshub.lists import split_items

NOT_TESTED = "not tested"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_missing(value: Any) -> bool:
    """Say whether a value is missing."""
    if value is None or value is pd.NA:
        return True
    return isinstance(value, float | np.floating) and not math.isfinite(value)


def text(value: Any) -> str:
    """Write a text; a dash where there is none."""
    return "–" if is_missing(value) or value == "" else str(value)


def number(value: Any, digits: int = 2, missing: str = NOT_TESTED) -> str:
    """Write a number with so many decimals and a proper minus sign."""
    if is_missing(value):
        return missing
    # Adding zero turns the −0 of a rounded small number into 0.
    return f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "−")


def count(value: Any) -> str:
    """Write a count with separators."""
    return NOT_TESTED if is_missing(value) else f"{int(value):,}"


def percent(value: Any) -> str:
    """Write a share in percent."""
    return NOT_TESTED if is_missing(value) else f"{100 * float(value):.0f} %"


def p_value(value: Any) -> str:
    """Write a p-value or a false discovery rate with three significant digits."""
    if is_missing(value):
        return NOT_TESTED
    value = float(value)
    if value == 0:
        return "< 10⁻³⁰⁰"
    if value >= 0.001:
        return f"{value:.3g}"
    digits, exponent = f"{value:.2e}".split("e")
    return f"{digits} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def interval(value: Any, low: Any, high: Any) -> str:
    """Write a number with its 95 % interval."""
    if is_missing(value):
        return NOT_TESTED
    if is_missing(low) or is_missing(high):
        return f"{number(value)} (no interval)"
    return f"{number(value)} ({number(low)} to {number(high)})"


def yes_no(value: Any) -> str:
    """Write a truth value in words."""
    if is_missing(value):
        return NOT_TESTED
    return "yes" if value else "no"


def plural(value: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{int(value):,} {noun}{'' if value == 1 else 's'}"


def first_items(cell: Any, most: int = 5) -> str:
    """Write the first items of a cell that joins them by ``|``; a dash where there is none."""
    items = split_items(cell)
    return text(", ".join(items[:most]) + (" …" if len(items) > most else ""))


def listed(names: Sequence[str]) -> str:
    """Write names as a list: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
