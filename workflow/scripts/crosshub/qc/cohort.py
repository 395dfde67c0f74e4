"""The table of quality of a cohort, a row a sample. Nothing is dropped here."""

import pandas as pd

from crosshub.qc import fields as submitted
from crosshub.qc.outliers import measure_samples, principal_components
from crosshub.qc.sex import infer_sex, sex_conflicts


def check_cohort(
    expression: pd.DataFrame, samples: pd.DataFrame, fields: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Describe each sample of a cohort.

    Parameters
    ----------
    expression
        Genes × samples, log2.
    samples
        Index sample, in the order of the columns; column group.
    fields
        Fields of the series for these samples (`geo.Series.fields`); without them nothing is known
        of sex, day and batch but what the values say.

    Returns
    -------
    DataFrame
        sample, group, the columns of `outliers.measure_samples`, pc1, pc2 (scores of the
        gene-centred matrix), pc1_variance, pc2_variance (shares), the columns of `sex.infer_sex`,
        sex_annotated, sex_conflict (annotated and inferred sex differ), scan_date, batch.
    """
    if fields is None:
        fields = pd.DataFrame(index=expression.columns)
    table = measure_samples(expression, samples["group"])
    scores, shares = principal_components(expression, 2)
    table["pc1"], table["pc2"] = scores[:, 0], scores[:, 1]
    table["pc1_variance"], table["pc2_variance"] = shares[0], shares[1]
    table = table.join(infer_sex(expression))
    for read in (submitted.annotated_sex, submitted.scan_date, submitted.batch):
        values = read(fields)
        table[values.name] = values.reindex(table.index).fillna("")
    table.insert(
        table.columns.get_loc("sex_annotated") + 1,
        "sex_conflict",
        sex_conflicts(table["sex_annotated"], table["sex_inferred"]),
    )
    table.insert(0, "group", samples["group"].to_numpy())
    return table.rename_axis("sample").reset_index()
