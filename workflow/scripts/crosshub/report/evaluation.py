"""The sections on the panel, its models, and how they did on samples they had not seen."""

from typing import Any

import pandas as pd

from crosshub.report.blocks import (
    Code,
    Column,
    Section,
    Table,
    Text,
    decimal,
    estimate,
    share,
    table,
    truth,
    whole,
    words,
)
from crosshub.report.combinations import combinations
from crosshub.report.explained import beside_covariates, explain
from crosshub.report.numbers import is_missing, number, p_value, percent, plural
from crosshub.report.source import Source, not_made

TOP = 40
WAYS = {
    "cv": "cross-validation",
    "leave_one_cohort_out": "cohort left out",
    "validation": "independent cohort",
}
RULES = {
    "at_least": "on average over the diseases at least {votes} of the selectors chose it",
    "intersection": "every selector chose it in every disease",
    "rank": "its mean rank over selectors and diseases is among the best",
}


def panel(source: Source) -> Section:
    """Show the panel of each comparison and the models of its diseases."""
    section = Section("The panel")
    settings = source.config["panel"]
    selectors = ", ".join(name.replace("_", " ") for name in settings["selectors"])
    rule = RULES[settings["vote"]].format(votes=settings["votes"])
    for name, comparison in source.comparisons.items():
        section.add(source.heading(name))
        found = source.table(f"panel/{name}/panel.tsv")
        if found is None:
            section.add(not_made("The panel", "panel"))
            continue
        if found.empty:
            section.add(
                Text(
                    "No gene is shared, so there is no panel; the models predict the share of "
                    "cases in training."
                )
            )
            continue
        inside = int(found["in_panel"].eq(True).sum())
        section.add(
            Text(
                f"{plural(inside, 'gene')} of {len(found):,} shared. Selectors: {selectors}. A "
                f"shared gene enters the panel if {rule}; at most {settings['max_genes']} do."
            ),
            source.picture(
                f"panel/{name}/votes.svg", f"Votes of the selectors in comparison {name}."
            ),
            table(
                found,
                [
                    words("Gene", "gene"),
                    whole("Votes", "votes"),
                    decimal("Mean rank", "mean_rank", 1),
                    truth("In the panel", "in_panel"),
                ],
                caption="Votes",
                limit=max(inside, 20),
                file=f"panel/{name}/panel.tsv",
            ),
        )
        _models(source, section, name, comparison["diseases"])
    return section


def _models(source: Source, section: Section, name: str, diseases: list[str]) -> None:
    models = {disease: source.json(f"panel/{name}/{disease}/model.json") for disease in diseases}
    known = {disease: model for disease, model in models.items() if model is not None}
    if not known:
        section.add(not_made("The models", "evaluation"))
        return
    linear = {d: m for d, m in known.items() if m["classifier"]["kind"] == "linear"}
    if linear:
        section.add(_weights(name, linear))
    first, folder = next(iter(known)), f"results/{source.config['study']}/panel/{name}"
    section.add(
        Text(
            "To score samples, whatever the platform: each sample is brought to the scale of the "
            "training samples by the ranks of its own genes, so it needs no other sample. The "
            "probability holds for the share of cases in training; the score (log odds, or "
            "standard deviations of the outcome) ranks samples anywhere."
        ),
        Code(
            "from crosshub.model import from_plain\n"
            "from crosshub.tables import read_json\n\n"
            f'model = from_plain(read_json("{folder}/{first}/model.json"))\n'
            "model.score(expression)  # genes × samples; returns score and probability"
        ),
    )


def _weights(name: str, models: dict[str, Any]) -> Table:
    rows: dict[str, dict[str, Any]] = {}
    for disease, model in models.items():
        for gene, weight in zip(model["genes"], model["classifier"]["coefficients"], strict=True):
            rows.setdefault(gene, {"gene": gene})[disease] = weight
    for label, part in (("(intercept)", "intercept"), ("(share of cases)", "prevalence")):
        numbers = {d: (m["classifier"] | m)[part] for d, m in models.items()}
        rows[label] = {"gene": label} | numbers
    columns = [words("Gene", "gene"), *(decimal(disease, disease, 3) for disease in models)]
    return table(
        pd.DataFrame(list(rows.values())),
        columns,
        caption="Models: change of the log odds of a case (of the outcome in standard deviations, "
        "where numbers are predicted) for one standard deviation of a gene",
        file=f"panel/{name}/<disease>/model.json",
    )


