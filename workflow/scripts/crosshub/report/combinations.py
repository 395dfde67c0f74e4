"""The part of the report on every selector with every classifier."""

from typing import Any

from crosshub.report.blocks import Section, Text, decimal, share, table, truth, words
from crosshub.report.numbers import plural
from crosshub.report.source import Source, not_made

TOP = 20


def combinations(source: Source, section: Section, name: str) -> None:
    """Show how the combinations did in a comparison; nothing where none were asked for."""
    if not source.tried:
        return
    folder = f"evaluation/{name}"
    found = source.table(f"{folder}/combinations.tsv")
    winners = source.json(f"{folder}/combinations.json")
    if found is None or winners is None:
        section.add(not_made("The comparison of selectors and classifiers", "evaluation"))
        return
    section.add(
        Text(
            "Every selector with every classifier, in the same folds. "
            + " ".join(_winner(disease, best) for disease, best in winners.items())
            + " The corrected number is what may be reported of a panel that was made with the "
            "best: the difference is luck."
        ),
        source.picture(
            f"{folder}/combinations.svg",
            "Cross-validated AUC of every selector with every classifier; the best has a frame.",
        ),
        table(
            found,
            [
                words("Disease", "disease"),
                words("Selector", "selector"),
                words("Classifier", "classifier"),
                decimal("AUC", "auc"),
                decimal("Genes", "mean_genes", 1),
                share("Best in", "won"),
                truth("Best", "is_winner"),
            ],
            caption="Combinations; best in: share of the bootstraps that it won",
            limit=TOP,
            file=f"{folder}/combinations.tsv",
        ),
    )


def _winner(disease: str, best: dict[str, Any]) -> str:
    selector, classifier = (best[key].replace("_", " ") for key in ("selector", "classifier"))
    return (
        f"{disease}: the best of {plural(best['combinations'], 'combination')} is {selector} with "
        f"{classifier}, AUC {best['uncorrected']:.2f}; corrected for having been chosen it is "
        f"{best['corrected']:.2f} ({best['low']:.2f} to {best['high']:.2f})."
    )
