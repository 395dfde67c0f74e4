"""The part of the report that shows the models from all sides."""

from typing import Any

from crosshub.report.blocks import Column, Section, Text, decimal, small, table, whole, words
from crosshub.report.numbers import is_missing, number, plural
from crosshub.report.source import Source

PICTURES = {
    "contributions.svg": "What each gene adds to the score of each training sample of {disease} "
    "(Shapley values, in units of the score).",
    "nomogram.svg": "Nomogram of {disease}: read the points of each gene, add them up, read the "
    "probability at the share of cases in training (or the number that is predicted).",
    "calibration.svg": "Predicted and observed share of cases of {disease} (or numbers, where "
    "these are predicted), in samples that training did not see.",
    "benefit.svg": "Net benefit of acting on the prediction of {disease}.",
}


WAYS = {"leave_one_cohort_out": "cohort left out", "validation": "independent cohort"}


def beside_covariates(source: Source, section: Section, name: str) -> None:
    """Show what the panel adds to the covariates of cohorts; nothing where none has any."""
    file = f"evaluation/{name}/added_value.tsv"
    found = source.table(file)
    if found is None or found.empty:
        return
    section.add(
        table(
            found,
            [
                words("Disease", "disease"),
                words("Cohort", "cohort"),
                Column("Tested by", lambda row: WAYS[row["resampling"]], right=False),
                words("Covariates", "covariates"),
                whole("Cases", "n_cases"),
                whole("Controls", "n_controls"),
                decimal("AUC of the panel", "auc_score"),
                decimal("of the covariates", "auc_covariates"),
                decimal("of both", "auc_both"),
                small("p of the panel beside them", "p_value"),
            ],
            caption="What the panel adds to the covariates, in cohorts that training did not see",
            file=file,
        )
    )


def explain(source: Source, section: Section, name: str) -> None:
    """Show contributions, nomogram, calibration and net benefit of each disease of a comparison."""
    verdicts = source.json(f"evaluation/{name}/verdict.json") or {}
    for disease in source.comparisons[name]["diseases"]:
        size = verdicts.get(disease, {}).get("sample_size")
        if size:
            section.add(Text(_size(disease, size)))
        if not verdicts.get(disease, {}).get("panel_size"):
            continue
        for file, caption in PICTURES.items():
            section.add(
                source.picture(
                    f"evaluation/{name}/{disease}/{file}",
                    caption.format(disease=disease),
                    folded=True,
                )
            )


def _size(disease: str, size: dict[str, Any]) -> str:
    have = f"{disease}: {plural(size['samples'], 'training sample')}"
    if is_missing(size["needed"]):
        return f"{have}. How many a model needs is not known: {size['reason']}."
    return (
        f"{have}, {number(size['events_per_gene'], 1)} of the smaller group for each gene of the "
        f"panel. A model of this AUC on genes that were named beforehand needs "
        f"{int(size['needed']):,} (Riley's criteria); with as many as there are its effects should "
        f"shrink by a factor of {size['expected_shrinkage']:.2f}. Genes chosen from thousands need "
        "more."
    )
