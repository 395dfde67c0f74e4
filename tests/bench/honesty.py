"""Does the evaluation fool its user? Simulated studies without effect, and with effects.

Run as `python tests/bench/honesty.py null|effect|power [studies] [workers] [procedure]`; each
writes a table with a row a study beside this file (`honesty_<what>.tsv`; of one procedure, if it is
named) and prints a summary in Markdown. `python tests/bench/honesty.py draw` draws the tables.

A study is one disease with two cohorts on different scales, 24 cases and 22 controls in all (or
as asked), 240 genes in correlated modules of twelve. The whole procedure is refitted in each fold
and for each of the permutations, as in the workflow, and `judge` gives the verdict.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from crosshub.assessment.discrimination import concordance
from crosshub.cohorts import Cohort
from crosshub.config import complete, read_schema
from crosshub.discover import Procedure, discover
from crosshub.evaluation import evaluate, join
from crosshub.figures.style import save
from crosshub.judgement import judge
from crosshub.panel import fit_models
from crosshub.resampling import cross_validation

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "workflow" / "schemas" / "config.schema.yaml"
GENES, MODULE, INFORMATIVE = 240, 12, 20
FRESH = 1000
PERMUTATIONS = 19  # that many are needed for p ≤ 0.05; the config asks for more
# Rules of the interval were made by looking at effects in studies with smaller seeds.
FIRST_WITH_EFFECT = 1000
# Ten genes always, whatever the test says of them: what can be fooled is fooled.
FORCED = {
    "shared": {"fdr": 1.0},
    "panel": {
        "vote": "rank",
        "max_genes": 10,
        "selectors": ["lasso", "svm_rfe"],
        "classifier": "ridge_logistic",
    },
}
DEFAULT: dict[str, dict] = {}
FIVE_FOLDS = {"evaluation": {"folds": 5}}
PROCEDURES = {"as delivered": DEFAULT, "ten genes forced": FORCED}
CONFIG = complete({"study": "honesty", "datasets": "none"}, read_schema(SCHEMA))
FOLDS, REPEATS = CONFIG["evaluation"]["folds"], CONFIG["evaluation"]["repeats"]


def procedure(changes: dict[str, dict]) -> Procedure:
    sections = {
        name: CONFIG[name] | changes.get(name, {})
        for name in ("combine", "candidates", "modules", "shared", "panel")
    }
    return Procedure(comparison="all", diseases=("disease",), at_least=1, **sections)


def cohort(rng: np.random.Generator, name: str, cases: int, controls: int, effect: float) -> Cohort:
    """Make a cohort; the first genes of the modules are changed by `effect` standard deviations."""
    n = cases + controls
    common = np.repeat(rng.normal(size=(GENES // MODULE, n)), MODULE, axis=0)
    values = np.sqrt(0.3) * common + np.sqrt(0.7) * rng.normal(size=(GENES, n))
    case = np.arange(n) < cases
    values[: INFORMATIVE * MODULE : MODULE, case] += effect
    level = np.linspace(4, 12, GENES)[np.random.default_rng(0).permutation(GENES)]
    samples = [f"{name}_{i}" for i in range(n)]
    table = pd.DataFrame(
        {"group": np.where(case, "case", "control"), "identity": samples}, index=samples
    )
    scale = 0.5 + rng.random()
    matrix = pd.DataFrame(level[:, None] + scale * values, columns=samples)
    matrix.index = pd.Index([f"G{i:03d}" for i in range(GENES)], name="gene")
    return Cohort(name, name, "disease", "discovery", matrix, table)


def study(seed: int, group: int, effect: float) -> list[Cohort]:
    rng = np.random.default_rng([2026, seed, group, round(100 * effect)])
    first = max(round(0.55 * group), 3)
    return [
        cohort(rng, "first", first + 1, first, effect),
        cohort(rng, "second", group - first + 1, group - first, effect),
    ]


def one(seed: int, *, changes: dict[str, dict], group: int, effect: float, **numbers: int) -> dict:
    """Evaluate one study."""
    cohorts = study(seed, group, effect)
    plan = procedure(changes)
    folds = changes.get("evaluation", {}).get("folds", FOLDS)
    counts = {"repeats": REPEATS, "permutations": PERMUTATIONS, "folds": folds} | numbers
    units = [("cv", i) for i in range(counts["repeats"])]
    units += [("permutation", i) for i in range(counts["permutations"])]
    done = [
        evaluate(
            kind, str(i), cohorts, plan, folds=counts["folds"], random_panels=0,
            rng=np.random.default_rng([seed, len(kind), i]),
        )
        for kind, i in units
    ]  # fmt: skip
    everyone = {c.name: list(c.samples.index) for c in cohorts}
    found = discover({c.name: c for c in cohorts}, everyone, plan, np.random.default_rng(seed))
    verdict = judge(*join(done), found.models, cohorts).verdicts["disease"]
    fresh = cohort(np.random.default_rng([7, seed]), "fresh", FRESH, FRESH, effect)
    return {
        "seed": seed, "group": group, "effect": effect, "genes": len(found.panel.genes),
        "auc": verdict["auc"], "auc_low": verdict["auc_low"], "auc_high": verdict["auc_high"],
        "beats_chance": verdict["beats_chance"],
        "fresh": auc(fresh, found.models["disease"].score(fresh.expression)["score"]),
        "outside": outside(cohorts, found.panel.genes, seed) if effect == 0 else np.nan,
        "folds_fresh": of_folds(cohorts, plan, counts["folds"], seed, fresh) if effect else np.nan,
    }  # fmt: skip


def of_folds(cohorts: list[Cohort], plan: Procedure, folds: int, seed: int, fresh: Cohort) -> float:
    """Return what cross-validation estimates: the mean AUC of its fold models in fresh samples."""
    rng = np.random.default_rng([seed, len("cv"), 0])
    by_name = {c.name: c for c in cohorts}
    worth = []
    for train, _ in cross_validation(cohorts, folds, rng):
        model = discover(by_name, train, plan, rng).models["disease"]
        worth.append(auc(fresh, model.score(fresh.expression)["score"]))
    return float(np.mean(worth))


def auc(cohort: Cohort, score: pd.Series) -> float:
    concordant, pairs = concordance(cohort.is_case.to_numpy(), score.to_numpy())
    return concordant / pairs


def outside(cohorts: list[Cohort], genes: list[str], seed: int) -> float:
    """Return the AUC of the habitual order: genes chosen on all samples, then cross-validation."""
    rng = np.random.default_rng([3, seed])
    by_name = {c.name: c for c in cohorts}
    concordant = pairs = 0.0
    for train, test in cross_validation(cohorts, FOLDS, rng):
        training = [by_name[name].only(kept) for name, kept in train.items()]
        models = fit_models(training, genes, ["disease"], comparison="all", seed=seed)
        for name, kept in test.items():
            own = by_name[name].only(kept)
            score = models["disease"].score(own.expression)["score"]
            more, of = concordance(own.is_case.to_numpy(), score.to_numpy())
            concordant, pairs = concordant + more, pairs + of
    return concordant / pairs


def run(jobs: list[dict], workers: int) -> pd.DataFrame:
    rows = []
    with ProcessPoolExecutor(workers) as pool:
        waiting = [pool.submit(partial(one, **job)) for job in jobs]
        for i, each in enumerate(waiting, start=1):
            rows.append(each.result())
            if i % 10 == 0:
                print(f"{i} of {len(jobs)} studies", file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Count how often the intervals cover, and how often the verdict is "beats chance"."""
    target = table["fresh"].where(table["effect"] > 0, 0.5)
    covered = table["auc_low"].le(target) & target.le(table["auc_high"])
    estimated = table.get("folds_fresh", pd.Series(np.nan, table.index))
    within = table["auc_low"].le(estimated) & estimated.le(table["auc_high"])
    return (
        table.assign(
            covered=covered,
            beats_chance=table["beats_chance"].astype(float),
            folds_fresh=estimated,
            folds_covered=within.astype(float).where(estimated.notna()),
        )
        .groupby(["procedure", "group", "effect"])
        .agg(
            studies=("auc", "size"), genes=("genes", "mean"), auc=("auc", "mean"),
            fresh=("fresh", "mean"), covered=("covered", "mean"),
            beats_chance=("beats_chance", "mean"), outside=("outside", "mean"),
            folds_fresh=("folds_fresh", "mean"), folds_covered=("folds_covered", "mean"),
        )
        .round(3)
        .reset_index()
    )  # fmt: skip