def performance(source: Source) -> Section:
    """Show how the panel and the procedure did, and how stable the selection is."""
    section = Section("Evaluation")
    settings = source.config["evaluation"]
    section.add(
        Text(
            "The whole procedure, from differential expression to the model, was repeated on the "
            f"training samples of each split: {plural(settings['repeats'], 'repeat')} of "
            f"{settings['folds']}-fold cross-validation, each cohort left out in turn, and "
            f"{plural(settings['permutations'], 'permutation')} of the labels. The direction of "
            "the score is fixed in training, so an AUC below 0.5 is shown as it is."
        )
    )
    measure, interval = "AUC", "DeLong, or Newcombe where the groups are perfectly apart"
    if source.config["panel"]["predict"] == "outcome":
        measure, interval = "Concordance", "the infinitesimal jackknife"
        section.add(
            Text(
                "The panel predicts numbers, not cases: instead of the AUC stands the concordance, "
                "the share of pairs of samples whose numbers are put in the right order."
            )
        )
    for name in source.comparisons:
        section.add(source.heading(name))
        file = f"evaluation/{name}/performance.tsv"
        found = source.table(file)
        if found is None:
            section.add(not_made("The evaluation", "evaluation"))
            continue
        section.add(
            source.picture(
                f"evaluation/{name}/performance.svg",
                f"{measure} with its 95 % interval. Cross-validation: ± 1.96 standard deviations "
                "of the procedure under permuted labels, or of a score without signal where that "
                "spreads more; its upper limit is that of the folds that chose a panel, 1 where "
                f"none did. Whole cohorts: {interval}.",
            ),
            table(
                found,
                [
                    *_tested(),
                    whole("Cases", "n_cases"),
                    whole("Controls", "n_controls"),
                    estimate(f"{measure} (95 % interval)", "auc"),
                ],
                caption="Performance",
                limit=TOP,
                file=file,
            ),
        )
        _chance(source, section, name)
        _measures(source, section, name)
        beside_covariates(source, section, name)
        _stability(source, section, name)
        combinations(source, section, name)
        explain(source, section, name)
    return section


def _tested() -> list[Column]:
    """Return the columns that say what a row was tested in, and how."""
    return [
        words("Disease", "disease"),
        Column("Cohort", _cohort, right=False),
        Column("Tested by", _way, right=False),
    ]


def _cohort(row: dict[str, Any]) -> str:
    return "all cohorts" if row["cohort"] == "all" else str(row["cohort"])


def _way(row: dict[str, Any]) -> str:
    way = WAYS.get(row["resampling"], str(row["resampling"]))
    shared = row.get("shared_people")
    if row["resampling"] != "validation" or is_missing(shared):
        return way
    if not shared:
        same = row.get("same_series")
        return "cohort of a series of discovery" if not is_missing(same) and same else way
    people = "1 person" if shared == 1 else f"{int(shared):,} people"
    return f"cohort that shares {people} with discovery, without them"


def _chance(source: Source, section: Section, name: str) -> None:
    verdicts = source.json(f"evaluation/{name}/verdict.json")
    if verdicts is None:
        section.add(not_made("The verdict", "evaluation"))
        return
    draws = source.config["evaluation"]["random_panels"]
    parts = [
        f"{disease}: p = {p_value(item['p_permutation'])} against "
        f"{plural(item.get('permutations', 0), 'permutation')}, p = "
        f"{p_value(item['p_random_panels'])} against {plural(draws, 'random panel')}".replace(
            "p = not tested", "not tested"
        )
        for disease, item in sorted(verdicts.items())
    ]
    section.add(*_skipped(next(iter(verdicts.values()), {}).get("resamples", {}), name))
    section.add(
        Text(
            "Chance: " + "; ".join(parts) + ". Permuted labels ask whether the procedure finds "
            "anything; random panels of the same size and expression ask whether its genes are "
            "better than others."
        )
    )


def _skipped(resamples: dict[str, dict[str, int]], name: str) -> list[Text]:
    """Say how many resamples were not possible."""
    names = {
        "cv": "test folds of the cross-validation",
        "permutation": "test folds under permuted labels",
        "leave_one_cohort_out": "cohorts left out",
    }
    missed = [
        f"{item['skipped']:,} of {item['done'] + item['skipped']:,} {names[kind]}"
        for kind, item in resamples.items()
        if item["skipped"]
    ]
    if not missed:
        return []
    reasons = f"the reasons are in `evaluation/{name}/skipped.tsv`"
    return [Text(f"Not possible, and in no number: {'; '.join(missed)}; {reasons}.")]


