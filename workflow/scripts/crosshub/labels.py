r"""Cases and controls: from the rules of datasets.tsv and the fields of a series.

A rule is ``field=regular expression``; several joined by ``;`` must all hold. Fields are the keys
of the characteristics, and title, source_name_ch1, description and other tags of the samples.
The first ``=`` ends the name of the field. A name that holds ``=`` or ``;`` itself, and a pattern
that holds ``;``, is written with a backslash before it: ``event (1\=yes\; 0\=no)=^1$``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from crosshub.errors import DataError
from crosshub.patterns import LONGEST_VALUE, pattern_mistakes
from crosshub.qc.fields import iso_date

# Of fields, and of the letters of a value, in a message.
MOST_SHOWN = 30
LONGEST_SHOWN = 80
_ESCAPABLE = re.compile(r"\\([=;])")


@dataclass(frozen=True)
class Condition:
    """One ``field=pattern``; the pattern is searched in the value, whatever its case."""

    field: str
    pattern: re.Pattern[str]


def parse_rule(text: str) -> list[Condition]:
    """Read a rule.

    Raises
    ------
    DataError
        If a part has no ``=`` or its pattern is not a regular expression.
    """
    wrong = rule_mistakes(text)
    if wrong:
        raise DataError("; ".join(wrong))
    return [
        Condition(field.lower(), re.compile(pattern, re.IGNORECASE))
        for field, pattern in map(_split_part, _parts(text))
    ]


def rule_mistakes(text: str) -> list[str]:
    """List what is wrong with the text of a rule, one line each."""
    parts = _parts(text)
    if not parts:
        return ["the rule is empty; write field=value"]
    wrong = []
    for part in parts:
        field, pattern = _split_part(part)
        if not field or not pattern:
            wrong.append(f"'{part}' is no rule; write field=value")
        else:
            wrong += pattern_mistakes(pattern)
    return wrong


def _parts(text: str) -> list[str]:
    """Return the conditions of a rule, each as text; a ``;`` after a backslash parts nothing."""
    parts = re.findall(r"(?:\\.|[^;\\]|\\$)+", text, re.DOTALL)
    return [part.strip() for part in parts if part.strip()]


def _split_part(part: str) -> tuple[str, str]:
    """Return field and pattern of a condition; both empty where it has no ``=``."""
    found = re.fullmatch(r"((?:\\.|[^=\\])*)=(.*)", part, re.DOTALL)
    if not found:
        return "", ""
    # The pattern keeps its backslashes: to a regular expression \; is a semicolon.
    return _ESCAPABLE.sub(r"\1", found[1]).strip(), found[2].strip()


def matches(fields: pd.DataFrame, rule: str, where: str) -> pd.Series:
    """Say for each sample whether a rule holds.

    Parameters
    ----------
    fields
        Samples × fields, text; an absent value is the empty string.
    rule
        See the module.
    where
        How a message names the rule.

    Returns
    -------
    Series
        bool, by sample.

    Raises
    ------
    DataError
        If it is no rule, or the series has no such field; one line for each.

    Notes
    -----
    Only the first 1,000 characters of a value are searched.
    """
    wrong = rule_mistakes(rule)
    if wrong:
        raise DataError("\n".join(f"{where}: {text}" for text in wrong))
    holds = pd.Series(True, index=fields.index)
    known = {name.lower(): name for name in fields.columns}
    for condition in parse_rule(rule):
        if condition.field not in known:
            raise DataError(
                f"{where}: no sample has a field '{condition.field}'; {_fields_hint(fields)}"
            )
        values = fields[known[condition.field]]
        found = {v: bool(condition.pattern.search(v[:LONGEST_VALUE])) for v in values.unique()}
        holds &= values.map(found)
    return holds


def label_samples(
    fields: pd.DataFrame,
    *,
    case: str,
    control: str,
    sample_filter: str = "",
    covariates: Sequence[str] = (),
    block: str = "",
    outcome: str = "",
    cohort: str = "cohort",
) -> pd.DataFrame:
    """Give each sample of a series its group, its identity and the reason.

    Parameters
    ----------
    fields
        Samples × fields, text, as `geo.Series.fields`.
    case, control, sample_filter
        Rules; a sample that the filter rejects is excluded before the others are asked.
    covariates
        Fields that become columns of the result.
    block
        Field that names the person; empty: each sample is its own.
        What else makes samples one person is found by `identity.find_identity`.
    outcome
        Field of numbers against which genes are tested; empty: the groups.
    cohort
        How messages name the cohort.

    Returns
    -------
    DataFrame
        One row for each sample of the series: sample, group (case, control, excluded), identity,
        reason, title, the covariates and the outcome.

    Raises
    ------
    DataError
        One line for each rule that claims nobody, names an unknown field, or claims a sample that
        another rule claims too; for a covariate or block that does not exist or has gaps.
    """
    where = f"cohort '{cohort}'"
    wrong: list[str] = []
    claims = {}
    for name, rule in [("filter", sample_filter), ("case", case), ("control", control)]:
        if name == "filter" and not rule:
            claims[name] = pd.Series(True, index=fields.index)
            continue
        try:
            claims[name] = matches(fields, rule, f"{where} {name} rule '{rule}'")
        except DataError as error:
            wrong.append(str(error))
            continue
        if not claims[name].any():
            wrong.append(f"{where} {name} rule '{rule}': matches no sample{_seen(fields, rule)}")
    if wrong:
        nobody = pd.Series(False, index=fields.index)
        named = [("block", [block]), ("outcome", [outcome]), ("covariate", covariates)]
        for role, names in [(role, list(filter(None, names))) for role, names in named]:
            for name in names:
                wrong += _field(fields, name, nobody, where, role)[1]
        raise DataError("\n".join(wrong))
    kept, is_case, is_control = claims["filter"], claims["case"], claims["control"]
    both = fields.index[kept & is_case & is_control]
    if len(both):
        names = ", ".join(both[:5])
        wrong.append(
            f"{where}: {len(both)} samples are claimed by case and control ({names}); "
            "make the rules exclude each other"
        )
    for name, claimed in [("case", is_case), ("control", is_control)]:
        if not (kept & claimed).any():
            wrong.append(f"{where}: the filter '{sample_filter}' leaves no {name}")
    group = pd.Series("excluded", index=fields.index)
    group[kept & is_case] = "case"
    group[kept & is_control] = "control"
    reason = group.map({"case": case, "control": control, "excluded": "no rule claims it"})
    reason[~kept] = f"filter: {sample_filter}"
    table = pd.DataFrame({"sample": fields.index, "group": group.to_numpy()})
    used = group != "excluded"
    identity, more = _identity(fields, block, used, where)
    wrong += more
    table["identity"] = identity.to_numpy()
    table["reason"] = reason.to_numpy()
    if "title" in fields:
        table["title"] = fields["title"].to_numpy()
    for name in covariates:
        column, more = _field(fields, name, used, where, "covariate")
        wrong += more
        key = name.strip().lower().replace(" ", "_")
        if key in table and key != "title":
            wrong.append(f"{where} covariate '{name}': another column has that name; drop it")
        elif column is not None:
            table[key] = _days(column, used).to_numpy()
    if outcome:
        column, more = _field(fields, outcome, used, where, "outcome")
        wrong += more or _no_numbers(column, used, f"{where} outcome '{outcome}'")
        if column is not None and not more:
            key = outcome.strip().lower().replace(" ", "_")
            table[key] = pd.to_numeric(column, errors="coerce").to_numpy()
    if wrong:
        raise DataError("\n".join(wrong))
    return table


def _no_numbers(values: pd.Series, used: pd.Series, where: str) -> list[str]:
    numbers = pd.to_numeric(values[used], errors="coerce")
    odd = values[used][numbers.isna()]
    if len(odd):
        return [f"{where}: '{odd.iloc[0]}' of {odd.index[0]} is no number; filter it out"]
    if numbers.nunique() < 3:
        return [f"{where}: has {numbers.nunique()} different values; give groups by case, control"]
    return []


def _identity(
    fields: pd.DataFrame, block: str, used: pd.Series, where: str
) -> tuple[pd.Series, list[str]]:
    own = pd.Series(fields.index, index=fields.index)
    if not block:
        return own, []
    person, wrong = _field(fields, block, used, where, "block")
    if person is None or wrong:
        return own, wrong
    # Rows of one accession may write the field in capitals or not.
    field = block.strip().lower()
    named = fields.attrs.get("accession", "series") + ":" + field + "=" + person
    return named.where(person != "", own), []


def _days(values: pd.Series, used: pd.Series) -> pd.Series:
    """Return dates with a time of day as days: a moment is each sample's own, and no batch."""
    days = values.map(iso_date)
    if (days[used] == "").any() or days[used].nunique() == values[used].nunique():
        return values
    return days


