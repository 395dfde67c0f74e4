"""Numbers as figures and the report write them alike; what is missing is said in words."""

import math
from typing import Any

import numpy as np
import pandas as pd

NOT_TESTED = "not tested"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_missing(value: Any) -> bool:
    """Say whether a value is missing."""
    if value is None or value is pd.NA:
        return True
    return isinstance(value, float | np.floating) and not math.isfinite(value)


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
