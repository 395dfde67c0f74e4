"""Can the batch, the sex or the age be told from the disease? Before anything is tested.

Where each batch holds only cases or only controls, no model tells one from the other: the change of
a gene may be the day on which it was measured.

References
----------
Leek et al. 2010, Tackling the widespread and critical impact of batch effects in high-throughput
data, Nature Reviews Genetics 11:733.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, fisher_exact, ttest_ind

from crosshub.batches import is_batch_like, is_numbered_batch
from crosshub.differential import design_matrix
from crosshub.errors import DataError
from crosshub.qc import fields as submitted
from crosshub.qc.sex import UNKNOWN

# A field of numbers that fewer samples give is left alone.
FEWEST_NUMBERS = 4
COLUMNS = [
    "field",
    "kind",
    "levels",
    "n",
    "test",
    "p_value",
    "cramers_v",
    "smd",
    "variance_inflation",
    "confounded",
    "cases_controls",
]
# From here on a field takes a quarter of the information on the group: half of its correlation.
STRONG = 0.5
P_VALUE = 0.05
MOST_SHOWN = 12


@dataclass(frozen=True)
class Field:
    """What may stand in for the group: its name, its kind and its value in each sample.

    Attributes
    ----------
    name
        As in the series, or as the covariate is called.
    kind
        covariate (in the model), batch, date, sex or age.
    values
        By sample: text, empty where not given; or numbers, NaN where not given.
    """

    name: str
    kind: str
    values: pd.Series


def fields_to_check(
    samples: pd.DataFrame,
    fields: pd.DataFrame,
    covariates: Sequence[str] = (),
    sex: pd.Series | None = None,
) -> list[Field]:
    """Choose what is held against the groups of a cohort.

    Parameters
    ----------
    samples
        Index sample; the covariates are columns.
    fields
        Same samples × fields of the series, text.
    covariates
        Names of columns of `samples` that enter the model.
    sex
        Inferred sex, for a series that does not give it.

    Returns
    -------
    list of Field
        The covariates; the day (or month, or year, where nearly each sample has its own day); every
        field whose name is one of a batch (batch, plate, chip, slide, run, site, centre, hospital,
        lane, array, library, platform_id, protocol, …) with two values or more and at most half as
        many as samples; age, and sex as annotated or else as inferred.
    """
    most = len(samples) // 2
    found = [Field(name, "covariate", _as_in_model(name, samples[name])) for name in covariates]
    known = {name.lower() for name in covariates}
    day = submitted.scan_date(fields)
    for part, length in [("day", 10), ("month", 7), ("year", 4)]:
        values = day.str[:length]
        if 2 <= _number_of_levels(values) <= most:
            found.append(Field(f"{part} of the work", "date", values))
            break
    for name in fields.columns:
        plain = re.sub(r"\s", "_", str(name).lower())
        if plain in known or not is_batch_like(str(name)):
            continue
        if 2 <= _number_of_levels(fields[name]) <= most and "date" not in plain:
            found.append(Field(str(name), "batch", fields[name]))
    age = submitted.age(fields)
    if age.notna().sum() >= FEWEST_NUMBERS and "age" not in known:
        found.append(Field("age", "age", age))
    annotated = submitted.annotated_sex(fields)
    if not known & {"sex", "gender"}:
        if (annotated != "").any():
            found.append(Field("sex", "sex", annotated))
        elif sex is not None and (sex != UNKNOWN).any():
            found.append(Field("sex (inferred)", "sex", sex.replace(UNKNOWN, "")))
    return found


def confounding(groups: pd.Series, fields: Sequence[Field]) -> pd.DataFrame:
    """Hold fields against the groups of a cohort.

    Parameters
    ----------
    groups
        Index sample: case or control.
    fields
        See `fields_to_check`.

    Returns
    -------
    DataFrame
        One row a field: field, kind, levels (distinct values), n (samples that give it), test
        (fisher for two levels, chi2 for more, welch for numbers), p_value, cramers_v (levels) or
        smd (numbers: mean of the cases minus that of the controls, by the pooled standard
        deviation), variance_inflation (how many times larger the variance of the group's effect
        becomes with the field in the model), confounded, cases_controls (in words).

        confounded is yes where the field says all of the group, so that no model tells the two
        apart; partly where its squared correlation with the group is 0.25 or more and p is below
        0.05; unknown where only one group gives it; else no.
    """
    is_case = groups == "case"
    rows = [_row(field, is_case) for field in fields]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(field: Field, is_case: pd.Series) -> dict[str, object]:
    values = field.values.reindex(is_case.index)
    numeric = pd.api.types.is_numeric_dtype(values)
    known = values.notna() & (values.astype(str) != "")
    values, case = values[known], is_case[known]
    row: dict[str, object] = dict.fromkeys(COLUMNS, np.nan)
    row |= {"field": field.name, "kind": field.kind, "n": len(values), "levels": values.nunique()}
    if numeric:
        return row | _numbers(values.astype(float), case)
    return row | _levels(values.astype(str), case)


def _levels(values: pd.Series, case: pd.Series) -> dict[str, object]:
    table = pd.crosstab(values, case).reindex(columns=[True, False], fill_value=0)
    counts = [f"{level} {cases}/{controls}" for level, cases, controls in table.itertuples()]
    more = f"; and {len(counts) - MOST_SHOWN} more" if len(counts) > MOST_SHOWN else ""
    found: dict[str, object] = {"cases_controls": "; ".join(counts[:MOST_SHOWN]) + more}
    if case.nunique() < 2:
        return found | {"confounded": "unknown"}
    if len(table) < 2:
        return found | {"variance_inflation": 1.0, "confounded": "no"}
    test = chi2_contingency(table, correction=False)
    share = float(test.statistic) / len(values)
    p_value = float(test.pvalue)
    found |= {"test": "chi2"}
    if len(table) == 2:
        found |= {"test": "fisher"}
        p_value = float(fisher_exact(table).pvalue)
    return found | {"p_value": p_value, "cramers_v": np.sqrt(share)} | _verdict(share, p_value)


def _numbers(values: pd.Series, case: pd.Series) -> dict[str, object]:
    sides = values[case], values[~case]
    if min(len(side) for side in sides) == 0:
        return {"confounded": "unknown"}
    words = [f"{side.mean():.3g} ± {side.std(ddof=0):.2g}" for side in sides]
    found: dict[str, object] = {"cases_controls": f"{words[0]} / {words[1]}", "test": "welch"}
    if values.nunique() < 2:
        return found | {"smd": 0.0, "variance_inflation": 1.0, "confounded": "no"}
    share = float(np.corrcoef(values, case)[0, 1] ** 2)
    pooled = np.sqrt(np.mean([side.var(ddof=1) if len(side) > 1 else np.nan for side in sides]))
    difference = sides[0].mean() - sides[1].mean()
    smd = difference / pooled if pooled > 0 else np.nan
    p_value = np.nan
    if pooled > 0:
        p_value = float(ttest_ind(*sides, equal_var=False).pvalue)
    return found | {"p_value": p_value, "smd": smd} | _verdict(share, p_value)


def _verdict(share: float, p_value: float) -> dict[str, object]:
    """Judge by the share of the group's variance that a field explains."""
    if share > 1 - 1e-9:
        return {"variance_inflation": np.inf, "confounded": "yes"}
    partly = share >= STRONG**2 and p_value < P_VALUE
    return {"variance_inflation": 1 / (1 - share), "confounded": "partly" if partly else "no"}