def _measures(source: Source, section: Section, name: str) -> None:
    file = f"evaluation/{name}/measures.tsv"
    found = source.table(file)
    if found is None or found.empty:
        section.add(not_made("The table of sensitivity, specificity and calibration", "evaluation"))
        return
    if source.config["panel"]["predict"] == "outcome":
        section.add(_of_numbers(found, file))
        return
    section.add(
        table(
            found,
            [
                *_tested(),
                estimate("Sensitivity", "sensitivity"),
                estimate("Specificity", "specificity"),
                decimal("Balanced accuracy", "balanced_accuracy"),
                decimal("MCC", "mcc"),
                decimal("Average precision", "average_precision"),
                decimal("by chance", "by_chance"),
                decimal("Brier", "brier"),
                Column("Calibration slope", _slope),
            ],
            caption="At the threshold of training, and as probabilities",
            limit=TOP,
            file=file,
        ),
        Text(
            "A sample is called a case if its score is above the log odds of the share of cases in "
            "training, a threshold that no test sample has moved. A calibration slope below 1 says "
            "that the probabilities are too extreme.",
            "small",
        ),
    )


def _of_numbers(found: pd.DataFrame, file: str) -> Table:
    return table(
        found,
        [
            *_tested(),
            decimal("Spearman", "spearman"),
            decimal("Pearson", "pearson"),
            Column("Slope on the prediction (95 % interval)", _slope),
        ],
        caption="Predicted and real numbers; a slope below 1 says that predictions are too extreme",
        limit=TOP,
        file=file,
    )


def _slope(row: dict[str, Any]) -> str:
    if is_missing(row.get("slope")):
        return str(row.get("not_calibrated") or "–")
    return f"{row['slope']:.2f} ({row['slope_low']:.2f} to {row['slope_high']:.2f})"


def _stability(source: Source, section: Section, name: str) -> None:
    file = f"evaluation/{name}/selection.tsv"
    chosen = source.table(file)
    if chosen is None:
        section.add(not_made("The record of what each resample chose", "evaluation"))
        return
    chosen = chosen[chosen["resampling"] == "cv"]
    predictions = source.frame(f"evaluation/{name}/predictions.parquet")
    done = chosen if predictions is None else predictions[predictions["resampling"] == "cv"]
    resamples = len(done[["unit", "fold"]].drop_duplicates())
    if not resamples or chosen.empty:
        section.add(Text("Stability: no resample of the cross-validation chose a gene."))
        return
    times = chosen.groupby("gene", sort=True).size().rename("times").reset_index()
    times["share"] = times["times"] / resamples
    delivered = source.table(f"panel/{name}/panel.tsv")
    members = set()
    if delivered is not None:
        members = set(delivered.loc[delivered["in_panel"].eq(True), "gene"])
    times["in_panel"] = times["gene"].isin(members)
    times = times.sort_values(["times", "gene"], ascending=[False, True], ignore_index=True)
    mean_size = len(chosen) / resamples
    verdicts = source.json(f"evaluation/{name}/verdict.json") or {}
    alike = next(iter(verdicts.values()), {}).get("stability", {})
    text = ""
    if not is_missing(alike.get("value")):
        text = (
            f" Stability of the selection (Nogueira): {alike['value']:.2f} "
            f"({alike['low']:.2f} to {alike['high']:.2f}; 0: as alike as by chance, 1: the same)"
        )
        if not is_missing(alike.get("effective")):
            text += f", {alike['effective']:.2f} where correlated genes count as alike"
        text += "."
    again = times.loc[times["in_panel"], "share"].sum() / max(len(members), 1)
    section.add(
        Text(
            f"Stability: {plural(resamples, 'resample')} of the cross-validation chose "
            f"{number(mean_size, 1)} genes on average, {len(times):,} different ones in all; a "
            f"gene of the panel was chosen in {percent(again)} of them on average.{text}"
        ),
        table(
            times,
            [
                words("Gene", "gene"),
                whole("Times chosen", "times"),
                share("Of the resamples", "share"),
                truth("In the panel", "in_panel"),
            ],
            caption="How often each gene was chosen",
            limit=TOP,
            file=file,
        ),
    )
