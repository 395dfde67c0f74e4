"""False discovery rate and power of shared genes in simulated studies: the table of the README.

Run as `python tests/bench/shared_genes.py [repeats]`; it prints a table in Markdown. Each study has
3,000 genes; effects are in the standard deviations of each gene. Genes that are changed in fewer
diseases than asked for are the false ones: in a study in which nothing is shared, every one found.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from crosshub.cohorts import Cohort
from crosshub.differential import fit_differential
from crosshub.meta.combine import combine_cohorts
from crosshub.shared.conjunction import ADAPTIVE, VALID
from crosshub.shared.find import find_shared

GENES = 3000
NAMES = [f"G{i:04d}" for i in range(GENES)]


@dataclass(frozen=True)
class Scenario:
    """What is planted: genes of all diseases, of all but one, of one, and how samples are had."""

    name: str
    shared: int = 0
    nearly: int = 0
    own: int = 0
    only_first: bool = False
    effect: float = 1.2
    group: int = 20
    common_controls: bool = False
    correlation: float = 0.0
    fdr: float = 0.1


SCENARIOS = [
    Scenario("nothing changed", group=10, fdr=0.05),
    Scenario("600 genes in one disease", own=600, only_first=True, effect=2.0, fdr=0.05),
    Scenario("60 shared, 300 own each", shared=60, own=300),
    Scenario("60 shared, 100 in all but one, 200 own", shared=60, nearly=100, own=200),
    Scenario("correlated genes, nothing changed", group=10, correlation=0.5, fdr=0.05),
    Scenario("correlated genes, 60 shared, 300 own", shared=60, own=300, correlation=0.5),
    Scenario("**shared controls**, nothing changed", group=10, common_controls=True, fdr=0.05),
    Scenario("**shared controls**, 300 own each", own=300, effect=2.0, common_controls=True),
    Scenario("**shared controls**, 60 shared, 300 own", shared=60, own=300, common_controls=True),
]


def noise(rng: np.random.Generator, n: int, correlation: float) -> np.ndarray:
    """Return genes × samples; with a correlation, in modules of fifty."""
    values = rng.normal(size=(GENES, n))
    if correlation:
        common = np.repeat(rng.normal(size=(GENES // 50, n)), 50, axis=0)
        values = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * values
    return values


def planted(rng: np.random.Generator, case: Scenario, diseases: int) -> np.ndarray:
    """Return diseases × genes: the effect."""
    truth = np.zeros((diseases, GENES))
    order = rng.permutation(GENES)
    sign = rng.choice([-1, 1], GENES) * case.effect
    taken = case.shared
    truth[:, order[:taken]] = sign[order[:taken]]
    for i in range(diseases):
        if case.nearly and diseases > 2:
            part = order[taken : taken + case.nearly // diseases]
            truth[np.arange(diseases) != i, part[:, None]] = sign[part][:, None]
            taken += len(part)
        if case.own and not (case.only_first and i):
            part = order[taken : taken + case.own]
            truth[i, part] = sign[part]
            taken += len(part)
    return truth


def study(rng: np.random.Generator, case: Scenario, diseases: int) -> tuple[dict, np.ndarray]:
    """Return the table of each disease, and the effects that were planted."""
    truth = planted(rng, case, diseases)
    n = case.group
    common = noise(rng, n, case.correlation)
    # Genes differ in their variance as on arrays: a prior of four degrees of freedom.
    spread = np.sqrt(4 / rng.chisquare(4, GENES))[:, None]
    tables = {}
    for i in range(diseases):
        controls = common if case.common_controls else noise(rng, n, case.correlation)
        values = np.hstack([noise(rng, n, case.correlation) + truth[i][:, None], controls])
        samples = [f"{i}_{j}" for j in range(2 * n)]
        groups = pd.DataFrame(
            {"group": ["case"] * n + ["control"] * n, "identity": samples}, samples
        )
        frame = pd.DataFrame(spread * values, pd.Index(NAMES, name="gene"), samples)
        name = f"d{i}"
        tables[name] = combine_cohorts(
            {name: fit_differential(Cohort(name, name, name, "discovery", frame, groups))}
        )
    return tables, truth


def measure(case: Scenario, diseases: int, at_least: int, repeats: int) -> list[str]:
    """Return the cells of a row: the house's way, then each of the two always."""
    rates = {way: [] for way in ("house", ADAPTIVE, VALID)}
    for seed in range(repeats):
        rng = np.random.default_rng([seed, diseases, at_least, len(case.name)])
        tables, truth = study(rng, case, diseases)
        counted = np.maximum((truth > 0).sum(axis=0), (truth < 0).sum(axis=0))
        real = {gene for gene, number in zip(NAMES, counted, strict=True) if number >= at_least}
        for way in (ADAPTIVE, VALID):
            table = find_shared(tables, people_shared=way == VALID, at_least=at_least, fdr=case.fdr)
            found = set(table.loc[table["shared"], "gene"])
            rate = (len(found - real) / max(len(found), 1), len(found & real) / max(len(real), 1))
            rates[way].append(rate)
            if way == (VALID if case.common_controls else ADAPTIVE):
                rates["house"].append(rate)
    means = {way: np.mean(values, axis=0) for way, values in rates.items()}
    power = "–" if not case.shared else None
    cells = [f"{m[0]:.2f}, {power or f'{m[1]:.2f}'}" for m in means.values()]
    return [case.name, f"{at_least} of {diseases}", f"{case.fdr:g}", *cells]


def main(repeats: int) -> None:
    """Print the table."""
    print("| planted | asked for | α | crosshub: FDR, power | adaptive filter | BH on largest p |")
    print("|---|---|---|---|---|---|")
    for case in SCENARIOS:
        for diseases, at_least in [(2, 2), (3, 3), (3, 2), (5, 5), (5, 3)]:
            if case.nearly and diseases == 2:
                continue
            print("| " + " | ".join(measure(case, diseases, at_least, repeats)) + " |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