def confounded_covariates(
    samples: pd.DataFrame, covariates: Sequence[str], cohort: str
) -> list[str]:
    """List why the covariates of a cohort cannot enter its model, one line each.

    Parameters
    ----------
    samples
        Index sample; column group (case, control) and the covariates, without gaps. Excluded
        samples count for nothing.
    covariates
        Names of columns.
    cohort
        How messages name the cohort.

    Returns
    -------
    list of str
        Empty where the design has full rank and leaves degrees of freedom.
    """
    used = samples[samples["group"] != "excluded"]
    where = f"cohort '{cohort}'"
    design = design_matrix(used, tuple(covariates))
    columns = design.shape[1]
    if np.linalg.matrix_rank(design) < columns:
        return _why_without_rank(used, covariates, where)
    if covariates and len(used) <= columns:
        return [
            f"{where}: {len(used)} samples leave nothing to estimate the variance of {columns} "
            f"coefficients with the covariates {_named(covariates)}; remove some"
        ]
    return []


def refuse_confounded(samples: pd.DataFrame, covariates: Sequence[str], cohort: str) -> None:
    """Raise `DataError` where covariates cannot enter the model; see `confounded_covariates`."""
    wrong = confounded_covariates(samples, covariates, cohort)
    if wrong:
        raise DataError("\n".join(wrong))


def _why_without_rank(used: pd.DataFrame, covariates: Sequence[str], where: str) -> list[str]:
    wrong, sound = [], []
    for name in covariates:
        numeric = pd.to_numeric(used[name], errors="coerce").notna().all()
        if numeric and used[name].nunique() < 2:
            wrong.append(f"{where}: covariate '{name}' is the same in all samples; remove it")
        elif used[name].nunique() == len(used) and not numeric:
            wrong.append(
                f"{where}: covariate '{name}' has a value of its own in each of the {len(used)} "
                "samples; remove it, or take a field with fewer values"
            )
        elif _says_the_group(used, [name]):
            shown = _levels(used[name].astype(str), used["group"] == "case")["cases_controls"]
            wrong.append(
                f"{where}: covariate '{name}' cannot be told from case/control (cases/controls: "
                f"{shown}); remove it, or choose cases and controls that share its values"
            )
        else:
            sound.append(name)
    if wrong or not sound:
        return wrong
    if _says_the_group(used, sound):
        return [
            f"{where}: the covariates {_named(sound)} together cannot be told from case/control; "
            "remove one"
        ]
    kept: list[str] = []
    for name in sound:
        design = design_matrix(used, (*kept, name))
        if np.linalg.matrix_rank(design) < design.shape[1]:
            return [
                f"{where}: covariate '{name}' says nothing beside {_named(kept)} and the groups; "
                "remove one"
            ]
        kept.append(name)
    return [f"{where}: the covariates {_named(sound)} say the same as each other; remove one"]


def _says_the_group(used: pd.DataFrame, covariates: Sequence[str]) -> bool:
    """Say whether the group follows from the covariates."""
    design = design_matrix(used, tuple(covariates))
    without = design.drop(columns="case")
    return bool(np.linalg.matrix_rank(design) == np.linalg.matrix_rank(without))


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _number_of_levels(values: pd.Series) -> int:
    return int(values[values != ""].nunique())


def _as_in_model(name: str, values: pd.Series) -> pd.Series:
    """Return numbers where all values are; else, and of numbered batches, text."""
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all() and not is_numbered_batch(name, values):
        return numbers
    return values.fillna("").astype(str)