def jobs_of(what: str, studies: int) -> dict[str, list[dict]]:
    """Return the jobs of each procedure."""
    if what == "null":
        common = [{"seed": s, "group": 22, "effect": 0.0} for s in range(studies)]
    elif what == "effect":
        seeds = range(FIRST_WITH_EFFECT, FIRST_WITH_EFFECT + studies)
        common = [{"seed": s, "group": 22, "effect": e} for e in (0.5, 0.8) for s in seeds]
    if what != "power":
        compared = PROCEDURES | ({"five folds": FIVE_FOLDS} if what == "effect" else {})
        return {
            name: [job | {"changes": changes} for job in common]
            for name, changes in compared.items()
        }
    return {
        "as delivered": [
            {
                "seed": s, "changes": DEFAULT, "group": group, "effect": effect,
                "repeats": 1, "permutations": 19, "folds": 3,
            }
            for group in (10, 20, 40)
            for effect in (0.4, 0.7, 1.0, 1.3)
            for s in range(studies)
        ]
    }  # fmt: skip


def draw() -> None:
    """Draw the demonstration of selection outside of the folds, and the power of the verdict."""
    null = pd.read_csv(HERE / "honesty_null.tsv", sep="\t").query("genes > 0")
    figure = Figure(figsize=(6.5, 3.6), layout="constrained")
    axes = figure.subplots()
    bins = np.linspace(0.1, 1, 31)
    forced = null[null["procedure"] == "ten genes forced"]
    axes.hist(forced["auc"], bins, color="#0072B2", alpha=0.7, label="chosen anew in each fold")
    axes.hist(forced["outside"], bins, color="#D55E00", alpha=0.7, label="chosen on all samples")
    axes.axvline(0.5, color="black", lw=0.8)
    axes.set_xlabel("cross-validated AUC of ten genes out of pure noise")
    axes.set_ylabel("studies")
    axes.legend(title=f"genes ({len(forced)} studies)", frameon=False)
    save(figure, HERE / "honesty_null.svg")
    table = summary(pd.read_csv(HERE / "honesty_power.tsv", sep="\t"))
    figure = Figure(figsize=(5.5, 3.8), layout="constrained")
    axes = figure.subplots()
    for (group, part), colour in zip(
        table.groupby("group"), ("#E69F00", "#009E73", "#0072B2"), strict=False
    ):
        label = f"{group} + {group} samples, {part['studies'].iloc[0]} studies a point"
        axes.plot(part["effect"], part["beats_chance"], "o-", color=colour, label=label)
    axes.axhline(0.05, color="black", lw=0.8, ls=":")
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(f"effect on {INFORMATIVE} of {GENES} genes (standard deviations)")
    axes.set_ylabel('share of studies with "beats chance"')
    axes.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1, 0.08))
    save(figure, HERE / "honesty_power.svg")


def main(what: str, studies: int, workers: int, only: str) -> None:
    if what == "draw":
        return draw()
    path = HERE / f"honesty_{what}.tsv"
    jobs = jobs_of(what, studies)
    if only and only not in jobs:
        sys.exit(f"honesty.py {what}: no procedure {only!r}; name one of: {', '.join(jobs)}")
    jobs = {name: each for name, each in jobs.items() if only in ("", name)}
    parts = [run(each, workers).assign(procedure=name) for name, each in jobs.items()]
    if only and path.exists():
        before = pd.read_csv(path, sep="\t")
        parts.append(before[before["procedure"] != only])
    table = pd.concat(parts, ignore_index=True)
    table.round(4).to_csv(path, sep="\t", index=False)
    lines = summary(table)
    print("| " + " | ".join(lines.columns) + " |\n|" + "---|" * len(lines.columns))
    for row in lines.itertuples(index=False):
        print("| " + " | ".join(str(value) for value in row) + " |")
    return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["null", "effect", "power", "draw"])
    parser.add_argument("studies", nargs="?", type=int, default=200)
    parser.add_argument("workers", nargs="?", type=int, default=2)
    parser.add_argument("only", nargs="?", default="", metavar="procedure")
    main(**vars(parser.parse_args()))