def _field(
    fields: pd.DataFrame, name: str, used: pd.Series, where: str, role: str
) -> tuple[pd.Series | None, list[str]]:
    known = {column.lower(): column for column in fields.columns}
    column = known.get(name.strip().lower())
    if column is None:
        return None, [f"{where} {role} '{name}': no such field; {_fields_hint(fields)}"]
    gaps = fields.index[used & (fields[column] == "")]
    if len(gaps):
        return fields[column], [
            f"{where} {role} '{name}': {len(gaps)} samples have no value ({', '.join(gaps[:5])}); "
            "filter them out or drop it"
        ]
    return fields[column], []


def _fields_hint(fields: pd.DataFrame) -> str:
    """Return the fields in which samples differ and which may so tell groups apart."""
    telling = [name for name in fields.columns if fields[name].nunique() > 1]
    more = f" and {len(telling) - MOST_SHOWN} more" if len(telling) > MOST_SHOWN else ""
    return f"fields in which the samples differ: {', '.join(telling[:MOST_SHOWN])}{more}"


def _seen(fields: pd.DataFrame, rule: str) -> str:
    """Return the commonest values of the fields that a rule asks, for its message."""
    known = {name.lower(): name for name in fields.columns}
    seen = []
    for condition in parse_rule(rule):
        counts = fields[known[condition.field]].value_counts(sort=True).head(4)
        shown = ", ".join(f"'{_shortened(value)}' ({n})" for value, n in counts.items())
        seen.append(f"; '{condition.field}' has {shown}")
    return "".join(seen)


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…"


def label_row(fields: pd.DataFrame, row: Mapping[str, str]) -> pd.DataFrame:
    """Label the samples of a series by a row of datasets.tsv; see `label_samples`."""
    return label_samples(
        fields,
        case=row["case"],
        control=row["control"],
        sample_filter=row["filter"],
        covariates=[name for name in row["covariates"].split(";") if name.strip()],
        block=row["block"],
        outcome=row.get("outcome", "").strip().removeprefix("-").strip(),
        cohort=row["cohort"],
    )
